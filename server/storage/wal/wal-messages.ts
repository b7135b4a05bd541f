// Owns the two messages that only the WAL holds: etcdserverpb.Metadata (whose log this is) and walpb.Snapshot (from
// where the log can be replayed).
import { concatBytes } from '../../base/bytes.ts';
import type { ConfState } from '../../raft/types.ts';
import { bytesField, decodeConfState, encodeConfState, varintField } from '../raft-records.ts';
import { FieldReader, idVarint } from '../varint.ts';

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
  return concatBytes([
    Uint8Array.of(0x08),
    idVarint(metadata.nodeId),
    Uint8Array.of(0x10),
    idVarint(metadata.clusterId),
  ]);
}

export function decodeMetadata(bytes: Uint8Array): WalMetadata {
  let nodeId = 0n;
  let clusterId = 0n;
  const reader = new FieldReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) nodeId = reader.id();
    else if (field === 2) clusterId = reader.id();
    else reader.skip();
  }
  return { nodeId, clusterId };
}

export function encodeWalSnapshot(snapshot: WalSnapshot): Uint8Array {
  const parts = [varintField(1, snapshot.index), varintField(2, snapshot.term)];
  if (snapshot.confState !== undefined) {
    parts.push(bytesField(3, encodeConfState(snapshot.confState)));
  }
  return concatBytes(parts);
}

export function decodeWalSnapshot(bytes: Uint8Array): WalSnapshot {
  let index = 0;
  let term = 0;
  let confState: ConfState | undefined;
  const reader = new FieldReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) index = reader.number();
    else if (field === 2) term = reader.number();
    else if (field === 3) confState = decodeConfState(reader.bytes());
    else reader.skip();
  }
  return { index, term, confState };
}
