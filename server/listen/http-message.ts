// Owns what HTTP/1.1 and HTTP/2 requests have in common on their way to the handler: the target's parts, the headers
// as a record, the response's length.

import { AssertionError } from '../base/assert.ts';
import type { Logger } from '../base/logger.ts';
import type { HttpHandler, HttpRequest, HttpResponse, HttpStreamBody } from '../http/types.ts';
import type { PeerIdentity } from './connection-context.ts';

export interface RequestParts {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The handler's view of a whole request. */
export function buildHttpRequest(parts: RequestParts, peer: PeerIdentity): HttpRequest {
  const target = originForm(parts.target);
  const mark = target.indexOf('?');
  return {
    method: parts.method,
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
    headers: parts.headers,
    body: parts.body,
    secure: peer.secure,
    remoteAddress: peer.remoteAddress,
    ...(peer.commonName === '' ? {} : { clientCommonName: peer.commonName }),
  };
}

// A proxy's request names the whole URL (RFC 9112 section 3.2.2); the handler wants the path.
function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') return target;
  if (!URL.canParse(target)) return target;
  const url = new URL(target);
  return url.pathname + url.search;
}

/** Asks the handler; what it throws is answered 500, except a broken invariant of ours, which must not be survived. */
export function askHandler(
  handler: HttpHandler,
  request: HttpRequest,
  logger: Logger,
  respond: (response: HttpResponse) => void,
): void {
  try {
    handler(request, respond);
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    logger.error('an HTTP handler has thrown', { path: request.path, error: reason });
    respond(INTERNAL_ERROR);
  }
}

/** True for a body of unknown length. */
export function isStreamBody(body: HttpResponse['body']): body is HttpStreamBody {
  return typeof body !== 'string' && !(body instanceof Uint8Array);
}

/** True when the response carries no body whatever the handler gave. */
export function hasNoBody(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

/** Bytes of a whole body. */
export function bodyBytes(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}

/** The answer to a body above the limit. */
export const TOO_LARGE: HttpResponse = {
  status: 413,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'request body too large\n',
};

const INTERNAL_ERROR: HttpResponse = {
  status: 500,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'internal server error\n',
};
