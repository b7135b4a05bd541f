// Owns the raft messages that stand in WAL records and .snap files: raftpb.Entry (reading), HardState, ConfState,
// Snapshot. Written the way etcd 3.6 writes them, every scalar present, so that older tools see what they would
// have written. Writing entries is in wal/record-encoder.ts: it goes straight into the log's buffer.
import { concatBytes } from '../base/bytes.ts';
import type { ConfState, Entry, HardState, Snapshot, SnapshotMetadata } from '../raft/types.ts';
import { FieldReader, idVarint, MalformedError, writeVarint } from './varint.ts';

const NO_DATA: Uint8Array = new Uint8Array(0);

/** Reads raftpb.Entry; the data is a copy, so that a buffer of the file can be used again. */
export function decodeEntry(reader: FieldReader): Entry {
  let type = 0;
  let term = 0;
  let index = 0;
  let data = NO_DATA;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) type = reader.number();
    else if (field === 2) term = reader.number();
    else if (field === 3) index = reader.number();
    else if (field === 4) data = new Uint8Array(reader.bytes());
    else reader.skip();
  }
  return { type, term, index, data };
}

/** Reads raftpb.HardState. */
export function decodeHardState(reader: FieldReader): HardState {
  let term = 0;
  let vote = 0n;
  let commit = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) term = reader.number();
    else if (field === 2) vote = reader.id();
    else if (field === 3) commit = reader.number();
    else reader.skip();
  }
  return { term, vote, commit };
}

/** Reads raftpb.ConfState. */
export function decodeConfState(bytes: Uint8Array): ConfState {
  const voters: bigint[] = [];
  const learners: bigint[] = [];
  const votersOutgoing: bigint[] = [];
  const learnersNext: bigint[] = [];
  const lists = [voters, learners, votersOutgoing, learnersNext];
  let autoLeave = false;
  const reader = new FieldReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const list = lists[field - 1];
    if (list !== undefined) list.push(reader.id());
    else if (field === 5) autoLeave = reader.number() !== 0;
    else reader.skip();
  }
  return { voters, learners, votersOutgoing, learnersNext, autoLeave };
}

/** Writes raftpb.ConfState: ids one field each (not packed), auto_leave always. */
export function encodeConfState(confState: ConfState): Uint8Array {
  const parts: Uint8Array[] = [];
  const lists = [
    confState.voters,
    confState.learners,
    confState.votersOutgoing,
    confState.learnersNext,
  ];
  lists.forEach((ids, position) => {
    for (const id of ids) parts.push(Uint8Array.of(((position + 1) << 3) | 0), idVarint(id));
  });
  parts.push(Uint8Array.of(0x28, confState.autoLeave ? 1 : 0));
  return concatBytes(parts);
}

/** One varint field. */
export function varintField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes[0] = field << 3;
  return bytes.subarray(0, writeVarint(bytes, 1, value));
}

/** One bytes field. */
export function bytesField(field: number, value: Uint8Array): Uint8Array {
  const head = new Uint8Array(12);
  head[0] = (field << 3) | 2;
  return concatBytes([head.subarray(0, writeVarint(head, 1, value.length)), value]);
}

/** Reads raftpb.Snapshot. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  let data = NO_DATA;
  let metadata: SnapshotMetadata | undefined;
  const reader = new FieldReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) data = new Uint8Array(reader.bytes());
    else if (field === 2) metadata = decodeSnapshotMetadata(reader.bytes());
    else reader.skip();
  }
  if (metadata === undefined) throw new MalformedError('snapshot without metadata');
  return { data, metadata };
}

function decodeSnapshotMetadata(bytes: Uint8Array): SnapshotMetadata {
  let confState = decodeConfState(NO_DATA);
  let index = 0;
  let term = 0;
  const reader = new FieldReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) confState = decodeConfState(reader.bytes());
    else if (field === 2) index = reader.number();
    else if (field === 3) term = reader.number();
    else reader.skip();
  }
  return { confState, index, term };
}

/** Writes raftpb.Snapshot. Data is left out when there is none, as Go does for a nil slice. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const { metadata, data } = snapshot;
  const inner = concatBytes([
    bytesField(1, encodeConfState(metadata.confState)),
    varintField(2, metadata.index),
    varintField(3, metadata.term),
  ]);
  const parts = data.length === 0 ? [] : [bytesField(1, data)];
  parts.push(bytesField(2, inner));
  return concatBytes(parts);
}
