// Owns the answers of the KV service on the wire. Results hold stored KeyValues as they are encoded in the store, so an
// answer is a few varints around copied bytes. Field numbers: rpc.proto.

import type {
  DeleteRangeResult,
  OpResult,
  PutResult,
  RangeResult,
  TxnResult,
} from '../apply/result.ts';
import { copyBytes, sizeInt64, sizeUint32, writeInt64, writeUint32 } from '../proto/writer.ts';
import type { MessageEncoder } from './grpc/types.ts';
import type { ResponseHeaderWriter } from './response-header.ts';

/** Encoders of the four KV answers under one member's header. */
export interface KvEncoders {
  readonly range: MessageEncoder<RangeResult>;
  readonly put: MessageEncoder<PutResult>;
  readonly deleteRange: MessageEncoder<DeleteRangeResult>;
  readonly txn: MessageEncoder<TxnResult>;
}

/** The header of a whole answer, the short one inside a transaction, or none at all. */
export interface HeaderEncoder {
  sizeBytes(revision: number): number;
  write(revision: number, out: Uint8Array, offset: number): number;
}

export function createKvEncoders(header: ResponseHeaderWriter): KvEncoders {
  return {
    range: createRangeEncoder(header),
    put: {
      sizeBytes: (result) => sizePut(header, result),
      write: (result, out, offset) => writePut(header, result, out, offset),
    },
    deleteRange: {
      sizeBytes: (result) => sizeDeleteRange(header, result),
      write: (result, out, offset) => writeDeleteRange(header, result, out, offset),
    },
    txn: {
      sizeBytes: (result) => sizeTxn(header, result),
      write: (result, out, offset) => writeTxn(header, result, out, offset),
    },
  };
}

/** A range under the header given. */
export function createRangeEncoder(header: HeaderEncoder): MessageEncoder<RangeResult> {
  return {
    sizeBytes: (result) => sizeRange(header, result),
    write: (result, out, offset) => writeRange(header, result, out, offset),
  };
}

/** etcd: an answer inside a transaction has a header with nothing but the revision. */
const INNER_HEADER: HeaderEncoder = {
  sizeBytes: (revision) => 2 + (revision === 0 ? 0 : 1 + sizeInt64(revision)),
  write: (revision, out, offset) => {
    out[offset] = 0x0a;
    if (revision === 0) {
      out[offset + 1] = 0;
      return offset + 2;
    }
    out[offset + 1] = 1 + sizeInt64(revision);
    out[offset + 2] = 0x18;
    return writeInt64(revision, out, offset + 3);
  },
};

/** etcd: the header of a nested transaction is there, and empty. */
const EMPTY_HEADER: HeaderEncoder = {
  sizeBytes: () => 2,
  write: (_revision, out, offset) => {
    out[offset] = 0x0a;
    out[offset + 1] = 0;
    return offset + 2;
  },
};

function sizeField(sizeBytes: number): number {
  return 1 + sizeUint32(sizeBytes) + sizeBytes;
}

function writeField(tag: number, bytes: Uint8Array, out: Uint8Array, offset: number): number {
  out[offset] = tag;
  return copyBytes(bytes, out, writeUint32(bytes.length, out, offset + 1));
}

function sizeRange(header: HeaderEncoder, result: RangeResult): number {
  let size = header.sizeBytes(result.revision);
  for (const kv of result.kvs) size += sizeField(kv.length);
  if (result.more) size += 2;
  if (result.count !== 0) size += 1 + sizeInt64(result.count);
  return size;
}

function writeRange(
  header: HeaderEncoder,
  result: RangeResult,
  out: Uint8Array,
  offset: number,
): number {
  let o = header.write(result.revision, out, offset);
  for (const kv of result.kvs) o = writeField(0x12, kv, out, o);
  if (result.more) {
    out[o++] = 0x18;
    out[o++] = 1;
  }
  if (result.count !== 0) {
    out[o++] = 0x20;
    o = writeInt64(result.count, out, o);
  }
  return o;
}

function sizePut(header: HeaderEncoder, result: PutResult): number {
  const size = header.sizeBytes(result.revision);
  return result.prevKv === undefined ? size : size + sizeField(result.prevKv.length);
}

function writePut(
  header: HeaderEncoder,
  result: PutResult,
  out: Uint8Array,
  offset: number,
): number {
  const o = header.write(result.revision, out, offset);
  return result.prevKv === undefined ? o : writeField(0x12, result.prevKv, out, o);
}

function sizeDeleteRange(header: HeaderEncoder, result: DeleteRangeResult): number {
  let size = header.sizeBytes(result.revision);
  if (result.deleted !== 0) size += 1 + sizeInt64(result.deleted);
  for (const kv of result.prevKvs) size += sizeField(kv.length);
  return size;
}

function writeDeleteRange(
  header: HeaderEncoder,
  result: DeleteRangeResult,
  out: Uint8Array,
  offset: number,
): number {
  let o = header.write(result.revision, out, offset);
  if (result.deleted !== 0) {
    out[o++] = 0x10;
    o = writeInt64(result.deleted, out, o);
  }
  for (const kv of result.prevKvs) o = writeField(0x1a, kv, out, o);
  return o;
}

function sizeTxn(header: HeaderEncoder, result: TxnResult): number {
  let size = header.sizeBytes(result.revision);
  if (result.succeeded) size += 2;
  for (const response of result.responses) size += sizeField(sizeOp(response));
  return size;
}

function writeTxn(
  header: HeaderEncoder,
  result: TxnResult,
  out: Uint8Array,
  offset: number,
): number {
  let o = header.write(result.revision, out, offset);
  if (result.succeeded) {
    out[o++] = 0x10;
    out[o++] = 1;
  }
  for (const response of result.responses) {
    out[o++] = 0x1a;
    o = writeUint32(sizeOp(response), out, o);
    o = writeOp(response, out, o);
  }
  return o;
}

type OpBody = Exclude<OpResult, { kind: 'empty' }>;

const OP_TAGS = { range: 0x0a, put: 0x12, deleteRange: 0x1a, txn: 0x22 } as const;

/** Bytes of a ResponseOp without its own tag and length. */
function sizeOp(result: OpResult): number {
  return result.kind === 'empty' ? 0 : sizeField(sizeOpBody(result));
}

function writeOp(result: OpResult, out: Uint8Array, offset: number): number {
  if (result.kind === 'empty') return offset;
  out[offset] = OP_TAGS[result.kind];
  return writeOpBody(result, out, writeUint32(sizeOpBody(result), out, offset + 1));
}

function sizeOpBody(result: OpBody): number {
  switch (result.kind) {
    case 'range':
      return sizeRange(INNER_HEADER, result);
    case 'put':
      return sizePut(INNER_HEADER, result);
    case 'deleteRange':
      return sizeDeleteRange(INNER_HEADER, result);
    case 'txn':
      return sizeTxn(EMPTY_HEADER, result);
  }
}

function writeOpBody(result: OpBody, out: Uint8Array, offset: number): number {
  switch (result.kind) {
    case 'range':
      return writeRange(INNER_HEADER, result, out, offset);
    case 'put':
      return writePut(INNER_HEADER, result, out, offset);
    case 'deleteRange':
      return writeDeleteRange(INNER_HEADER, result, out, offset);
    case 'txn':
      return writeTxn(EMPTY_HEADER, result, out, offset);
  }
}
