// Owns the words for failed calls: those that etcdctl has for them.
import { type CallFailure, ClientError } from '../client/client-error.ts';
import { GrpcStatus, isEtcdError } from '../server/base/errors.ts';
import { ExitError } from './line/exit-error.ts';

/** Go's names of statuses. */
const STATUS_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(GrpcStatus).map(([name, code]) => [
    code,
    code === GrpcStatus.ok ? 'OK' : `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
  ]),
);

/** What Go's client would say. */
export function failureText(failure: CallFailure): string {
  if (isEtcdError(failure) || failure.origin === 'client') return failure.message;
  const name = STATUS_NAMES.get(failure.status) ?? 'Unknown';
  return `rpc error: code = ${name} desc = ${failure.message}`;
}

export function isCallFailure(error: unknown): error is CallFailure {
  return isEtcdError(error) || error instanceof ClientError;
}

/** What to say of any error. */
export function errorText(error: unknown): string {
  if (isCallFailure(error)) return failureText(error);
  return error instanceof Error ? error.message : String(error);
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'file exists',
  EISDIR: 'is a directory',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
};

/** A failure of the file system in Go's words: "open x: no such file or directory". */
export function fileErrorText(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return errorText(error);
  const reason = FILE_ERRORS[String(error.code)];
  const path = 'path' in error ? String(error.path) : '';
  const call = 'syscall' in error ? String(error.syscall) : 'open';
  return reason === undefined ? error.message : `${call} ${path}: ${reason}`;
}

/** Runs calls of the client; a failure ends the program with `exitCode`, its text wrapped by `words`. */
export async function clientCall<Result>(
  exitCode: number,
  run: () => Promise<Result>,
  words: (text: string) => string = (text) => text,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!isCallFailure(error)) throw error;
    throw new ExitError(exitCode, words(failureText(error)), { cause: error });
  }
}
