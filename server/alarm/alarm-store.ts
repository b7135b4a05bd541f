// Owns which alarms are raised by which member: replicated state in bucket "alarm", where the key is an encoded
// etcdserverpb.AlarmMember {memberID 1, alarm 2} and the value is empty. What an alarm forbids is apply's matter.
// etcd: server/etcdserver/api/v3alarm/alarms.go.
import type { Backend } from '../base/backend.ts';
import { EMPTY_BYTES } from '../base/bytes.ts';

/** etcdserverpb.AlarmType NONE: never raised; asked for, it means all. */
const ALL_KINDS = 0;

export interface Alarm {
  /** 0n when it is not known which member is to blame. */
  readonly memberId: bigint;
  /** etcdserverpb.AlarmType: 1 no space, 2 corrupt. */
  readonly alarm: number;
}

/** A stored alarm that cannot be read: the disk holds something else than what was written. */
export class AlarmRecordError extends Error {
  override readonly name: string = 'AlarmRecordError';
}

export class AlarmStore {
  readonly #backend: Backend;
  /** In the order they were raised, or of the bucket after a restart. */
  #alarms: Alarm[] = [];

  constructor(backend: Backend) {
    this.#backend = backend;
    this.restore();
  }

  /** Raises an alarm; raising it twice changes nothing. */
  activate(memberId: bigint, alarm: number): Alarm {
    const known = this.#find(memberId, alarm);
    if (known !== undefined) return known;
    const raised = { memberId, alarm };
    this.#alarms.push(raised);
    this.#backend.put('alarm', encodeAlarm(raised), EMPTY_BYTES);
    return raised;
  }

  /** Lowers an alarm; undefined when this member did not raise this one. */
  deactivate(memberId: bigint, alarm: number): Alarm | undefined {
    const known = this.#find(memberId, alarm);
    if (known === undefined) return undefined;
    this.#alarms = this.#alarms.filter((one) => one !== known);
    this.#backend.delete('alarm', encodeAlarm(known));
    return known;
  }

  /** The raised alarms of a kind; 0 means every kind. */
  list(alarm: number = ALL_KINDS): readonly Alarm[] {
    if (alarm === ALL_KINDS) return [...this.#alarms];
    return this.#alarms.filter((one) => one.alarm === alarm);
  }

  /** Whether any member raised this alarm. */
  has(alarm: number): boolean {
    // Called for every write, so without a closure; the list is almost always empty.
    for (const one of this.#alarms) if (one.alarm === alarm) return true;
    return false;
  }

  /** Starts over from what the backend holds. Throws AlarmRecordError. */
  restore(): void {
    this.#alarms = this.#backend.entries('alarm').map(([key]) => decodeAlarm(key));
  }

  #find(memberId: bigint, alarm: number): Alarm | undefined {
    return this.#alarms.find((one) => one.memberId === memberId && one.alarm === alarm);
  }
}

const ALARM_BYTES_MAX = 2 * 11;

/** The key of an alarm: zero fields are left out, as in every proto3 message. */
export function encodeAlarm(alarm: Alarm): Uint8Array {
  const out = new Uint8Array(ALARM_BYTES_MAX);
  const o = writeField(1, alarm.memberId, out, 0);
  return out.slice(0, writeField(2, BigInt(alarm.alarm), out, o));
}

function writeField(field: number, value: bigint, out: Uint8Array, offset: number): number {
  if (value === 0n) return offset;
  let o = offset;
  let rest = value;
  out[o++] = field << 3;
  while (rest > 0x7fn) {
    out[o++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  out[o++] = Number(rest);
  return o;
}

/** Reads the key of an alarm. Throws AlarmRecordError. */
export function decodeAlarm(bytes: Uint8Array): Alarm {
  let memberId = 0n;
  let alarm = 0n;
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at++] as number;
    if (tag !== 0x08 && tag !== 0x10) {
      throw new AlarmRecordError(`alarm record with a field tagged ${tag}`);
    }
    let value = 0n;
    let shift = 0n;
    let byte: number | undefined;
    do {
      byte = bytes[at++];
      if (byte === undefined || shift > 63n) {
        throw new AlarmRecordError(`alarm record of ${bytes.length} bytes ends in a number`);
      }
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
    } while (byte >= 0x80);
    if (tag === 0x08) memberId = BigInt.asUintN(64, value);
    else alarm = BigInt.asIntN(32, value);
  }
  return { memberId, alarm: Number(alarm) };
}
