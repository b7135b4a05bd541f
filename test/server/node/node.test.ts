// Goal: a member answers a write exactly when it is durable and applied, loses nothing in a crash, and ends every wait.
// Method: a whole node over memory with stepped time and a log whose syncs the test holds back. A failure means lost
// acknowledged writes, or clients that wait for ever.
import { describe, expect, it, onTestFinished } from 'vitest';
import { isEtcdError } from '../../../server/base/errors.ts';
import { FAILPOINTS, type Failpoint } from '../../../server/base/failpoint.ts';
import { createMessage } from '../../../server/proto/gen/raft.ts';
import {
  encodeAlarmRequest,
  encodeCompactionRequest,
  encodeLeaseGrantRequest,
  encodeLeaseRevokeRequest,
} from '../../../server/proto/gen/rpc.ts';
import { PayloadField } from '../../../server/proto/payload-field.ts';
import { MessageType } from '../../../server/raft/types.ts';
import { range } from '../../support/mvcc-harness.ts';
import { kindsOf, NodeWorld } from '../../support/node-harness.ts';

function keysOf(world: NodeWorld): string[] {
  return range(world.store, '\0', '\0').kvs.map((kv) => kv.key);
}

describe('a member alone', () => {
  it('leads at once', () => {
    const world = new NodeWorld().start();
    expect(world.node.isLeader).toBe(true);
    expect(world.node.leader).toBe(1n);
    expect(world.told).toContain('leader 1 leader');
    expect(world.lessor.isPrimary).toBe(true);
    expect(world.node.raftView()).toMatchObject({ term: 2, isLeader: true, isLearner: false });
  });

  it('answers in the order asked', () => {
    const world = new NodeWorld().start();
    const outcomes = [world.put('a'), world.put('b'), world.remove('a')];
    world.time.settle();
    expect(outcomes.map(kindsOf)).toEqual([['put'], ['put'], ['deleteRange']]);
    expect(keysOf(world)).toEqual(['b']);
    expect(world.node.pendingProposals).toBe(0);
  });
});

describe('group commit', () => {
  it('answers nothing before its entries are durable, and syncs what gathered together', () => {
    const world = new NodeWorld().start();
    world.log.isInstant = false;
    world.log.batches.length = 0;
    const first = world.put('a');
    world.time.settle();
    expect(world.log.batches).toEqual([1]);
    const rest = ['b', 'c', 'd'].map((key) => world.put(key));
    world.time.settle();
    // Several turns may be handed to the log; none of them is answered yet.
    expect([first, ...rest].flat()).toEqual([]);
    expect(keysOf(world)).toEqual([]);
    expect(world.read()).toEqual([]);
    world.log.sync();
    world.time.settle();
    expect([first, ...rest].map(kindsOf)).toEqual([['put'], ['put'], ['put'], ['put']]);
    expect(world.log.batches).toEqual([1, 3]);
  });

  it('puts one turn into one batch of the store, with how far it goes', () => {
    const world = new NodeWorld().start();
    const before = world.backend.commits;
    for (let i = 0; i < 50; i++) world.put(`k${i}`);
    world.time.settle();
    expect(world.backend.commits - before).toBe(1);
    const again = world.crashed();
    expect(again.node.appliedIndex).toBe(world.node.appliedIndex);
    expect(range(again.store, '\0', '\0').total).toBe(50);
  });

  it('lets answers out before the store is written', () => {
    const world = new NodeWorld().start();
    world.told.length = 0;
    const commits: number[] = [];
    const { commit } = world.backend;
    world.backend.commit = function counted(): void {
      commits.push(world.told.filter((text) => text === 'flush').length);
      commit.call(this);
    };
    world.put('a');
    world.time.settle();
    expect(commits).toEqual([1]);
  });

  it('splits what is too much for one batch', () => {
    const world = new NodeWorld({ node: { maxRequestBytes: 3_000_000 } }).start();
    world.log.batches.length = 0;
    const outcomes = ['a', 'b', 'c'].map((key) => world.put(key, 'x'.repeat(2_500_000)));
    world.time.settle();
    expect(outcomes.map(kindsOf)).toEqual([['put'], ['put'], ['put']]);
  });
});

