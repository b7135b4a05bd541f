// Goal: the heap always shows what falls due first. Method: random schedules, moves and removals against a plain
// list that is searched. A failure means that a lease expires late or never.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DueHeap, type DueItem } from '../../../server/base/due-heap.ts';

const step = fc.oneof(
  fc.record({ kind: fc.constant('schedule' as const), item: fc.nat(20), dueMs: fc.nat(50) }),
  fc.record({ kind: fc.constant('remove' as const), item: fc.nat(20), dueMs: fc.constant(0) }),
);

it('agrees with a list', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const items: DueItem[] = Array.from({ length: 21 }, () => ({ dueMs: 0, heapIndex: -1 }));
      const heap = new DueHeap<DueItem>();
      const inside = new Set<DueItem>();
      for (const { kind, item: index, dueMs } of steps) {
        const item = items[index] as DueItem;
        if (kind === 'schedule') {
          heap.schedule(item, dueMs);
          inside.add(item);
        } else {
          heap.remove(item);
          inside.delete(item);
        }
        expect(heap.size).toBe(inside.size);
        const soonest = Math.min(...[...inside].map((one) => one.dueMs));
        if (inside.size > 0) expect(heap.peek()?.dueMs).toBe(soonest);
        else expect(heap.peek()).toBeUndefined();
      }
      heap.clear();
      expect(items.every((item) => item.heapIndex === -1)).toBe(true);
    }),
  );
});
