// Owns what the composition root hands to the listeners and gets back. Types only.

import type { Server as NodeHttpServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { HttpHandler } from '../http/types.ts';
import type { GrpcServer } from '../rpc/grpc/grpc-server.ts';

/** Certificates and rules of a secure listener; every path is read again when the file changes. */
export interface TlsOptions {
  readonly certFile: string;
  readonly keyFile: string;
  /** Naming one makes client certificates obligatory, as in etcd. */
  readonly trustedCaFile?: string;
  /** Obligatory client certificates, checked against the system's roots without a trustedCaFile. */
  readonly clientCertAuth?: boolean;
  readonly crlFile?: string;
  /** "TLS1.2" or "TLS1.3"; "" or absent: TLS 1.2. */
  readonly minVersion?: string;
  readonly maxVersion?: string;
  /** Go's names, e.g. TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. */
  readonly cipherSuites?: readonly string[];
  /** Client certificates must have one of these common names. */
  readonly allowedCommonNames?: readonly string[];
  /** Client certificates must be valid for one of these host names. */
  readonly allowedHostnames?: readonly string[];
  /** Client certificates with addresses or names must fit the peer's address (etcd's peer port). */
  readonly verifyClientSan?: boolean;
}

/**
 * Looks at the first bytes of a connection that is not HTTP/2. True when it takes the connection; `giveBack` then hands it
 * on to the ordinary HTTP/1.1 server later, with bytes that nobody has looked at.
 */
export type FirstLook = (
  socket: Socket,
  first: Uint8Array,
  giveBack: (bytes: Uint8Array) => void,
) => boolean;

/** Who serves what arrives. What is absent is refused by closing the connection. */
export interface ListenHandlers {
  /** HTTP/2 connections; its requests that are not gRPC go to `http`. */
  readonly grpc?: GrpcServer;
  readonly http?: HttpHandler;
  /** Takes HTTP/1.1 connections instead of `http`, for handlers that stream (the peer port). */
  readonly nodeHttp?: NodeHttpServer;
  /** For connections with so many small requests that a server of their own pays (the peer port). */
  readonly http1First?: FirstLook;
}

export interface ListenOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Needed by https and unixs URLs. */
  readonly tls?: TlsOptions;
  /** Word in the log line of a rejected connection: "client" or "peer". */
  readonly endpoint?: 'client' | 'peer';
  readonly httpBodyBytesMax?: number;
  readonly firstBytesTimeoutMs?: number;
}

/** The open listeners of one `listen`. */
export interface Listeners {
  /** Where each URL ended up, in the order given; a port 0 is replaced by the real one. */
  readonly urls: readonly string[];
  readonly connectionCount: number;
  /** Writes all waiting output now instead of at the end of the turn: after a batch of applies. */
  flushNow(): void;
  /**
   * Stops accepting, lets the calls in flight end until `graceMs` have passed, then destroys what is left. Streams are
   * waited for too: end them first (GrpcServer.stopStreams).
   */
  close(graceMs: number): Promise<void>;
}