describe('a test that holds', () => {
  function held(point: Failpoint): (() => void)[] {
    const resumes: (() => void)[] = [];
    point.action = (resume) => {
      if (resume !== undefined) resumes.push(resume);
      return true;
    };
    onTestFinished(() => {
      point.action = undefined;
    });
    return resumes;
  }

  function goOn(point: Failpoint, resumes: readonly (() => void)[]): void {
    point.action = undefined;
    for (const resume of resumes) resume();
  }

  it('saves, stops raft and leaves the rest as it was', () => {
    const world = new NodeWorld().start();
    world.put('a');
    world.time.settle();
    const resumes = held(FAILPOINTS.raftBeforeSave);
    world.log.batches.length = 0;
    const outcomes = world.put('b');
    world.time.advance(3000);
    expect([outcomes, world.log.batches, resumes.length]).toEqual([[], [], 1]);
    expect(world.read()).toEqual([]);
    expect(keysOf(world)).toEqual(['a']);
    goOn(FAILPOINTS.raftBeforeSave, resumes);
    world.time.settle();
    expect([kindsOf(outcomes), keysOf(world)]).toEqual([['put'], ['a', 'b']]);
  });

  it('applying, lets raft go on and keeps the order', () => {
    const world = new NodeWorld().start();
    const resumes = held(FAILPOINTS.beforeApplyOneEntryNormal);
    const outcomes = [world.put('a', '1'), world.put('a', '2')];
    world.time.settle();
    outcomes.push(world.put('b'));
    world.time.advance(1000);
    expect([outcomes.flat(), resumes.length]).toEqual([[], 1]);
    expect(world.node.raftView().commitIndex - world.node.appliedIndex).toBe(3);
    goOn(FAILPOINTS.beforeApplyOneEntryNormal, resumes);
    world.time.settle();
    expect(outcomes.map(kindsOf)).toEqual([['put'], ['put'], ['put']]);
    expect(range(world.store, 'a', '').kvs[0]?.value).toBe('2');
  });
});

describe('a crash', () => {
  it('replays exactly what the store does not have', () => {
    const world = new NodeWorld().start();
    world.put('a', '1');
    world.time.settle();
    const { commit } = world.backend;
    // From here on the store's batches get lost, as they do when the machine dies: they are not synced.
    world.backend.commit = () => undefined;
    world.put('a', '2');
    world.put('b', '3');
    world.time.settle();
    world.backend.commit = commit;
    const again = world.crashed();
    expect(range(again.store, '\0', '\0').total).toBe(1);
    again.start();
    expect(range(again.store, '\0', '\0').kvs).toEqual(range(world.store, '\0', '\0').kvs);
    expect(again.store.revision).toBe(world.store.revision);
    again.put('c');
    again.time.settle();
    expect(keysOf(again)).toEqual(['a', 'b', 'c']);
  });

  it('applies nothing twice when the store had everything', () => {
    const world = new NodeWorld().start();
    world.put('a');
    world.put('a');
    world.time.settle();
    const again = world.crashed().start();
    expect(range(again.store, 'a').kvs).toMatchObject([{ version: 2 }]);
  });
});

describe('reads', () => {
  it('wait for the writes before them', () => {
    const world = new NodeWorld().start();
    world.log.isInstant = false;
    world.put('a');
    const read = world.read();
    world.time.settle();
    const after = world.read();
    world.time.settle();
    world.log.sync();
    world.time.settle();
    expect(read).toEqual(['ok']);
    expect(after).toEqual(['ok']);
  });
});

describe('no leader', () => {
  it('proposals and reads wait, then fail with etcd texts', () => {
    const world = new NodeWorld({ voters: [1n, 2n, 3n] }).start();
    expect(world.node.leader).toBe(0n);
    const outcomes = world.put('a');
    const read = world.read();
    world.time.advance(6900);
    expect(outcomes).toEqual([]);
    expect(read).toEqual([]);
    world.time.advance(400);
    expect(kindsOf(outcomes)).toEqual(['timeout']);
    expect(read).toEqual(['timeout']);
    expect(world.registry.print()).toContain('etcd_server_proposals_failed_total 1');
  });

  it('a proposal that waited is made once there is a leader', () => {
    const world = new NodeWorld({ voters: [1n, 2n] }).start();
    const outcomes = world.put('a');
    const read = world.read();
    world.time.advance(2000);
    elect(world);
    expect(world.node.isLeader).toBe(true);
    acknowledge(world);
    expect(kindsOf(outcomes)).toEqual(['put']);
    world.time.advance(600);
    acknowledge(world);
    expect(read).toEqual(['ok']);
  });
});

