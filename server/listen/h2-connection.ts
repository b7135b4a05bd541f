// Owns one socket that speaks HTTP/2: bytes into the gRPC session, its output back to the socket, never more than
// the socket wants, and the orderly end.

import type { Socket } from 'node:net';
import { OUTPUT_HIGH_BYTES } from '../http2/limits.ts';
import type { RequestHead, ServerStream, StreamEvents } from '../http2/types.ts';
import type { GrpcServer } from '../rpc/grpc/grpc-server.ts';
import type { GrpcSession } from '../rpc/grpc/grpc-session.ts';
import type { SessionOwner } from '../rpc/grpc/host.ts';
import type { ConnectionContext, PeerIdentity } from './connection-context.ts';
import { H2HttpExchange } from './h2-http-exchange.ts';
import { LINGER_MS } from './limits.ts';
import type { PumpedConnection } from './socket-pump.ts';

export class H2Connection implements SessionOwner, PumpedConnection {
  readonly onHttpRequest?: NonNullable<SessionOwner['onHttpRequest']>;
  readonly #context: ConnectionContext;
  readonly #socket: Socket;
  readonly #identity: PeerIdentity;
  readonly #session: GrpcSession;
  /** The socket's buffer is above its mark: nothing is taken from the engine until it drains. */
  #blocked = false;
  #heldBack = false;
  #flushing = false;
  #closing = false;

  constructor(
    context: ConnectionContext,
    grpc: GrpcServer,
    socket: Socket,
    identity: PeerIdentity,
  ) {
    this.#context = context;
    this.#socket = socket;
    this.#identity = identity;
    if (context.handlers.http !== undefined) {
      this.onHttpRequest = (stream, head, endStream) => this.#openExchange(stream, head, endStream);
    }
    this.#session = grpc.openSession(identity, this);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => {
      this.#blocked = false;
      this.flush();
    });
    socket.on('close', () => this.#session.disconnect());
  }

  /** The bytes the sniffer has already read. */
  receiveFirst(chunk: Buffer): void {
    this.#receive(chunk);
  }

  /** Announces the end; the connection closes once its streams are done. */
  drain(): void {
    this.#session.drain();
  }

  onOutput(): void {
    // What appears while the loop below takes, the loop takes too.
    if (!this.#flushing) this.#context.pump.schedule(this);
  }

  flush(): void {
    if (this.#blocked || this.#socket.destroyed || !this.#socket.writable) return;
    this.#flushing = true;
    const connection = this.#session.connection;
    const first = connection.takeOutput();
    if (first !== undefined) {
      const second = connection.takeOutput();
      if (second === undefined) this.#blocked = !this.#socket.write(first);
      else this.#writeAll(first, second);
    }
    this.#flushing = false;
    if (this.#heldBack && connection.outputBytes <= OUTPUT_HIGH_BYTES) {
      this.#heldBack = false;
      this.#socket.resume();
    }
    if (this.#closing && !this.#blocked) this.#socket.end();
  }

  onClose(_errorCode: number, reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#context.logger.debug('closing an HTTP/2 connection', {
      'remote-addr': this.#identity.remoteAddress,
      reason,
    });
    this.#linger();
    this.#context.pump.schedule(this);
  }

  #receive(chunk: Buffer): void {
    if (this.#closing) return;
    this.#session.receive(chunk);
    // A peer that does not read its answers is not read from either.
    if (this.#session.connection.outputBytes > OUTPUT_HIGH_BYTES) {
      this.#heldBack = true;
      this.#socket.pause();
    }
  }

  // Several pieces go out as one vectored write.
  #writeAll(first: Uint8Array, second: Uint8Array): void {
    const connection = this.#session.connection;
    this.#socket.cork();
    let wanted = this.#socket.write(first);
    let next: Uint8Array | undefined = second;
    while (next !== undefined) {
      wanted = this.#socket.write(next);
      next = wanted ? connection.takeOutput() : undefined;
    }
    this.#socket.uncork();
    this.#blocked = !wanted;
  }

  // Closing while the peer still sends would make the kernel answer with a reset, which could overtake our last frames;
  // so the reading side stays open for a moment. The timer also ends a peer that reads nothing.
  #linger(): void {
    const socket = this.#socket;
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  }

  #openExchange(stream: ServerStream, head: RequestHead, endStream: boolean): StreamEvents {
    const exchange = new H2HttpExchange(this.#context, this.#identity, stream, head);
    if (endStream) exchange.onEnd();
    return exchange;
  }
}
