// Owns one TLS listening socket: fresh certificates for each handshake, the checks of a client's certificate, and
// the log line of a refused one. What passes is handed on as an ordinary socket.

import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Logger } from '../base/logger.ts';
import { certificateNames, refuseCertificate, refuseSan } from './client-certificate.ts';
import { SERVER_OPTIONS, TLS_HANDSHAKE_TIMEOUT_MS } from './limits.ts';
import { printAddress } from './listen-url.ts';
import { wantsClientCertificate } from './tls-config.ts';
import type { TlsFiles } from './tls-files.ts';
import type { TlsOptions } from './types.ts';

export interface TlsServerOptions {
  readonly tls: TlsOptions;
  readonly files: TlsFiles;
  readonly logger: Logger;
  /** "client" or "peer", for the log line. */
  readonly endpoint: string;
  readonly speaksHttp2: boolean;
  /** Every accepted socket, before its handshake, so that a stop can end it. */
  readonly onAccepted: (socket: Socket) => void;
  readonly onConnection: (socket: TLSSocket) => void;
}

export function createTlsServer(options: TlsServerOptions): Server {
  const wantsCertificate = wantsClientCertificate(options.tls);
  const server = createServer({
    ...SERVER_OPTIONS,
    ...options.files.context,
    ALPNProtocols: options.speaksHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS,
    requestCert: wantsCertificate,
    rejectUnauthorized: wantsCertificate,
  });
  // In front of node:tls's own listener, which starts the handshake with the context of the moment.
  server.prependListener('connection', (socket: Socket) => {
    options.onAccepted(socket);
    if (options.files.refresh()) server.setSecureContext(options.files.context);
  });
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    // The chain's verdict says more than the hang-up that follows from it.
    const verdict: unknown = socket.authorizationError;
    const reason = verdict === undefined || verdict === null ? error.message : verdictText(verdict);
    logRejected(options, socket, reason);
    socket.destroy();
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    const reason = refuseCertificate(socket, options.tls, options.files.revoked);
    if (reason !== undefined) reject(options, socket, reason);
    else if (options.tls.verifyClientSan === true) checkSan(options, socket);
    else options.onConnection(socket);
  });
  return server;
}

function checkSan(options: TlsServerOptions, socket: TLSSocket): void {
  socket.pause();
  refuseSan(socket).then(
    (reason) => {
      if (reason !== undefined) reject(options, socket, reason);
      else if (!socket.destroyed) {
        options.onConnection(socket);
        socket.resume();
      }
    },
    (error: unknown) => reject(options, socket, String(error)),
  );
}

function reject(options: TlsServerOptions, socket: TLSSocket, reason: string): void {
  logRejected(options, socket, reason);
  socket.destroy();
}

// etcd: server/embed/etcd.go logTLSHandshakeFailureFunc: message and field names.
function logRejected(options: TlsServerOptions, socket: TLSSocket, reason: string): void {
  const names = certificateNames(socket);
  // Types promise a name; it is false or absent when the client sent none.
  const servername: unknown = (socket as { servername?: unknown }).servername;
  options.logger.warn(`rejected connection on ${options.endpoint} endpoint`, {
    'remote-addr': printAddress(socket.remoteAddress, socket.remotePort),
    'server-name': typeof servername === 'string' ? servername : '',
    ...(names === undefined
      ? {}
      : { 'ip-addresses': names.ipAddresses, 'dns-names': names.dnsNames }),
    error: reason,
  });
}

/** OpenSSL's verdicts in Go's words, where people look for them. */
const VERDICTS: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'x509: certificate signed by unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'x509: certificate signed by unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'x509: certificate signed by unknown authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'x509: certificate signed by unknown authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'x509: certificate signed by unknown authority',
  CERT_HAS_EXPIRED: 'x509: certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'x509: certificate has expired or is not yet valid',
  INVALID_PURPOSE: 'x509: certificate specifies an incompatible key usage',
};

function verdictText(verdict: unknown): string {
  const code = verdict instanceof Error ? verdict.message : String(verdict);
  return `tls: failed to verify certificate: ${VERDICTS[code] ?? code}`;
}