describe('losing leadership', () => {
  it('ends reads, stops counting leases, and waiters learn that the leader failed', () => {
    const world = new NodeWorld({ voters: [1n, 2n] }).start();
    world.time.advance(2000);
    elect(world);
    acknowledge(world);
    expect(world.lessor.isPrimary).toBe(true);
    const outcomes = world.put('lost');
    world.time.settle();
    const read = world.read();
    world.time.settle();
    world.node.step(heartbeat(world.node.term + 1));
    world.time.settle();
    expect(world.node.leader).toBe(2n);
    expect(read).toEqual(['leaderChanged']);
    expect(world.lessor.isPrimary).toBe(false);
    world.time.advance(7500);
    expect(kindsOf(outcomes)).toEqual(['timeout']);
    expect(world.node.pendingProposals).toBe(0);
  });

  it('a proposal whose entry another leader puts elsewhere is answered by its id', () => {
    const world = new NodeWorld({ voters: [1n, 2n] }).start();
    world.time.advance(2000);
    elect(world);
    acknowledge(world);
    const outcomes = world.put('a');
    world.time.settle();
    const mine = world.log.entries.at(-1);
    if (mine === undefined) throw new Error('nothing was proposed');
    // The next leader has our entry too, one place later and in bytes of its own.
    const term = world.node.term + 1;
    const before = world.log.entries.at(-2);
    world.node.step({
      ...heartbeat(term),
      type: MessageType.app,
      index: mine.index - 1,
      logTerm: before?.term ?? 1,
      entries: [
        { type: 0, term, index: mine.index, data: new Uint8Array(0) },
        { type: 0, term, index: mine.index + 1, data: mine.data.slice() },
      ],
      commit: mine.index + 1,
    });
    world.time.settle();
    expect(kindsOf(outcomes)).toEqual(['put']);
    expect(keysOf(world)).toEqual(['a']);
  });
});

describe('refusals', () => {
  it('of what is too large', () => {
    const world = new NodeWorld().start();
    expect(kindsOf(world.put('a', 'x'.repeat(10_001)))).toEqual(['requestTooLarge']);
  });

  it('after the stop, of everything, and everything that waited is told', () => {
    const world = new NodeWorld({ voters: [1n, 2n] }).start();
    const outcomes = world.put('a');
    const read = world.read();
    world.node.stop();
    expect(kindsOf(outcomes)).toEqual(['stopped']);
    expect(read).toEqual(['stopped']);
    expect(kindsOf(world.put('b'))).toEqual(['stopped']);
    expect(world.read()).toEqual(['stopped']);
    expect(world.time.timerCount).toBe(0);
    world.node.stop();
  });

  it('of writes when committed entries wait for a slow apply', () => {
    const world = new NodeWorld().start();
    Object.defineProperty(world.raft, 'committed', { value: world.node.appliedIndex + 5001 });
    expect(kindsOf(world.put('a'))).toEqual(['tooManyRequests']);
  });

  it('of revocations only at twice that lag, where they have priority', () => {
    const revokedAt = (lag: number, priorityRequests: boolean): string[] => {
      const world = new NodeWorld({ node: { priorityRequests } }).start();
      Object.defineProperty(world.raft, 'committed', { value: world.node.appliedIndex + lag });
      const request = encodeLeaseRevokeRequest({ id: 7n });
      return kindsOf(world.submit(PayloadField.leaseRevoke, request));
    };
    expect(revokedAt(5001, false)).toEqual(['tooManyRequests']);
    expect(revokedAt(10_000, true)).toEqual([]);
    expect(revokedAt(10_001, true)).toEqual(['tooManyRequests']);
  });

  it('of malformed requests, before anything is queued', () => {
    const world = new NodeWorld().start();
    expect(() => world.submit(PayloadField.put, Uint8Array.of(0x0a, 9))).toThrow();
    expect(world.node.pendingProposals).toBe(0);
  });
});

