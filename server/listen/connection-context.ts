// Owns what all connections of one listener share, and who a peer is.

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { GrpcPeer } from '../rpc/grpc/types.ts';
import { printAddress } from './listen-url.ts';
import type { SocketPump } from './socket-pump.ts';
import type { ListenHandlers } from './types.ts';

export interface ConnectionContext {
  readonly handlers: ListenHandlers;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly pump: SocketPump;
  readonly httpBodyBytesMax: number;
}

/** The peer of one connection, as both the gRPC and the HTTP side see it. */
export type PeerIdentity = GrpcPeer;

/** Reads the identity once, after the TLS handshake if there is one. */
export function identifyPeer(socket: Socket): PeerIdentity {
  return {
    remoteAddress: printAddress(socket.remoteAddress, socket.remotePort),
    secure: socket instanceof TLSSocket,
    commonName: commonNameOf(socket),
  };
}

function commonNameOf(socket: Socket): string {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return '';
  // Without a certificate this is an empty object, whatever its type says.
  const subject: Partial<Record<string, unknown>> | undefined = socket.getPeerCertificate().subject;
  const name = subject?.['CN'];
  // Several common names come as a list; Go's Subject.CommonName is the last.
  if (Array.isArray(name)) return String(name.at(-1) ?? '');
  return typeof name === 'string' ? name : '';
}
