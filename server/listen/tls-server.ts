// Owns one TLS listening socket: fresh certificates for each handshake, the checks of a client's certificate, and
// the log line of a refused one. What passes is handed on as an ordinary socket.

import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Logger } from '../base/logger.ts';
import { certificateNames, refuseCertificate, refuseSan } from './client-certificate.ts';
import { SERVER_OPTIONS, TLS_HANDSHAKE_TIMEOUT_MS } from './limits.ts';
import { printAddress } from './listen-url.ts';
import { wantsClientCertificate } from './tls-config.ts';
import { explainHandshakeError } from './tls-errors.ts';
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
    logRejected(options, socket, explainHandshakeError(error, socket.authorizationError));
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

/**
 * Closes without the alert "bad certificate" that Go sends first. Node tells OpenSSL to accept every certificate and looks at
 * the verdict, for its own checks as for these, only after the handshake; by then nothing in node:tls sends an alert but
 * close_notify, and what could refuse earlier (SNICallback, ALPNCallback) runs before the client has shown a certificate.
 * The client sees the connection end; the reason is in our log line.
 */
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
