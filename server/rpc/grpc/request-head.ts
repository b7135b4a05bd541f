// Owns judging a request head: is it gRPC, which method, which deadline, which encoding, or which refusal. The
// texts and their order are grpc-go's (server.go handleStream, internal/transport/http2_server.go operateHeaders).

import { GrpcStatus, type GrpcStatusCode } from '../../base/errors.ts';
import type { RequestHead } from '../../http2/types.ts';
import { ACCEPTED_ENCODINGS, isKnownEncoding } from './decompress.ts';
import type { MethodMetrics } from './grpc-metrics.ts';
import { explainMalformedTimeout, parseGrpcTimeoutMs } from './timeout.ts';
import type { GrpcMethod } from './types.ts';

/** One row of the server's method table. */
export interface MethodEntry {
  readonly path: string;
  readonly method: GrpcMethod;
  readonly metrics: MethodMetrics;
}

/** A request that ends before any handler. */
export interface HeadRefusal {
  readonly httpStatus: string;
  readonly status: GrpcStatusCode;
  readonly message: string;
  /** Value of a grpc-accept-encoding field to send along, "" for none. */
  readonly acceptEncoding: string;
}

/** The judgement of one head; heads that are the same object share it. */
export type JudgedHead =
  | { readonly kind: 'http' }
  | { readonly kind: 'refused'; readonly refusal: HeadRefusal }
  | {
      readonly kind: 'call';
      readonly entry: MethodEntry;
      /** Infinity without a grpc-timeout. */
      readonly timeoutMs: number;
      /** "" or the value of grpc-encoding. */
      readonly encoding: string;
    };

const GRPC_CONTENT_TYPE = 'application/grpc';

/** What the two tables of the server answer. */
export interface MethodTables {
  readonly methods: ReadonlyMap<string, MethodEntry>;
  readonly services: ReadonlySet<string>;
}

/** Judges a head. `http`: the content type is not gRPC's at all, so the HTTP side may serve it. */
export function judgeHead(head: RequestHead, tables: MethodTables): JudgedHead {
  let contentType = '';
  let timeout = '';
  let encoding = '';
  let malformedBinary: HeadRefusal | undefined;
  for (const field of head.fields) {
    const name = field[0];
    if (name === 'content-type') contentType = field[1];
    else if (name === 'grpc-timeout') timeout = field[1] === '' ? '?' : field[1];
    else if (name === 'grpc-encoding') encoding = field[1];
    else if (name.endsWith('-bin') && decodeBinaryValue(field[1]) === undefined) {
      malformedBinary = refuseBinary(name, field[1]);
    }
  }
  if (!contentType.startsWith(GRPC_CONTENT_TYPE)) return { kind: 'http' };
  const subtype = contentType[GRPC_CONTENT_TYPE.length];
  if (subtype !== undefined && subtype !== '+' && subtype !== ';') {
    const text = `invalid gRPC request content-type ${JSON.stringify(contentType)}`;
    return refuse('415', GrpcStatus.invalidArgument, text);
  }
  let timeoutMs = Number.POSITIVE_INFINITY;
  if (timeout !== '') {
    timeoutMs = parseGrpcTimeoutMs(timeout);
    if (Number.isNaN(timeoutMs)) {
      const text = explainMalformedTimeout(timeout === '?' ? '' : timeout);
      return refuse('400', GrpcStatus.internal, text);
    }
  }
  if (malformedBinary !== undefined) return { kind: 'refused', refusal: malformedBinary };
  if (head.method !== 'POST') {
    const method = JSON.stringify(head.method);
    const text = `Received a HEADERS frame with :method ${method} which should be POST`;
    return refuse('405', GrpcStatus.internal, text);
  }
  const entry = tables.methods.get(head.path);
  if (entry === undefined) return refuseMethod(head.path, tables.services);
  if (!isKnownEncoding(encoding)) return refuseEncoding(encoding);
  return { kind: 'call', entry, timeoutMs, encoding };
}

/** The refusal for HTTP requests where no HTTP handler is configured. */
export function refuseHttp(head: RequestHead): HeadRefusal {
  const contentType = JSON.stringify(maybeField(head, 'content-type') ?? '');
  return {
    httpStatus: '415',
    status: GrpcStatus.invalidArgument,
    message: `invalid gRPC request content-type ${contentType}`,
    acceptEncoding: '',
  };
}

/** First value of a field, name in lower case. */
export function maybeField(head: RequestHead, name: string): string | undefined {
  const fields = head.fields;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i];
    if (field !== undefined && field[0] === name) return field[1];
  }
  return undefined;
}

/** Bytes of a -bin value (base64, padded or not); undefined when it is none. */
export function decodeBinaryValue(value: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return undefined;
  const unpadded = value.replace(/=+$/, '');
  if (unpadded.length % 4 === 1) return undefined;
  return Buffer.from(unpadded, 'base64');
}

function refuse(httpStatus: string, status: GrpcStatusCode, message: string): JudgedHead {
  return { kind: 'refused', refusal: { httpStatus, status, message, acceptEncoding: '' } };
}

function refuseBinary(name: string, value: string): HeadRefusal {
  const header = JSON.stringify(name);
  return {
    httpStatus: '400',
    status: GrpcStatus.internal,
    message: `malformed binary metadata ${JSON.stringify(value)} in header ${header}`,
    acceptEncoding: '',
  };
}

function refuseMethod(path: string, services: ReadonlySet<string>): JudgedHead {
  const bare = path.startsWith('/') ? path.slice(1) : path;
  const slash = bare.lastIndexOf('/');
  if (slash === -1) {
    return refuse(
      '200',
      GrpcStatus.unimplemented,
      `malformed method name: ${JSON.stringify(path)}`,
    );
  }
  const service = bare.slice(0, slash);
  const method = bare.slice(slash + 1);
  const text = services.has(service)
    ? `unknown method ${method} for service ${service}`
    : `unknown service ${service}`;
  return refuse('200', GrpcStatus.unimplemented, text);
}

function refuseEncoding(encoding: string): JudgedHead {
  return {
    kind: 'refused',
    refusal: {
      httpStatus: '200',
      status: GrpcStatus.unimplemented,
      message: `grpc: Decompressor is not installed for grpc-encoding ${JSON.stringify(encoding)}`,
      acceptEncoding: ACCEPTED_ENCODINGS,
    },
  };
}
