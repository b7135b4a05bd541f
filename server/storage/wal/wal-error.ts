// Owns what can be wrong with a write-ahead log on disk. Texts are etcd's where it has one: people search for them.

export const WAL_ERRORS = {
  fileNotFound: 'wal: file not found',
  alreadyExists: 'wal: directory already exists',
  sequenceGap: 'wal: file sequence numbers do not increase continuously',
  crcMismatch: 'walpb: crc mismatch',
  metadataConflict: 'wal: conflicting metadata found',
  metadataMissing: 'wal: no metadata record found',
  snapshotMismatch: 'wal: snapshot mismatch',
  snapshotNotFound: 'wal: snapshot not found',
  sliceOutOfRange: 'wal: slice bounds out of range',
  unexpectedEof: 'unexpected EOF',
  malformed: 'wal: malformed record',
  unknownRecord: 'wal: unexpected block type',
} as const;

export type WalErrorCode = keyof typeof WAL_ERRORS;

/** A log that cannot be used as it is. Compare by `code`. */
export class WalError extends Error {
  override readonly name: string = 'WalError';
  readonly code: WalErrorCode;

  constructor(code: WalErrorCode, detail: string, options?: { readonly cause?: unknown }) {
    super(`${WAL_ERRORS[code]} (${detail})`, options);
    this.code = code;
  }
}
