// Owns reading bodies of requests, bounded in size and silence, and answering in the words of Go's net/http, which etcd's
// tools and members read.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { concatBytes, utf8Bytes } from '../../base/bytes.ts';

/** Why there is no body: the request is to be answered with this status and text. */
export class BodyError extends Error {
  override readonly name: string = 'BodyError';
  readonly isTooLarge: boolean;

  constructor(message: string, isTooLarge: boolean) {
    super(message);
    this.isTooLarge = isTooLarge;
  }
}

export interface BodyLimits {
  readonly bytesMax: number;
  /** Without any byte for so long the sender counts as dead. */
  readonly silenceMs: number;
}

/** The whole body. Rejects with BodyError. */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of bodyChunks(request, limits.silenceMs)) {
      sizeBytes += part.length;
      if (sizeBytes > limits.bytesMax) throw new BodyError('request body too large', true);
      parts.push(part);
    }
  } catch (cause) {
    if (cause instanceof BodyError) throw cause;
    throw new BodyError(String(cause), false);
  }
  return concatBytes(parts);
}

/** The body as it comes, at the reader's speed. Throws when the sender is silent or gone. */
export async function* bodyChunks(
  request: IncomingMessage,
  silenceMs: number,
): AsyncGenerator<Uint8Array, void, void> {
  // Left open when the reader stops early: the answer still has to go out on the same connection.
  const iterator = request.iterator({ destroyOnReturn: false });
  for (;;) {
    // Time that the reader takes is none of the sender's silence.
    const timer = setTimeout(() => request.destroy(new Error('i/o timeout')), silenceMs);
    const next = await iterator.next().finally(() => clearTimeout(timer));
    if (next.done === true) return;
    yield next.value as Uint8Array;
  }
}

/** A text as http.Error of Go writes it. */
export function answerError(response: ServerResponse, status: number, text: string): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  answer(response, status, `${text}\n`);
}

/** etcd: etcdhttp/types/errors.go HTTPError. */
export function answerJsonError(response: ServerResponse, status: number, message: string): void {
  response.setHeader('Content-Type', 'application/json');
  answer(response, status, JSON.stringify({ message }));
}

export function answer(response: ServerResponse, status: number, body: Uint8Array | string): void {
  if (response.headersSent || response.destroyed) return;
  const { req: request } = response;
  response.statusCode = status;
  // What is left of an unread body would be taken for the next request.
  if (!request.complete) response.setHeader('Connection', 'close');
  const bytes = typeof body === 'string' ? utf8Bytes(body) : body;
  if (status !== 204) response.setHeader('Content-Length', bytes.length);
  response.end(bytes);
}

/** True for `method`; else the request is answered. */
export function allowsMethod(
  request: IncomingMessage,
  response: ServerResponse,
  method: 'GET' | 'POST',
): boolean {
  if (request.method === method) return true;
  response.setHeader('Allow', method);
  answerError(response, 405, 'Method Not Allowed');
  return false;
}
