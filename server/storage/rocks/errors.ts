// Owns the two ways this folder fails: the data directory cannot be opened, or a write of it failed later.

export type StoreOpenFailure = 'locked' | 'unreadable';

/** The store cannot be opened. The message is for the operator, in one line. */
export class StoreOpenError extends Error {
  override readonly name: string = 'StoreOpenError';
  readonly failure: StoreOpenFailure;

  constructor(failure: StoreOpenFailure, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.failure = failure;
  }
}

/**
 * A read or write of the live store failed: disk full, I/O error, corruption found late. Nobody may go on after
 * it, because memory is now ahead of the disk: the process reports it and exits, as etcd does.
 */
export class StoreFatalError extends Error {
  override readonly name: string = 'StoreFatalError';
}

/** Building a new generation failed; the live one is untouched and the caller may go on and try again. */
export class GenerationBuildError extends Error {
  override readonly name: string = 'GenerationBuildError';
}

/** A snapshot could not be written; the store is untouched. */
export class SnapshotExportError extends Error {
  override readonly name: string = 'SnapshotExportError';
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The native layer's error code, when it gave one. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
