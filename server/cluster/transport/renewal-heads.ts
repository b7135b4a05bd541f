// Owns the heads of renewals of leases on the wire: POST /leases and its answers, as Go and we write them. Pure.
// etcd: lease/leasehttp/http.go.

import { STATUS_CODES } from 'node:http';
import { at } from '../../base/assert.ts';
import { concatBytes, utf8Bytes } from '../../base/bytes.ts';
import type { Head } from './headed-reader.ts';
import { QUESTION_BYTES_MAX } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

export interface AnswerHead extends Head {
  readonly status: number;
  /** No further answer comes on this connection. */
  readonly isLast: boolean;
}

export const RENEWAL_REQUEST_LINE = 'POST /leases HTTP/1.1';

/** Of these headers one changes what the bytes behind the head mean, and whoever reads them must know more than we do. */
const FOREIGN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'transfer-encoding',
  'upgrade',
]);

/** The head of a request, or undefined for one that is no simple renewal. */
export function maybeRenewalHead(text: string): Head | undefined {
  const lines = text.split('\r\n');
  if (lines[0] !== RENEWAL_REQUEST_LINE) return undefined;
  const fields = maybeFields(lines);
  if (fields?.get('host') === undefined) return undefined;
  for (const name of fields.keys()) if (FOREIGN_HEADERS.has(name)) return undefined;
  const bodyBytes = maybeLength(fields);
  return bodyBytes === undefined || bodyBytes > QUESTION_BYTES_MAX ? undefined : { bodyBytes };
}

/** The head of an answer. Throws ProtocolError for what neither etcd nor we answer to a renewal. */
export function parseAnswerHead(text: string): AnswerHead {
  const lines = text.split('\r\n');
  const status = /^HTTP\/1\.1 ([2-5]\d\d)( |$)/.exec(at(lines, 0))?.[1];
  const fields = maybeFields(lines);
  const bodyBytes = fields === undefined ? undefined : maybeLength(fields);
  if (status === undefined || fields === undefined || bodyBytes === undefined) {
    throw new ProtocolError(`an answer that cannot be read: ${text.slice(0, 200)}`);
  }
  if (bodyBytes > QUESTION_BYTES_MAX || fields.has('transfer-encoding')) {
    throw new ProtocolError(`an answer that is no renewal: ${text.slice(0, 200)}`);
  }
  const isLast = fields.get('connection')?.toLowerCase() === 'close';
  return { status: Number(status), bodyBytes, isLast };
}

/** Names in lower case. Undefined when a line is no header, or a length is named twice. */
function maybeFields(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>();
  for (let i = 1; i < lines.length; i++) {
    const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(at(lines, i));
    if (match === null) return undefined;
    const name = (match[1] ?? '').toLowerCase();
    if (name === 'content-length' && fields.has(name)) return undefined;
    fields.set(name, match[2] ?? '');
  }
  return fields;
}

function maybeLength(fields: ReadonlyMap<string, string>): number | undefined {
  const text = fields.get('content-length') ?? '';
  return /^\d{1,8}$/.test(text) ? Number(text) : undefined;
}

/** Heads of requests to one host, by the length of their body. */
export class RenewalRequestHeads {
  readonly #front: string;
  readonly #heads: Map<number, Uint8Array> = new Map();

  constructor(host: string) {
    this.#front = `${RENEWAL_REQUEST_LINE}\r\nHost: ${host}\r\nContent-Type: application/protobuf\r\n`;
  }

  of(bodyBytes: number): Uint8Array {
    return madeOnce(this.#heads, bodyBytes, () => `${this.#front}Content-Length: ${bodyBytes}`);
  }
}

const RENEWED_HEADS: Map<number, Uint8Array> = new Map();

/** The head of an answer with a renewal. */
export function renewedHead(bodyBytes: number): Uint8Array {
  return madeOnce(
    RENEWED_HEADS,
    bodyBytes,
    () => `HTTP/1.1 200 OK\r\nContent-Type: application/protobuf\r\nContent-Length: ${bodyBytes}`,
  );
}

/** Invariant: bodies of renewals have a dozen different lengths. */
function madeOnce(
  heads: Map<number, Uint8Array>,
  bodyBytes: number,
  text: () => string,
): Uint8Array {
  let head = heads.get(bodyBytes);
  if (head === undefined) {
    head = utf8Bytes(`${text()}\r\n\r\n`);
    heads.set(bodyBytes, head);
  }
  return head;
}

/** A whole answer with an error, as http.Error of Go writes it. */
export function refusedAnswer(status: number, text: string): Uint8Array {
  const body = utf8Bytes(`${text}\n`);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${body.length}`,
  ];
  return concatBytes([utf8Bytes(`${head.join('\r\n')}\r\n\r\n`), body]);
}
