// Owns the stored form of a lease: key = the id as 8 bytes big endian, value = leasepb.Lease {ID 1, TTL 2,
// RemainingTTL 3} as varints, zero left out. Written by hand because this folder knows no codec but its own.

/** A stored lease that cannot be read: the disk holds something else than what was written. */
export class LeaseRecordError extends Error {
  override readonly name: string = 'LeaseRecordError';
}

export interface LeaseRecord {
  readonly id: bigint;
  readonly ttlSeconds: number;
  /** What a checkpoint said was left; 0 when there was none. */
  readonly remainingTtlSeconds: number;
}

const VARINT_BYTES_MAX = 10;
const ids = new DataView(new ArrayBuffer(8));

/** The key of a lease in its bucket. */
export function leaseKey(id: bigint): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigInt64(0, id);
  return key;
}

export function encodeLeaseRecord(record: LeaseRecord): Uint8Array {
  const out = new Uint8Array(3 * (1 + VARINT_BYTES_MAX));
  ids.setBigInt64(0, record.id);
  let o = writeField(1, ids.getUint32(0), ids.getUint32(4), out, 0);
  o = writeNumber(2, record.ttlSeconds, out, o);
  o = writeNumber(3, record.remainingTtlSeconds, out, o);
  return out.slice(0, o);
}

function writeNumber(field: number, value: number, out: Uint8Array, offset: number): number {
  return writeField(field, Math.floor(value / 2 ** 32), value % 2 ** 32, out, offset);
}

function writeField(
  field: number,
  high: number,
  low: number,
  out: Uint8Array,
  offset: number,
): number {
  if (high === 0 && low === 0) return offset;
  let o = offset;
  let hi = high;
  let lo = low;
  out[o++] = field << 3;
  while (hi !== 0 || lo > 0x7f) {
    out[o++] = (lo & 0x7f) | 0x80;
    lo = ((lo >>> 7) | (hi << 25)) >>> 0;
    hi >>>= 7;
  }
  out[o++] = lo;
  return o;
}

/** Reads a stored lease. Throws LeaseRecordError. */
export function decodeLeaseRecord(bytes: Uint8Array): LeaseRecord {
  const fields = [0n, 0n, 0n, 0n];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at++] as number;
    const field = tag >>> 3;
    if ((tag & 7) !== 0 || field < 1 || field > 3) {
      throw new LeaseRecordError(`lease record with a field tagged ${tag}`);
    }
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) {
        throw new LeaseRecordError(`lease record of ${bytes.length} bytes ends in a number`);
      }
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) break;
    }
    fields[field] = BigInt.asIntN(64, value);
  }
  const [, id = 0n, ttl = 0n, remaining = 0n] = fields;
  if (id === 0n) throw new LeaseRecordError('lease record without an id');
  return { id, ttlSeconds: Number(ttl), remainingTtlSeconds: Number(remaining) };
}
