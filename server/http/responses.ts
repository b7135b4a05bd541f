// Owns the responses that several routes share, byte for byte as Go's net/http writes them.
import type { HttpResponse } from './types.ts';

export type Respond = (response: HttpResponse) => void;

const PLAIN: Readonly<Record<string, string>> = { 'content-type': 'text/plain; charset=utf-8' };
const PLAIN_ERROR: Readonly<Record<string, string>> = {
  ...PLAIN,
  'x-content-type-options': 'nosniff',
};

/** A plain text that is no error. */
export function textResponse(body: string): HttpResponse {
  return { status: 200, headers: PLAIN, body };
}

/** Like Go's http.Error: the text and a line feed. */
export function errorResponse(status: number, text: string): HttpResponse {
  return { status, headers: PLAIN_ERROR, body: `${text}\n` };
}

export function jsonResponse(status: number, value: unknown): HttpResponse {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, body: JSON.stringify(value) };
}

export const NOT_FOUND: HttpResponse = errorResponse(404, '404 page not found');

export const METHOD_NOT_ALLOWED: HttpResponse = {
  ...errorResponse(405, 'Method Not Allowed'),
  headers: { ...PLAIN_ERROR, allow: 'GET' },
};
