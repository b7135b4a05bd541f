// Owns the numbers of the socket side, each with its reason.

/** A new connection must show its first bytes by then. Generous: some clients dial ahead of their first request. */
export const FIRST_BYTES_TIMEOUT_MS: number = 60_000;

/** etcd: client/pkg/transport: TLS handshakes that take longer are dropped. */
export const TLS_HANDSHAKE_TIMEOUT_MS: number = 10_000;

/** HTTP/1.1: time for the whole header of one request, against slow senders. */
export const HTTP1_HEADERS_TIMEOUT_MS: number = 30_000;

/** HTTP/1.1: time for header and body of one request. */
export const HTTP1_REQUEST_TIMEOUT_MS: number = 120_000;

/** HTTP/1.1: idle connections are kept this long: above a scraper's usual minute between two requests. */
export const HTTP1_KEEP_ALIVE_TIMEOUT_MS: number = 180_000;

/** Largest HTTP body: the default gRPC message as base64 inside JSON, and some room. */
export const HTTP_BODY_BYTES_MAX: number = 4 * 1024 * 1024;

/** A connection that was told to go may still send and must not see a TCP reset at once; grpc-go waits as long. */
export const LINGER_MS: number = 1_000;

/** How often the certificate files may be looked at: etcd re-reads them at each handshake, this bounds a flood. */
export const TLS_FILES_CHECK_MS: number = 100;

/** Period of the one timer behind deadlines and keepalive; runs only while connections are open. */
export const TICK_MS: number = 20;

/** Connections waiting to be accepted; the kernel's somaxconn caps it further. */
export const LISTEN_BACKLOG: number = 4096;

/** Bytes a socket takes before it asks to wait: a turn of answers passes, a slow reader is noticed soon. */
export const SOCKET_BUFFER_BYTES: number = 128 * 1024;

/** etcd: client/pkg/transport/keepalive_listener.go: TCP keepalive after this much silence. */
export const TCP_KEEP_ALIVE_MS: number = 30_000;

/** A destroyed socket tells of its end within one turn of the event loop; this only bounds the wait. */
export const DESTROY_MS: number = 1_000;

/** Options all our net and tls servers share. */
export const SERVER_OPTIONS: {
  readonly noDelay: boolean;
  readonly allowHalfOpen: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelay: number;
  readonly highWaterMark: number;
} = {
  noDelay: true,
  allowHalfOpen: false,
  keepAlive: true,
  keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
  highWaterMark: SOCKET_BUFFER_BYTES,
};
