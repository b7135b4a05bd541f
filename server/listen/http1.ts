// Owns HTTP/1.1 on the shared port: a node:http server that never listens itself but is handed the connections the
// sniffer found to be HTTP/1.1, and its bridge to the one HTTP handler.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { concatBytes } from '../base/bytes.ts';
import type { HttpHandler, HttpResponse, HttpSink, HttpStreamBody } from '../http/types.ts';
import { type ConnectionContext, identifyPeer } from './connection-context.ts';
import {
  askHandler,
  bodyBytes,
  buildHttpRequest,
  hasNoBody,
  isStreamBody,
  TOO_LARGE,
} from './http-message.ts';
import {
  HTTP1_HEADERS_TIMEOUT_MS,
  HTTP1_KEEP_ALIVE_TIMEOUT_MS,
  HTTP1_REQUEST_TIMEOUT_MS,
} from './limits.ts';

/** The server to emit 'connection' on. */
export function createHttp1Server(context: ConnectionContext, handler: HttpHandler): Server {
  const server = createServer(
    {
      headersTimeout: HTTP1_HEADERS_TIMEOUT_MS,
      requestTimeout: HTTP1_REQUEST_TIMEOUT_MS,
      keepAliveTimeout: HTTP1_KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: 5_000,
    },
    (request, response) => new Http1Exchange(context, handler, request, response).start(),
  );
  prepareFedServer(server);
  return server;
}

const prepared = new WeakSet<Server>();

/**
 * node:http enforces its timeouts, and knows its connections, only on a server that is listening; one that is fed
 * connections by hand has to be told.
 */
export function prepareFedServer(server: Server): void {
  if (server.listening || prepared.has(server)) return;
  prepared.add(server);
  server.emit('listening');
}

class Http1Exchange implements HttpSink {
  readonly #context: ConnectionContext;
  readonly #handler: HttpHandler;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #parts: Uint8Array[] = [];
  #receivedBytes = 0;
  #answered = false;

  constructor(
    context: ConnectionContext,
    handler: HttpHandler,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.#context = context;
    this.#handler = handler;
    this.#request = request;
    this.#response = response;
  }

  start(): void {
    this.#request.on('data', (chunk: Buffer) => this.#gather(chunk));
    this.#request.on('end', () => this.#ask());
    // A request cut off by its peer has nobody to answer to.
    this.#request.on('error', () => this.#response.destroy());
  }

  write(part: Uint8Array | string): boolean {
    return this.#response.write(part);
  }

  end(): void {
    this.#response.end();
  }

  #gather(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes <= this.#context.httpBodyBytesMax) {
      this.#parts.push(chunk);
      return;
    }
    this.#parts.length = 0;
    this.#response.setHeader('connection', 'close');
    this.#respond(TOO_LARGE);
  }

  #ask(): void {
    if (this.#answered) return;
    const parts = {
      method: this.#request.method ?? 'GET',
      target: this.#request.url ?? '/',
      headers: headersOf(this.#request),
      body: concatBytes(this.#parts),
    };
    const request = buildHttpRequest(parts, identifyPeer(this.#request.socket));
    askHandler(this.#handler, request, this.#context.logger, (response) => this.#respond(response));
  }

  #respond(response: HttpResponse): void {
    if (this.#answered || this.#response.destroyed) return;
    this.#answered = true;
    for (const [name, value] of Object.entries(response.headers)) {
      this.#response.setHeader(name, value);
    }
    this.#response.statusCode = response.status;
    if (isStreamBody(response.body)) {
      this.#startStream(response.body);
      return;
    }
    const body = bodyBytes(response.body);
    if (response.status !== 204 && response.status !== 304) {
      this.#response.setHeader('content-length', body.length);
    }
    const empty = hasNoBody(this.#request.method ?? 'GET', response.status);
    if (empty) this.#response.end();
    else this.#response.end(body);
  }

  #startStream(body: HttpStreamBody): void {
    this.#response.on('drain', () => body.onDrain());
    this.#response.on('close', () => {
      if (!this.#response.writableFinished) body.onAborted();
    });
    this.#response.flushHeaders();
    body.start(this);
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}
