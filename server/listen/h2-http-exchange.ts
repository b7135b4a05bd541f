// Owns one HTTP request that arrived over HTTP/2 without being gRPC (/health, /version, the JSON gateway): gathers
// the body up to the limit, asks the handler once, sends its answer.

import { concatBytes } from '../base/bytes.ts';
import type { HttpResponse, HttpSink, HttpStreamBody } from '../http/types.ts';
import type { HeaderField, RequestHead, ServerStream, StreamEvents } from '../http2/types.ts';
import type { ConnectionContext, PeerIdentity } from './connection-context.ts';
import {
  askHandler,
  bodyBytes,
  buildHttpRequest,
  hasNoBody,
  isStreamBody,
  TOO_LARGE,
} from './http-message.ts';

/** Fields that HTTP/2 forbids in a response (RFC 9113 section 8.2.2) or that are ours to set. */
const DROPPED_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'content-length',
]);

export class H2HttpExchange implements StreamEvents, HttpSink {
  readonly #context: ConnectionContext;
  readonly #identity: PeerIdentity;
  readonly #stream: ServerStream;
  readonly #head: RequestHead;
  #parts: Uint8Array[] = [];
  #receivedBytes = 0;
  #asked = false;
  #answered = false;
  #gone = false;
  #streamBody: HttpStreamBody | undefined = undefined;

  constructor(
    context: ConnectionContext,
    identity: PeerIdentity,
    stream: ServerStream,
    head: RequestHead,
  ) {
    this.#context = context;
    this.#identity = identity;
    this.#stream = stream;
    this.#head = head;
  }

  onData(bytes: Uint8Array, endStream: boolean): void {
    this.#stream.consumed(bytes.length);
    this.#receivedBytes += bytes.length;
    if (this.#receivedBytes > this.#context.httpBodyBytesMax) {
      this.#parts = [];
      this.#asked = true;
      this.#respond(TOO_LARGE);
      return;
    }
    if (bytes.length > 0) this.#parts.push(bytes.slice());
    if (endStream) this.onEnd();
  }

  onEnd(): void {
    if (this.#asked) return;
    this.#asked = true;
    const http = this.#context.handlers.http;
    if (http === undefined) return;
    const parts = {
      method: this.#head.method,
      target: this.#head.path,
      headers: headersOf(this.#head),
      body: concatBytes(this.#parts),
    };
    this.#parts = [];
    const request = buildHttpRequest(parts, this.#identity);
    askHandler(http, request, this.#context.logger, (response) => this.#respond(response));
  }

  onAborted(): void {
    this.#gone = true;
    this.#streamBody?.onAborted();
  }

  onDrain(): void {
    this.#streamBody?.onDrain();
  }

  write(part: Uint8Array | string): boolean {
    if (this.#gone) return false;
    return this.#stream.sendData(bodyBytes(part), false);
  }

  end(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#stream.sendData(new Uint8Array(0), true);
  }

  #respond(response: HttpResponse): void {
    if (this.#answered || this.#gone) return;
    this.#answered = true;
    const fields: HeaderField[] = [[':status', String(response.status)]];
    for (const [name, value] of Object.entries(response.headers)) {
      const lower = name.toLowerCase();
      if (!DROPPED_FIELDS.has(lower)) fields.push([lower, value]);
    }
    fields.push(['date', new Date(this.#context.clock.wallMs()).toUTCString()]);
    if (isStreamBody(response.body)) this.#startStream(fields, response.body);
    else this.#sendWhole(fields, response.status, bodyBytes(response.body));
  }

  #sendWhole(fields: HeaderField[], status: number, body: Uint8Array): void {
    this.#gone = true;
    fields.push(['content-length', String(body.length)]);
    const empty = body.length === 0 || hasNoBody(this.#head.method, status);
    this.#stream.sendHeaders(fields, empty);
    if (!empty) this.#stream.sendData(body, true);
  }

  #startStream(fields: HeaderField[], body: HttpStreamBody): void {
    this.#stream.sendHeaders(fields, false);
    this.#streamBody = body;
    body.start(this);
  }
}

function headersOf(head: RequestHead): Record<string, string> {
  const headers: Record<string, string> = {};
  if (head.authority !== '') headers['host'] = head.authority;
  for (const [name, value] of head.fields) {
    const known = headers[name];
    if (name === 'host') headers[name] = known ?? value;
    else headers[name] = known === undefined ? value : `${known}, ${value}`;
  }
  return headers;
}
