// Goal: each cluster is looked at when it should be, once at a time. Method: the queue under a stepped clock. A failure
// means lost changes, two rounds of one cluster at a time, or a hot loop.
import { expect, it } from 'vitest';
import { WorkQueue } from '../../../operator/controller/work-queue.ts';
import { StepClock } from './step-clock.ts';

function setup(): { clock: StepClock; queue: WorkQueue } {
  const clock = new StepClock(0);
  return { clock, queue: new WorkQueue(clock, () => undefined) };
}

it('holds a key once, and asks again for what comes while it is in work', () => {
  const { queue } = setup();
  queue.add('a');
  queue.add('a');
  expect([queue.take(), queue.take()]).toEqual(['a', undefined]);
  queue.add('a');
  expect(queue.take()).toBeUndefined();
  queue.done('a');
  expect(queue.take()).toBe('a');
  queue.done('a');
  expect(queue.take()).toBeUndefined();
});

it('lets the soonest time win', async () => {
  const { clock, queue } = setup();
  queue.addAfter('a', 100);
  queue.addAfter('a', 10);
  queue.addAfter('a', 50);
  await clock.pass(9);
  expect(queue.depth).toBe(0);
  await clock.pass(1);
  expect(queue.take()).toBe('a');
  queue.done('a');
  await clock.pass(1000);
  expect(queue.depth).toBe(0);
});

it('backs off a key that fails, up to its end, and forgets', () => {
  const { queue } = setup();
  const waits = Array.from({ length: 25 }, () => queue.addAfterFailure('a'));
  expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
  expect(waits.at(-1)).toBe(1_000_000);
  expect(queue.addAfterFailure('b')).toBe(5);
  queue.forgetFailures('a');
  expect(queue.addAfterFailure('a')).toBe(5);
});

it('keeps what is asked for while a key is dropped', () => {
  const { queue } = setup();
  queue.add('a');
  queue.take();
  queue.add('a');
  queue.drop('a');
  queue.done('a');
  expect(queue.take()).toBe('a');
});

it('does nothing once it is closed', async () => {
  const { clock, queue } = setup();
  queue.addAfter('a', 10);
  queue.close();
  queue.add('b');
  await clock.pass(100);
  expect(queue.take()).toBeUndefined();
});
