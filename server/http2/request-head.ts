// Owns judging a decoded header list: a well-formed request, well-formed trailers or neither (RFC
// 9113 section 8).

import { type FieldEntry, FieldKind } from './hpack-field.ts';
import type { HeaderField, RequestHead } from './types.ts';

/** Content-length was not given. */
export const NO_CONTENT_LENGTH = -1;

/** A request with what the engine itself needs to know of it. */
export interface CheckedRequest {
  readonly head: RequestHead;
  /** Bytes the body must have, or NO_CONTENT_LENGTH. */
  readonly contentLength: number;
}

/** The request that `entries` describe, or undefined when they are malformed. */
export function maybeRequest(entries: readonly FieldEntry[]): CheckedRequest | undefined {
  let method: string | undefined;
  let scheme: string | undefined;
  let authority: string | undefined;
  let path: string | undefined;
  let host: string | undefined;
  let contentLength = NO_CONTENT_LENGTH;
  const fields: HeaderField[] = [];
  for (const entry of entries) {
    const kind = entry.kind;
    const value = entry.field[1];
    // Pseudo-header fields come first, each once.
    const isPseudo = kind >= FieldKind.method && kind <= FieldKind.path;
    if (isPseudo && fields.length > 0) return undefined;
    switch (kind) {
      case FieldKind.method:
        if (method !== undefined) return undefined;
        method = value;
        continue;
      case FieldKind.scheme:
        if (scheme !== undefined) return undefined;
        scheme = value;
        continue;
      case FieldKind.authority:
        if (authority !== undefined) return undefined;
        authority = value;
        continue;
      case FieldKind.path:
        if (path !== undefined) return undefined;
        path = value;
        continue;
      case FieldKind.regular:
        break;
      case FieldKind.host:
        if (host !== undefined && host !== value) return undefined;
        host = value;
        break;
      case FieldKind.contentLength: {
        const length = parseContentLength(value);
        if (length < 0 || (contentLength >= 0 && contentLength !== length)) return undefined;
        contentLength = length;
        break;
      }
      default:
        return undefined;
    }
    fields.push(entry.field);
  }
  if (method === undefined || method === '') return undefined;
  if (method === 'CONNECT') {
    if (scheme !== undefined || path !== undefined || authority === undefined) return undefined;
  } else if (scheme === undefined || path === undefined || path === '') {
    return undefined;
  }
  return {
    head: {
      method,
      path: path ?? '',
      scheme: scheme ?? '',
      authority: authority ?? host ?? '',
      fields,
    },
    contentLength,
  };
}

/** True when `entries` may end a request: no pseudo-header field and nothing malformed. */
export function isLegalTrailers(entries: readonly FieldEntry[]): boolean {
  for (const entry of entries) {
    const kind = entry.kind;
    if (kind >= FieldKind.method && kind <= FieldKind.malformed) return false;
  }
  return true;
}

/** A decimal number of at most 15 digits, or -1. */
function parseContentLength(text: string): number {
  if (text.length === 0 || text.length > 15) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
