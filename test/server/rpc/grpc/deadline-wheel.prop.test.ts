// Goal: every call past its deadline is ended once, at the first look after it, and no other is. Method: random adds,
// removes and steps of time against a plain list. A failure means calls that hang forever or die early.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DeadlineWheel,
  NOT_IN_WHEEL,
  type TimedCall,
} from '../../../../server/rpc/grpc/deadline-wheel.ts';
import { DEADLINE_TICK_MS } from '../../../../server/rpc/grpc/limits.ts';

class FakeCall implements TimedCall {
  readonly deadlineMs: number;
  wheelSlot: number = NOT_IN_WHEEL;
  wheelNext: TimedCall | undefined = undefined;
  wheelPrevious: TimedCall | undefined = undefined;
  expiredCount = 0;

  constructor(deadlineMs: number) {
    this.deadlineMs = deadlineMs;
  }

  onDeadline(): void {
    this.expiredCount++;
  }
}

type Step =
  | { readonly kind: 'add'; readonly timeoutMs: number }
  | { readonly kind: 'remove'; readonly pick: number }
  | { readonly kind: 'pass'; readonly spanMs: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    timeoutMs: fc.oneof(fc.nat(200), fc.nat(60_000), fc.constant(0)),
  }),
  fc.record({ kind: fc.constant('remove' as const), pick: fc.nat(1000) }),
  fc.record({
    kind: fc.constant('pass' as const),
    spanMs: fc.oneof(fc.nat(100), fc.nat(5000), fc.nat(100_000)),
  }),
);

test('the wheel agrees with a plain list', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let nowMs = 1234.5;
      const wheel = new DeadlineWheel(nowMs);
      let open: FakeCall[] = [];
      const all: FakeCall[] = [];
      const removed = new Set<FakeCall>();
      for (const each of steps) {
        if (each.kind === 'add') {
          const call = new FakeCall(nowMs + each.timeoutMs);
          wheel.add(call);
          open.push(call);
          all.push(call);
        } else if (each.kind === 'remove') {
          const call = open[each.pick % Math.max(open.length, 1)];
          if (call === undefined) continue;
          wheel.remove(call);
          wheel.remove(call);
          removed.add(call);
          open = open.filter((other) => other !== call);
        } else {
          nowMs += each.spanMs;
          wheel.advance(nowMs);
          // The wheel may be late by one tick, never more, and never early.
          for (const call of open) {
            if (call.deadlineMs <= nowMs - DEADLINE_TICK_MS) expect(call.expiredCount).toBe(1);
            if (call.deadlineMs > nowMs) expect(call.expiredCount).toBe(0);
          }
          open = open.filter((call) => call.expiredCount === 0);
        }
        expect(wheel.count).toBe(open.length);
      }
      for (const call of removed) expect(call.expiredCount).toBe(0);
      for (const call of all) expect(call.expiredCount).toBeLessThanOrEqual(1);
    }),
  );
});

test('a call ended by another call of the same slot is left alone', () => {
  const wheel = new DeadlineWheel(0);
  const second = new FakeCall(10);
  const first = new (class extends FakeCall {
    override onDeadline(): void {
      super.onDeadline();
      wheel.remove(second);
    }
  })(10);
  wheel.add(second);
  wheel.add(first);
  wheel.advance(1000);
  expect(first.expiredCount).toBe(1);
  expect(wheel.count).toBe(0);
});
