// Goal: every proposal is answered exactly once, by its own entry or by its deadline, whatever happens to the log.
// Method: the queue alone, with made-up entries. A failure means a client that waits for ever, gets another one's
// answer, or is told that a write failed that is proposed afterwards.
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../server/apply/command.ts';
import { EtcdError, isEtcdError } from '../../../server/base/errors.ts';
import { PENDING_PROPOSALS_MAX } from '../../../server/node/limits.ts';
import { Proposal, Proposals } from '../../../server/node/proposals.ts';
import type { Entry } from '../../../server/raft/types.ts';
import { putCommand } from '../../support/apply-harness.ts';

const COMMAND: Command = putCommand('a');
const timeout = (): EtcdError => new EtcdError('timeout');

class Waiter {
  readonly outcomes: string[] = [];
  readonly proposal: Proposal;

  constructor(id: number, deadlineMs = 100) {
    this.proposal = new Proposal(Uint8Array.of(id), COMMAND, id);
    this.proposal.deadlineMs = deadlineMs;
    this.proposal.listener = {
      onOutcome: (outcome) =>
        this.outcomes.push(isEtcdError(outcome) ? outcome.code : outcome.kind),
    };
  }
}

function entry(index: number, data: Uint8Array): Entry {
  return { type: 0, term: 1, index, data };
}

function setUp(count: number): { proposals: Proposals; waiters: Waiter[]; all: Proposal[] } {
  const proposals = new Proposals();
  const waiters = Array.from({ length: count }, (_, i) => new Waiter(i + 1, 100 + i));
  const all = waiters.map(({ proposal }) => proposal);
  for (const proposal of all) proposals.add(proposal);
  return { proposals, waiters, all };
}

describe('the queue', () => {
  it('hands out in order, once', () => {
    const { proposals, all } = setUp(3);
    expect(proposals.queuedCount).toBe(3);
    expect(proposals.takeQueue()).toEqual(all);
    expect(proposals.takeQueue()).toEqual([]);
    expect(proposals.pendingCount).toBe(3);
  });

  it('takes back what raft did not want, before what came later', () => {
    const { proposals, all } = setUp(2);
    proposals.takeQueue();
    const later = new Waiter(9).proposal;
    proposals.add(later);
    proposals.requeue(all);
    expect(proposals.takeQueue()).toEqual([...all, later]);
  });

  it('is bounded', () => {
    const proposals = new Proposals();
    for (let i = 0; i < PENDING_PROPOSALS_MAX; i++) {
      proposals.add(new Proposal(new Uint8Array(0), COMMAND, i));
    }
    expect(proposals.add(new Waiter(PENDING_PROPOSALS_MAX).proposal)).toBe(false);
    expect(proposals.pendingCount).toBe(PENDING_PROPOSALS_MAX);
  });
});

describe('entries', () => {
  it('find their proposal by place and by identity of their bytes', () => {
    const { proposals, all } = setUp(2);
    proposals.placed(proposals.takeQueue(), 7);
    const [first, second] = all;
    expect(first?.index).toBe(7);
    expect(proposals.ofEntry(entry(7, first?.data ?? new Uint8Array(0)))).toBe(first);
    // Another leader put something else there; the same text in other bytes is not the same entry.
    expect(proposals.ofEntry(entry(8, Uint8Array.of(2)))).toBeUndefined();
    expect(proposals.ofId(2)).toBe(second);
    expect(proposals.ofId(3)).toBeUndefined();
  });

  it('settle once', () => {
    const { proposals, waiters, all } = setUp(1);
    const [only] = all;
    if (only === undefined) throw new Error('no proposal');
    proposals.settle(only, { kind: 'done' });
    proposals.settle(only, timeout());
    proposals.expire(1e9, timeout);
    proposals.failAll(timeout());
    expect(waiters[0]?.outcomes).toEqual(['done']);
    expect(proposals.pendingCount).toBe(0);
  });
});

describe('time', () => {
  it('ends the oldest first, up to now, each with its own reason', () => {
    const { proposals, waiters } = setUp(3);
    proposals.expire(99, timeout);
    expect(waiters.map((waiter) => waiter.outcomes)).toEqual([[], [], []]);
    const asked: number[] = [];
    proposals.expire(101, (proposal) => {
      asked.push(proposal.idSuffix);
      return timeout();
    });
    expect(asked).toEqual([1, 2]);
    expect(waiters.map((waiter) => waiter.outcomes)).toEqual([['timeout'], ['timeout'], []]);
  });

  it('takes what is over out of the queue: a client that was told no must not see it done', () => {
    const { proposals, all } = setUp(3);
    proposals.expire(101, timeout);
    expect(proposals.takeQueue()).toEqual(all.slice(2));
    proposals.requeue(all);
    expect(proposals.takeQueue()).toEqual(all.slice(2));
  });

  it('leaves a place to the proposal that has it now', () => {
    const { proposals, all } = setUp(2);
    const [old, young] = all;
    if (old === undefined || young === undefined) throw new Error('no proposals');
    proposals.takeQueue();
    proposals.placed([old], 5);
    // The log was overwritten, this member led again, and 5 went to the other one.
    proposals.placed([young], 5);
    proposals.expire(100, timeout);
    expect(proposals.ofEntry(entry(5, young.data))).toBe(young);
  });

  it('fails all at the end', () => {
    const { proposals, waiters } = setUp(3);
    proposals.placed(proposals.takeQueue(), 1);
    proposals.failAll(new EtcdError('stopped'));
    expect(waiters.map((waiter) => waiter.outcomes)).toEqual([
      ['stopped'],
      ['stopped'],
      ['stopped'],
    ]);
    expect(proposals.pendingCount).toBe(0);
    expect(proposals.takeQueue()).toEqual([]);
  });
});
