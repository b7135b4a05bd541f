// Owns one `.snap` file: its name and its bytes, snappb.Snapshot{crc, data} around a raftpb.Snapshot.
// etcd: server/etcdserver/api/snap/snapshotter.go.
import { crc32c } from '../../base/crc32c.ts';
import { decodeSnapshot, encodeSnapshot } from '../../proto/gen/raft.ts';
import {
  decodeSnapshot as decodeEnvelope,
  encodeSnapshot as encodeEnvelope,
} from '../../proto/gen/snap.ts';
import { DecodeError } from '../../proto/reader.ts';
import type { Snapshot } from '../../raft/types.ts';

/** A `.snap` file that cannot be used. */
export class SnapError extends Error {
  override readonly name: string = 'SnapError';
}

/** Term and index in a file's name. */
export interface SnapName {
  readonly name: string;
  readonly term: number;
  readonly index: number;
}

const SNAP_PATTERN = /^([0-9a-f]{16})-([0-9a-f]{16})\.snap$/;
const SNAP_DATABASE_PATTERN = /^([0-9a-f]{16})\.snap\.db$/;

export function snapName(term: number, index: number): SnapName {
  return { name: `${hex16(term)}-${hex16(index)}.snap`, term, index };
}

/** Name of a database that was received with the snapshot at `index` and is not yet installed. */
export function snapDatabaseName(index: number): string {
  return `${hex16(index)}.snap.db`;
}

export function parseSnapName(name: string): SnapName | undefined {
  const match = SNAP_PATTERN.exec(name);
  if (match === null) return undefined;
  const term = Number.parseInt(match[1] ?? '', 16);
  const index = Number.parseInt(match[2] ?? '', 16);
  if (!Number.isSafeInteger(term) || !Number.isSafeInteger(index)) return undefined;
  return { name, term, index };
}

/** The index in a received database's name. */
export function parseSnapDatabaseName(name: string): number | undefined {
  const match = SNAP_DATABASE_PATTERN.exec(name);
  if (match === null) return undefined;
  const index = Number.parseInt(match[1] ?? '', 16);
  return Number.isSafeInteger(index) ? index : undefined;
}

function hex16(value: number): string {
  return value.toString(16).padStart(16, '0');
}

/** The bytes of a file. */
export function encodeSnapFile(snapshot: Snapshot): Uint8Array {
  const data = encodeSnapshot(snapshot);
  return encodeEnvelope({ crc: crc32c(0, data), data });
}

/** Reads a file's bytes; throws SnapError when they are not a whole, undamaged snapshot. */
export function decodeSnapFile(bytes: Uint8Array): Snapshot {
  if (bytes.length === 0) throw new SnapError('snap: empty snapshot');
  try {
    return decodeSnapshot(checkedData(bytes));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new SnapError('snap: malformed snapshot', { cause: error });
  }
}

function checkedData(bytes: Uint8Array): Uint8Array {
  const { crc, data } = decodeEnvelope(bytes);
  // etcd: a CRC of 0 counts as missing, although one in 2^32 snapshots has it.
  if (data.length === 0 || crc === 0) {
    throw new SnapError('snap: empty snapshot');
  }
  if (crc32c(0, data) !== crc) throw new SnapError('snap: crc mismatch');
  return data;
}
