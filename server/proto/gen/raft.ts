// Made by scripts/gen-proto.ts from server/proto/raft.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeBytes,
  sizeId,
  sizeInt32,
  sizeUint32,
  sizeUint64,
  writeBytes,
  writeId,
  writeInt32,
  writeUint32,
  writeUint64,
} from '../writer.ts';

export const EntryType = {
  normal: 0,
  confChange: 1,
  confChangeV2: 2,
} as const;

export interface Entry {
  readonly type: number;
  readonly term: number;
  readonly index: number;
  readonly data: Uint8Array;
}

export function createEntry(partial: Partial<Entry> = {}): Entry {
  return {
    type: partial.type ?? 0,
    term: partial.term ?? 0,
    index: partial.index ?? 0,
    data: partial.data ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readEntry(r: Reader, end: number): Entry {
  let type = 0;
  let term = 0;
  let index = 0;
  let data: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        type = r.int32();
        break;
      }
      case 16: {
        term = r.uint64();
        break;
      }
      case 24: {
        index = r.uint64();
        break;
      }
      case 34: {
        data = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Entry: field beyond the end');
  return { type, term, index, data };
}

export function decodeEntry(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Entry {
  return readEntry(new Reader(bytes, start, end), end);
}

export function sizeEntry(m: Entry): number {
  let size = 0;
  size += 1 + sizeInt32(m.type);
  size += 1 + sizeUint64(m.term);
  size += 1 + sizeUint64(m.index);
  if (m.data.length > 0) size += 1 + sizeBytes(m.data);
  return size;
}

export function writeEntry(m: Entry, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 8;
    o = writeInt32(m.type, out, o);
  }
  {
    out[o++] = 16;
    o = writeUint64(m.term, out, o);
  }
  {
    out[o++] = 24;
    o = writeUint64(m.index, out, o);
  }
  if (m.data.length > 0) {
    out[o++] = 34;
    o = writeBytes(m.data, out, o);
  }
  return o;
}

export function encodeEntry(m: Entry): Uint8Array {
  const out = allocateBytes(sizeEntry(m));
  writeEntry(m, out, 0);
  return out;
}

export interface ConfState {
  readonly voters: readonly bigint[];
  readonly learners: readonly bigint[];
  readonly votersOutgoing: readonly bigint[];
  readonly learnersNext: readonly bigint[];
  readonly autoLeave: boolean;
}

export function createConfState(partial: Partial<ConfState> = {}): ConfState {
  return {
    voters: partial.voters ?? [],
    learners: partial.learners ?? [],
    votersOutgoing: partial.votersOutgoing ?? [],
    learnersNext: partial.learnersNext ?? [],
    autoLeave: partial.autoLeave ?? false,
  };
}

/** Reads a message that ends at `end`. */
export function readConfState(r: Reader, end: number): ConfState {
  const voters: bigint[] = [];
  const learners: bigint[] = [];
  const votersOutgoing: bigint[] = [];
  const learnersNext: bigint[] = [];
  let autoLeave = false;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        voters.push(r.uint64Id());
        break;
      }
      case 10: {
        const packedEnd = r.end();
        while (r.pos < packedEnd) voters.push(r.uint64Id());
        if (r.pos !== packedEnd) throw new DecodeError('packed field beyond its end');
        break;
      }
      case 16: {
        learners.push(r.uint64Id());
        break;
      }
      case 18: {
        const packedEnd = r.end();
        while (r.pos < packedEnd) learners.push(r.uint64Id());
        if (r.pos !== packedEnd) throw new DecodeError('packed field beyond its end');
        break;
      }
      case 24: {
        votersOutgoing.push(r.uint64Id());
        break;
      }
      case 26: {
        const packedEnd = r.end();
        while (r.pos < packedEnd) votersOutgoing.push(r.uint64Id());
        if (r.pos !== packedEnd) throw new DecodeError('packed field beyond its end');
        break;
      }
      case 32: {
        learnersNext.push(r.uint64Id());
        break;
      }
      case 34: {
        const packedEnd = r.end();
        while (r.pos < packedEnd) learnersNext.push(r.uint64Id());
        if (r.pos !== packedEnd) throw new DecodeError('packed field beyond its end');
        break;
      }
      case 40: {
        autoLeave = r.bool();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('ConfState: field beyond the end');
  return { voters, learners, votersOutgoing, learnersNext, autoLeave };
}

export function decodeConfState(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ConfState {
  return readConfState(new Reader(bytes, start, end), end);
}

export function sizeConfState(m: ConfState): number {
  let size = 0;
  for (const item of m.voters) size += 1 + sizeId(item);
  for (const item of m.learners) size += 1 + sizeId(item);
  for (const item of m.votersOutgoing) size += 1 + sizeId(item);
  for (const item of m.learnersNext) size += 1 + sizeId(item);
  size += 1 + 1;
  return size;
}

export function writeConfState(m: ConfState, out: Uint8Array, offset: number): number {
  let o = offset;
  for (const item of m.voters) {
    out[o++] = 8;
    o = writeId(item, out, o);
  }
  for (const item of m.learners) {
    out[o++] = 16;
    o = writeId(item, out, o);
  }
  for (const item of m.votersOutgoing) {
    out[o++] = 24;
    o = writeId(item, out, o);
  }
  for (const item of m.learnersNext) {
    out[o++] = 32;
    o = writeId(item, out, o);
  }
  {
    out[o++] = 40;
    out[o++] = m.autoLeave ? 1 : 0;
  }
  return o;
}

export function encodeConfState(m: ConfState): Uint8Array {
  const out = allocateBytes(sizeConfState(m));
  writeConfState(m, out, 0);
  return out;
}

export interface SnapshotMetadata {
  readonly confState: ConfState;
  readonly index: number;
  readonly term: number;
}

export function createSnapshotMetadata(partial: Partial<SnapshotMetadata> = {}): SnapshotMetadata {
  return {
    confState: partial.confState ?? createConfState(),
    index: partial.index ?? 0,
    term: partial.term ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readSnapshotMetadata(r: Reader, end: number): SnapshotMetadata {
  let confState: ConfState | undefined;
  let index = 0;
  let term = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        confState = readConfState(r, r.open());
        r.depth--;
        break;
      }
      case 16: {
        index = r.uint64();
        break;
      }
      case 24: {
        term = r.uint64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('SnapshotMetadata: field beyond the end');
  return { confState: confState ?? createConfState(), index, term };
}

export function decodeSnapshotMetadata(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): SnapshotMetadata {
  return readSnapshotMetadata(new Reader(bytes, start, end), end);
}

export function sizeSnapshotMetadata(m: SnapshotMetadata): number {
  let size = 0;
  {
    const inner = sizeConfState(m.confState);
    size += 1 + sizeUint32(inner) + inner;
  }
  size += 1 + sizeUint64(m.index);
  size += 1 + sizeUint64(m.term);
  return size;
}

export function writeSnapshotMetadata(m: SnapshotMetadata, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 10;
    o = writeUint32(sizeConfState(m.confState), out, o);
    o = writeConfState(m.confState, out, o);
  }
  {
    out[o++] = 16;
    o = writeUint64(m.index, out, o);
  }
  {
    out[o++] = 24;
    o = writeUint64(m.term, out, o);
  }
  return o;
}

export function encodeSnapshotMetadata(m: SnapshotMetadata): Uint8Array {
  const out = allocateBytes(sizeSnapshotMetadata(m));
  writeSnapshotMetadata(m, out, 0);
  return out;
}

export interface Snapshot {
  readonly data: Uint8Array;
  readonly metadata: SnapshotMetadata;
}

export function createSnapshot(partial: Partial<Snapshot> = {}): Snapshot {
  return {
    data: partial.data ?? EMPTY_BYTES,
    metadata: partial.metadata ?? createSnapshotMetadata(),
  };
}

/** Reads a message that ends at `end`. */
export function readSnapshot(r: Reader, end: number): Snapshot {
  let data: Uint8Array = EMPTY_BYTES;
  let metadata: SnapshotMetadata | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        data = r.view();
        break;
      }
      case 18: {
        metadata = readSnapshotMetadata(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Snapshot: field beyond the end');
  return { data, metadata: metadata ?? createSnapshotMetadata() };
}

export function decodeSnapshot(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Snapshot {
  return readSnapshot(new Reader(bytes, start, end), end);
}

export function sizeSnapshot(m: Snapshot): number {
  let size = 0;
  if (m.data.length > 0) size += 1 + sizeBytes(m.data);
  {
    const inner = sizeSnapshotMetadata(m.metadata);
    size += 1 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeSnapshot(m: Snapshot, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.data.length > 0) {
    out[o++] = 10;
    o = writeBytes(m.data, out, o);
  }
  {
    out[o++] = 18;
    o = writeUint32(sizeSnapshotMetadata(m.metadata), out, o);
    o = writeSnapshotMetadata(m.metadata, out, o);
  }
  return o;
}

export function encodeSnapshot(m: Snapshot): Uint8Array {
  const out = allocateBytes(sizeSnapshot(m));
  writeSnapshot(m, out, 0);
  return out;
}

export const MessageType = {
  hup: 0,
  beat: 1,
  prop: 2,
  app: 3,
  appResp: 4,
  vote: 5,
  voteResp: 6,
  snap: 7,
  heartbeat: 8,
  heartbeatResp: 9,
  unreachable: 10,
  snapStatus: 11,
  checkQuorum: 12,
  transferLeader: 13,
  timeoutNow: 14,
  readIndex: 15,
  readIndexResp: 16,
  preVote: 17,
  preVoteResp: 18,
} as const;

export interface Message {
  readonly type: number;
  readonly to: bigint;
  readonly from: bigint;
  readonly term: number;
  readonly logTerm: number;
  readonly index: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
  readonly snapshot: Snapshot | undefined;
  readonly reject: boolean;
  readonly rejectHint: number;
  readonly context: Uint8Array;
}

export function createMessage(partial: Partial<Message> = {}): Message {
  return {
    type: partial.type ?? 0,
    to: partial.to ?? 0n,
    from: partial.from ?? 0n,
    term: partial.term ?? 0,
    logTerm: partial.logTerm ?? 0,
    index: partial.index ?? 0,
    entries: partial.entries ?? [],
    commit: partial.commit ?? 0,
    snapshot: partial.snapshot,
    reject: partial.reject ?? false,
    rejectHint: partial.rejectHint ?? 0,
    context: partial.context ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readMessage(r: Reader, end: number): Message {
  let type = 0;
  let to = 0n;
  let from = 0n;
  let term = 0;
  let logTerm = 0;
  let index = 0;
  const entries: Entry[] = [];
  let commit = 0;
  let snapshot: Snapshot | undefined;
  let reject = false;
  let rejectHint = 0;
  let context: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        type = r.int32();
        break;
      }
      case 16: {
        to = r.uint64Id();
        break;
      }
      case 24: {
        from = r.uint64Id();
        break;
      }
      case 32: {
        term = r.uint64();
        break;
      }
      case 40: {
        logTerm = r.uint64();
        break;
      }
      case 48: {
        index = r.uint64();
        break;
      }
      case 58: {
        entries.push(readEntry(r, r.open()));
        r.depth--;
        break;
      }
      case 64: {
        commit = r.uint64();
        break;
      }
      case 74: {
        snapshot = readSnapshot(r, r.open());
        r.depth--;
        break;
      }
      case 80: {
        reject = r.bool();
        break;
      }
      case 88: {
        rejectHint = r.uint64();
        break;
      }
      case 98: {
        context = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('Message: field beyond the end');
  return { type, to, from, term, logTerm, index, entries, commit, snapshot, reject, rejectHint, context };
}

export function decodeMessage(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): Message {
  return readMessage(new Reader(bytes, start, end), end);
}

export function sizeMessage(m: Message): number {
  let size = 0;
  size += 1 + sizeInt32(m.type);
  size += 1 + sizeId(m.to);
  size += 1 + sizeId(m.from);
  size += 1 + sizeUint64(m.term);
  size += 1 + sizeUint64(m.logTerm);
  size += 1 + sizeUint64(m.index);
  for (const item of m.entries) {
    const inner = sizeEntry(item);
    size += 1 + sizeUint32(inner) + inner;
  }
  size += 1 + sizeUint64(m.commit);
  if (m.snapshot !== undefined) {
    const inner = sizeSnapshot(m.snapshot);
    size += 1 + sizeUint32(inner) + inner;
  }
  size += 1 + 1;
  size += 1 + sizeUint64(m.rejectHint);
  if (m.context.length > 0) size += 1 + sizeBytes(m.context);
  size += 2;
  return size;
}

export function writeMessage(m: Message, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 8;
    o = writeInt32(m.type, out, o);
  }
  {
    out[o++] = 16;
    o = writeId(m.to, out, o);
  }
  {
    out[o++] = 24;
    o = writeId(m.from, out, o);
  }
  {
    out[o++] = 32;
    o = writeUint64(m.term, out, o);
  }
  {
    out[o++] = 40;
    o = writeUint64(m.logTerm, out, o);
  }
  {
    out[o++] = 48;
    o = writeUint64(m.index, out, o);
  }
  for (const item of m.entries) {
    out[o++] = 58;
    o = writeUint32(sizeEntry(item), out, o);
    o = writeEntry(item, out, o);
  }
  {
    out[o++] = 64;
    o = writeUint64(m.commit, out, o);
  }
  if (m.snapshot !== undefined) {
    out[o++] = 74;
    o = writeUint32(sizeSnapshot(m.snapshot), out, o);
    o = writeSnapshot(m.snapshot, out, o);
  }
  {
    out[o++] = 80;
    out[o++] = m.reject ? 1 : 0;
  }
  {
    out[o++] = 88;
    o = writeUint64(m.rejectHint, out, o);
  }
  if (m.context.length > 0) {
    out[o++] = 98;
    o = writeBytes(m.context, out, o);
  }
  {
    out[o++] = 104;
    out[o++] = 0;
  }
  return o;
}

export function encodeMessage(m: Message): Uint8Array {
  const out = allocateBytes(sizeMessage(m));
  writeMessage(m, out, 0);
  return out;
}

export interface HardState {
  readonly term: number;
  readonly vote: bigint;
  readonly commit: number;
}

export function createHardState(partial: Partial<HardState> = {}): HardState {
  return {
    term: partial.term ?? 0,
    vote: partial.vote ?? 0n,
    commit: partial.commit ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readHardState(r: Reader, end: number): HardState {
  let term = 0;
  let vote = 0n;
  let commit = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        term = r.uint64();
        break;
      }
      case 16: {
        vote = r.uint64Id();
        break;
      }
      case 24: {
        commit = r.uint64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('HardState: field beyond the end');
  return { term, vote, commit };
}

export function decodeHardState(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): HardState {
  return readHardState(new Reader(bytes, start, end), end);
}

export function sizeHardState(m: HardState): number {
  let size = 0;
  size += 1 + sizeUint64(m.term);
  size += 1 + sizeId(m.vote);
  size += 1 + sizeUint64(m.commit);
  return size;
}

export function writeHardState(m: HardState, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 8;
    o = writeUint64(m.term, out, o);
  }
  {
    out[o++] = 16;
    o = writeId(m.vote, out, o);
  }
  {
    out[o++] = 24;
    o = writeUint64(m.commit, out, o);
  }
  return o;
}

export function encodeHardState(m: HardState): Uint8Array {
  const out = allocateBytes(sizeHardState(m));
  writeHardState(m, out, 0);
  return out;
}

export const ConfChangeType = {
  addNode: 0,
  removeNode: 1,
  updateNode: 2,
  addLearnerNode: 3,
} as const;

export interface ConfChange {
  readonly id: bigint;
  readonly type: number;
  readonly nodeId: bigint;
  readonly context: Uint8Array;
}

export function createConfChange(partial: Partial<ConfChange> = {}): ConfChange {
  return {
    id: partial.id ?? 0n,
    type: partial.type ?? 0,
    nodeId: partial.nodeId ?? 0n,
    context: partial.context ?? EMPTY_BYTES,
  };
}

/** Reads a message that ends at `end`. */
export function readConfChange(r: Reader, end: number): ConfChange {
  let id = 0n;
  let type = 0;
  let nodeId = 0n;
  let context: Uint8Array = EMPTY_BYTES;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.uint64Id();
        break;
      }
      case 16: {
        type = r.int32();
        break;
      }
      case 24: {
        nodeId = r.uint64Id();
        break;
      }
      case 34: {
        context = r.view();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('ConfChange: field beyond the end');
  return { id, type, nodeId, context };
}

export function decodeConfChange(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): ConfChange {
  return readConfChange(new Reader(bytes, start, end), end);
}

export function sizeConfChange(m: ConfChange): number {
  let size = 0;
  size += 1 + sizeId(m.id);
  size += 1 + sizeInt32(m.type);
  size += 1 + sizeId(m.nodeId);
  if (m.context.length > 0) size += 1 + sizeBytes(m.context);
  return size;
}

export function writeConfChange(m: ConfChange, out: Uint8Array, offset: number): number {
  let o = offset;
  {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  {
    out[o++] = 16;
    o = writeInt32(m.type, out, o);
  }
  {
    out[o++] = 24;
    o = writeId(m.nodeId, out, o);
  }
  if (m.context.length > 0) {
    out[o++] = 34;
    o = writeBytes(m.context, out, o);
  }
  return o;
}

export function encodeConfChange(m: ConfChange): Uint8Array {
  const out = allocateBytes(sizeConfChange(m));
  writeConfChange(m, out, 0);
  return out;
}
