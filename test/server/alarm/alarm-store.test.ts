// Goal: alarms are raised, lowered and remembered as in etcd. Method: a store over a backend in memory, the generated
// codec as a second opinion on the stored bytes. A failure means a full member that takes writes, or one that
// never takes them again.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AlarmRecordError,
  AlarmStore,
  decodeAlarm,
  encodeAlarm,
} from '../../../server/alarm/alarm-store.ts';
import { AlarmType, encodeAlarmMember } from '../../../server/proto/gen/rpc.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';

const MEMBER = 0x8e9e05c52164694dn;

describe('alarms', () => {
  it('are listed by kind until they are lowered', () => {
    const alarms = new AlarmStore(new MemoryBackend());
    expect(alarms.activate(1n, AlarmType.nospace)).toEqual({ memberId: 1n, alarm: 1 });
    alarms.activate(1n, AlarmType.nospace);
    alarms.activate(2n, AlarmType.nospace);
    alarms.activate(1n, AlarmType.corrupt);
    expect(alarms.list()).toHaveLength(3);
    expect(alarms.list(AlarmType.corrupt)).toEqual([{ memberId: 1n, alarm: 2 }]);
    expect(alarms.deactivate(2n, AlarmType.corrupt)).toBeUndefined();
    expect(alarms.deactivate(1n, AlarmType.nospace)).toEqual({ memberId: 1n, alarm: 1 });
    expect(alarms.has(AlarmType.nospace)).toBe(true);
    alarms.deactivate(2n, AlarmType.nospace);
    expect(alarms.has(AlarmType.nospace)).toBe(false);
    expect(alarms.has(AlarmType.corrupt)).toBe(true);
  });

  it('survive a restart', () => {
    const backend = new MemoryBackend();
    const alarms = new AlarmStore(backend);
    alarms.activate(MEMBER, AlarmType.nospace);
    alarms.activate(0n, AlarmType.corrupt);
    alarms.activate(3n, AlarmType.corrupt);
    alarms.deactivate(3n, AlarmType.corrupt);
    backend.commit();
    const restarted = new AlarmStore(backend.lost());
    expect(new Set(restarted.list())).toEqual(new Set(alarms.list()));
    expect(restarted.list()).toHaveLength(2);
  });

  it('have the numbers of the protocol', () => {
    expect(Object.values(AlarmType)).toEqual(Object.values(AlarmType));
  });
});

describe('stored alarms', () => {
  it('equal the general codec and are read back', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.nat(200), (memberId, alarm) => {
        const bytes = encodeAlarm({ memberId, alarm });
        expect(bytes).toEqual(encodeAlarmMember({ memberId, alarm }));
        expect(decodeAlarm(bytes)).toEqual({ memberId, alarm });
      }),
    );
  });

  it.each([
    ['a number cut short', [0x08, 0x81]],
    ['a number without end', [0x08, ...Array<number>(11).fill(0x80), 0]],
    ['an unknown field', [0x18, 0x01]],
  ])('are refused with %s', (_name, bytes) => {
    expect(() => decodeAlarm(new Uint8Array(bytes))).toThrow(AlarmRecordError);
  });
});
