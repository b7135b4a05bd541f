// Owns the two messages that only the WAL holds: etcdserverpb.Metadata (whose log this is) and walpb.Snapshot (from
// where the log can be replayed).
import {
  decodeMetadata as decodeMetadataMessage,
  encodeMetadata as encodeMetadataMessage,
} from '../../proto/gen/etcdserver.ts';
import { decodeSnapshot, encodeSnapshot } from '../../proto/gen/wal.ts';
import type { ConfState } from '../../raft/types.ts';

/** Whose log this is. */
export interface WalMetadata {
  readonly nodeId: bigint;
  readonly clusterId: bigint;
}

/** A point the log can be replayed from. */
export interface WalSnapshot {
  readonly index: number;
  readonly term: number;
  /** The voters at `index`; absent only in the record {0, 0} of a new log, and in logs of old versions. */
  readonly confState?: ConfState | undefined;
}

export function encodeMetadata(metadata: WalMetadata): Uint8Array {
  return encodeMetadataMessage(metadata);
}

/** Throws DecodeError. */
export function decodeMetadata(bytes: Uint8Array): WalMetadata {
  return decodeMetadataMessage(bytes);
}

export function encodeWalSnapshot({ index, term, confState }: WalSnapshot): Uint8Array {
  return encodeSnapshot({ index, term, confState });
}

/** Throws DecodeError. */
export function decodeWalSnapshot(bytes: Uint8Array): WalSnapshot {
  return decodeSnapshot(bytes);
}
