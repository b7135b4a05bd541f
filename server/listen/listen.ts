// Owns opening and closing the listeners of one role (client, peer, metrics): one net or tls server per URL, the set
// of connections, the tick behind deadlines and keepalive, and the orderly stop.

import { unlinkSync } from 'node:fs';
import type { Server as NodeHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { ConnectionContext } from './connection-context.ts';
import { type SniffOptions, sniffConnection } from './connection-sniffer.ts';
import type { H2Connection } from './h2-connection.ts';
import { createHttp1Server, prepareFedServer } from './http1.ts';
import {
  DESTROY_MS,
  FIRST_BYTES_TIMEOUT_MS,
  HTTP_BODY_BYTES_MAX,
  LISTEN_BACKLOG,
  SERVER_OPTIONS,
  TICK_MS,
} from './limits.ts';
import { ListenError, listenErrorFrom } from './listen-error.ts';
import { type ListenTarget, parseListenUrl, printListenUrl } from './listen-url.ts';
import { SocketPump } from './socket-pump.ts';
import { TlsFiles } from './tls-files.ts';
import { createTlsServer } from './tls-server.ts';
import { tellTls } from './tls-sniffer.ts';
import type { Listeners, ListenHandlers, ListenOptions } from './types.ts';

/** Opens all URLs or none; a secure and an insecure one may share an address. Throws ListenError, which names the address
 *  that failed. */
export async function listen(
  urls: readonly string[],
  handlers: ListenHandlers,
  options: ListenOptions,
): Promise<Listeners> {
  const group = new ListenerGroup(handlers, options);
  try {
    const targets = urls.map(parseListenUrl);
    for (const [i, target] of targets.entries()) {
      const twins = targets.filter((other) => isTwin(target, other));
      if (twins.length === 0) await group.open(target);
      // The one that comes first opens for both.
      else if (twins.every((twin) => targets.indexOf(twin) > i)) await group.open(target, true);
      else group.add(target);
    }
  } catch (error) {
    await group.close(0);
    throw error;
  }
  return group;
}

class ListenerGroup implements Listeners {
  readonly urls: string[] = [];
  readonly #options: ListenOptions;
  readonly #context: ConnectionContext;
  readonly #sniff: SniffOptions;
  readonly #http1: NodeHttpServer | undefined;
  readonly #servers: Server[] = [];
  /** Every accepted connection; the value is there once it turned out to be HTTP/2. */
  readonly #connections: Map<Socket, H2Connection | undefined> = new Map();
  #files: TlsFiles | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  #closing = false;
  #onEmpty: (() => void) | undefined = undefined;

  constructor(handlers: ListenHandlers, options: ListenOptions) {
    this.#options = options;
    this.#context = {
      handlers,
      logger: options.logger,
      clock: options.clock,
      pump: new SocketPump(),
      httpBodyBytesMax: options.httpBodyBytesMax ?? HTTP_BODY_BYTES_MAX,
    };
    this.#http1 = handlers.nodeHttp ?? this.#createHttp1();
    if (this.#http1 !== undefined) prepareFedServer(this.#http1);
    this.#sniff = {
      context: this.#context,
      http1: this.#http1,
      timeoutMs: options.firstBytesTimeoutMs ?? FIRST_BYTES_TIMEOUT_MS,
      onHttp2: (connection, socket) => this.#startHttp2(connection, socket),
    };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** `isShared`: takes TLS and plain text. */
  async open(target: ListenTarget, isShared = false): Promise<void> {
    const server = isShared
      ? this.#createShared()
      : target.secure
        ? this.#createSecure()
        : this.#createPlain();
    await bind(server, target);
    this.#servers.push(server);
    server.on('error', (error) => {
      this.#context.logger.error('listener failed', { error: error.message });
    });
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    this.urls.push(printListenUrl(target, port));
  }

  /** Another URL of an address that is open. */
  add(target: ListenTarget): void {
    this.urls.push(printListenUrl(target, target.kind === 'tcp' ? target.port : 0));
  }

  flushNow(): void {
    this.#context.pump.flushNow();
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const closed = this.#servers.map((server) => closeServer(server));
    for (const [socket, connection] of this.#connections) this.#release(socket, connection);
    this.#http1?.closeIdleConnections();
    await this.#emptied(graceMs);
    for (const socket of this.#connections.keys()) socket.destroy();
    await this.#emptied(DESTROY_MS);
    if (this.#context.handlers.nodeHttp === undefined) this.#http1?.close();
    await Promise.all(closed);
    this.#stopTimer();
  }

  #createHttp1(): NodeHttpServer | undefined {
    const http = this.#context.handlers.http;
    return http === undefined ? undefined : createHttp1Server(this.#context, http);
  }

  #createPlain(): Server {
    return createServer(SERVER_OPTIONS, (socket) => {
      this.#track(socket);
      sniffConnection(socket, this.#sniff);
    });
  }

  #createShared(): Server {
    const secure = this.#createSecure();
    return createServer(SERVER_OPTIONS, (socket) => {
      this.#track(socket);
      tellTls(socket, this.#sniff.timeoutMs, (told, isTls) => {
        // node:tls takes what waits in the socket, and reads on below it.
        if (isTls) {
          secure.emit('connection', told);
          return;
        }
        sniffConnection(told, this.#sniff);
        told.resume();
      });
    });
  }

  #createSecure(): Server {
    const { tls, clock, logger, endpoint } = this.#options;
    if (tls === undefined) {
      throw new ListenError('cannot listen on TLS: KeyFile and CertFile are not presented');
    }
    if (this.#files === undefined) this.#files = new TlsFiles(tls, clock, logger);
    return createTlsServer({
      tls,
      files: this.#files,
      logger,
      endpoint: endpoint ?? 'client',
      speaksHttp2: this.#context.handlers.grpc !== undefined,
      onAccepted: (socket) => this.#track(socket),
      onConnection: (socket) => {
        this.#track(socket);
        sniffConnection(socket, this.#sniff);
      },
    });
  }

  #track(socket: Socket): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    this.#connections.set(socket, undefined);
    // What goes wrong on a socket ends that socket; "close" follows and does the rest.
    socket.on('error', (error) => {
      this.#context.logger.debug('connection failed', { error: error.message });
    });
    socket.on('close', () => this.#forget(socket));
    this.#startTimer();
  }

  #forget(socket: Socket): void {
    this.#connections.delete(socket);
    if (this.#connections.size > 0) return;
    this.#stopTimer();
    this.#onEmpty?.();
  }

  #startHttp2(connection: H2Connection, socket: Socket): void {
    this.#connections.set(socket, connection);
    if (this.#closing) connection.drain();
  }

  // A connection that has not said anything yet has nothing to lose.
  #release(socket: Socket, connection: H2Connection | undefined): void {
    if (connection !== undefined) connection.drain();
    else if (socket.bytesRead === 0) socket.destroy();
  }

  #emptied(graceMs: number): Promise<void> {
    if (this.#connections.size === 0 || graceMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #startTimer(): void {
    const grpc = this.#context.handlers.grpc;
    if (grpc === undefined || this.#timer !== undefined) return;
    this.#timer = setInterval(() => grpc.tick(), TICK_MS);
    this.#timer.unref();
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

async function bind(server: Server, target: ListenTarget): Promise<void> {
  const address = target.kind === 'tcp' ? tcpAddress(target) : target.path;
  if (target.kind === 'unix') removeStaleSocket(target.path);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const listening = (): void => {
        server.removeListener('error', reject);
        resolve();
      };
      if (target.kind === 'unix') {
        server.listen({ path: target.path, backlog: LISTEN_BACKLOG }, listening);
      } else {
        const { host, port } = target;
        server.listen({ host, port, backlog: LISTEN_BACKLOG }, listening);
      }
    });
  } catch (cause) {
    throw listenErrorFrom(target.kind, address, cause);
  }
}

/** The same address, once secure and once not. A port to be chosen is another one each time. */
function isTwin(one: ListenTarget, other: ListenTarget): boolean {
  if (one.secure === other.secure) return false;
  if (one.kind === 'unix') return other.kind === 'unix' && one.path === other.path;
  return other.kind === 'tcp' && one.host === other.host && one.port === other.port && one.port > 0;
}

function tcpAddress(target: { readonly host: string; readonly port: number }): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `${host}:${target.port}`;
}

// etcd: client/pkg/transport/unix_listener.go removes what a killed server has left behind.
function removeStaleSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return;
    throw listenErrorFrom('unix', path, cause);
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // The only error here is that it was not listening, which is what is wanted.
    server.close(() => resolve());
  });
}