describe('quota', () => {
  it('raises the alarm once, refuses, and lets writes in again after it is lowered', () => {
    const world = new NodeWorld({ node: { quotaBytes: 1000 } }).start();
    world.put('a', 'x'.repeat(400));
    world.time.settle();
    const refused = [world.put('b', 'x'.repeat(400)), world.put('c', 'x'.repeat(400))];
    const before = world.log.entries.length;
    // Not before the alarm is in force: whoever is told finds it.
    expect(refused.map(kindsOf)).toEqual([[], []]);
    world.time.settle();
    expect(refused.map(kindsOf)).toEqual([['noSpace'], ['noSpace']]);
    expect(world.log.entries.length).toBe(before + 1);
    expect(world.alarms.list()).toEqual([{ memberId: 1n, alarm: 1 }]);
    const small = world.put('tiny');
    world.time.settle();
    expect(kindsOf(small)).toEqual(['noSpace']);
    expect(kindsOf(grant(world))).toEqual(['noSpace']);
    world.remove('a');
    world.time.settle();
    const compaction = encodeCompactionRequest({ revision: 3, physical: true });
    world.submit(PayloadField.compaction, compaction);
    world.time.advance(100);
    const lower = encodeAlarmRequest({ action: 2, memberId: 1n, alarm: 1 });
    world.submit(PayloadField.alarm, lower);
    world.time.settle();
    const written = world.put('d', 'x'.repeat(400));
    world.time.settle();
    expect(kindsOf(written)).toEqual(['put']);
  });
});

function grant(world: NodeWorld): ReturnType<NodeWorld['put']> {
  const raw = encodeLeaseGrantRequest({ id: 5n, ttl: 10 });
  const outcomes = world.submit(PayloadField.leaseGrant, raw);
  world.time.settle();
  return outcomes;
}

describe('leases', () => {
  it('that run out are revoked through the log', () => {
    const world = new NodeWorld().start();
    const outcomes = grant(world);
    expect(outcomes.map((outcome) => !isEtcdError(outcome))).toEqual([true]);
    world.time.advance(9000);
    expect(world.lessor.has(5n)).toBe(true);
    world.time.advance(3000);
    expect(world.lessor.has(5n)).toBe(false);
    expect(world.registry.print()).toContain('etcd_debugging_server_lease_expired_total 1');
  });

  it('do not start over with an empty entry later in the term', () => {
    const world = new NodeWorld().start();
    grant(world);
    world.time.advance(9000);
    world.raft.propose([new Uint8Array(0)]);
    world.node.wake();
    world.time.advance(3000);
    expect(world.lessor.has(5n)).toBe(false);
  });
});

describe('snapshots', () => {
  it('are taken every so many entries, in the order that survives a crash', async () => {
    const world = new NodeWorld({ entriesPerSnapshot: 5 }).start();
    for (let i = 0; i < 5; i++) world.put('a');
    world.time.settle();
    expect(world.told).toContain('store synced');
    await new Promise((resolve) => setImmediate(resolve));
    const from = world.told.indexOf('store synced');
    const story = world.told.slice(from).filter((text) => text !== 'flush');
    expect(story).toEqual(['store synced', 'file saved', 'record saved', 'released 7', 'purged']);
    world.put('a');
    world.time.settle();
    expect(world.told.filter((text) => text === 'store synced')).toHaveLength(1);
  });
});

// ---- the other member of two, played by hand

function heartbeat(term: number): ReturnType<typeof createMessage> {
  return createMessage({ type: MessageType.heartbeat, from: 2n, to: 1n, term });
}

/** Grants every vote this member asked for. */
function elect(world: NodeWorld): void {
  for (let round = 0; round < 3; round++) {
    world.time.settle();
    for (const message of world.sent) {
      const isPreVote = message.type === MessageType.preVote;
      if (!isPreVote && message.type !== MessageType.vote) continue;
      const type = isPreVote ? MessageType.preVoteResp : MessageType.voteResp;
      world.node.step(createMessage({ type, from: 2n, to: 1n, term: message.term }));
    }
  }
  world.time.settle();
}

/** Takes every append and answers every heartbeat. */
function acknowledge(world: NodeWorld): void {
  for (let round = 0; round < 5; round++) {
    world.time.settle();
    for (const message of world.sent.splice(0)) {
      const { term, entries, context } = message;
      if (message.type === MessageType.app) {
        const index = message.index + entries.length;
        const type = MessageType.appResp;
        world.node.step(createMessage({ type, from: 2n, to: 1n, term, index }));
      } else if (message.type === MessageType.heartbeat) {
        const type = MessageType.heartbeatResp;
        world.node.step(createMessage({ type, from: 2n, to: 1n, term, context }));
      }
    }
  }
  world.time.settle();
}
