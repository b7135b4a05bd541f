// Owns what callers see of failures: an error of etcd's table where the server's text has a row there, and a ClientError
// with the gRPC status for everything else.
import {
  ERROR_TABLE,
  EtcdError,
  type EtcdErrorCode,
  GrpcStatus,
  type GrpcStatusCode,
  isEtcdError,
} from '../server/base/errors.ts';

/** Where a failure was found: in the server's answer, or on this side of the connection. */
export type FailureOrigin = 'server' | 'client';

/** A failure without a row in the table of errors. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';
  readonly status: GrpcStatusCode;
  readonly origin: FailureOrigin;

  constructor(
    status: GrpcStatusCode,
    message: string,
    options: { readonly cause?: unknown; readonly origin?: FailureOrigin } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.origin = options.origin ?? 'client';
  }
}

export type CallFailure = EtcdError | ClientError;

const CODE_BY_TEXT: ReadonlyMap<string, EtcdErrorCode> = new Map(
  Object.keys(ERROR_TABLE)
    .filter(isErrorCode)
    .map((code) => [ERROR_TABLE[code][1], code]),
);

const STATUS_CODES: ReadonlySet<number> = new Set(Object.values(GrpcStatus));

/** The row of the table whose text is `text`. */
export function maybeEtcdError(text: string): EtcdError | undefined {
  const code = CODE_BY_TEXT.get(text);
  return code === undefined ? undefined : new EtcdError(code);
}

/** The row whose text `text` contains: some answers quote a whole status. The longest text wins. */
export function maybeQuotedError(text: string): EtcdError | undefined {
  let found = '';
  for (const known of CODE_BY_TEXT.keys()) {
    if (known.length > found.length && text.includes(known)) found = known;
  }
  return maybeEtcdError(found);
}

/** What a call of the transport failed with, as callers see it. */
export function toCallFailure(error: unknown): CallFailure {
  if (isEtcdError(error)) return error;
  if (error instanceof ClientError) return error;
  if (!(error instanceof Error)) return new ClientError(GrpcStatus.unknown, String(error));
  const details = 'details' in error && typeof error.details === 'string' ? error.details : '';
  const text = details === '' ? error.message : details;
  const known = maybeEtcdError(text);
  if (known !== undefined) return known;
  const code = 'code' in error && typeof error.code === 'number' ? error.code : -1;
  const status = isStatusCode(code) ? code : GrpcStatus.unknown;
  if (status === GrpcStatus.deadlineExceeded) return deadlineExceeded(error);
  return new ClientError(status, text, { cause: error, origin: 'server' });
}

export function deadlineExceeded(cause?: unknown): ClientError {
  return new ClientError(GrpcStatus.deadlineExceeded, 'context deadline exceeded', { cause });
}

export function canceled(cause?: unknown): ClientError {
  return new ClientError(GrpcStatus.canceled, 'context canceled', { cause });
}

function isErrorCode(text: string): text is EtcdErrorCode {
  return Object.hasOwn(ERROR_TABLE, text);
}

function isStatusCode(code: number): code is GrpcStatusCode {
  return STATUS_CODES.has(code);
}
