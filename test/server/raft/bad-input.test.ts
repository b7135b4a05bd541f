// Goal: no message from the network and no state from the disk can break a member: each kind of nonsense is refused with
// its reason, and nothing changes. Method: one message or state per way of being wrong. A failure means that a faulty or
// hostile peer, or a damaged disk, could stop a member or corrupt its log.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../../server/base/assert.ts';
import { EMPTY_BYTES, utf8Bytes } from '../../../server/base/bytes.ts';
import { resolveConfig } from '../../../server/raft/config.ts';
import { InvalidRaftStateError } from '../../../server/raft/errors.ts';
import { MAX_PENDING_READS } from '../../../server/raft/limits.ts';
import { MemoryLog } from '../../../server/raft/memory-log.ts';
import { newDraft } from '../../../server/raft/messages.ts';
import { RawNode } from '../../../server/raft/raw-node.ts';
import {
  EMPTY_CONF_STATE,
  EMPTY_HARD_STATE,
  type InitialState,
} from '../../../server/raft/restart.ts';
import type { IgnoredReason } from '../../../server/raft/step-result.ts';
import {
  type ConfState,
  type Entry,
  EntryType,
  type Message,
  MessageType,
} from '../../../server/raft/types.ts';
import { TestCluster } from './cluster.ts';

function message(type: number, fields: Partial<Message> = {}): Message {
  return { ...newDraft(type, { to: 1n, from: 2n, term: 2 }), ...fields };
}

function entry(index: number, term: number, type: number = EntryType.normal): Entry {
  return { type, term, index, data: EMPTY_BYTES };
}

function confState(fields: Partial<ConfState> = {}): ConfState {
  return { ...EMPTY_CONF_STATE, voters: [1n, 2n], ...fields };
}

function snapshot(
  index: number,
  term: number,
  state: ConfState = confState(),
): Pick<Message, 'snapshot'> {
  return { snapshot: { data: EMPTY_BYTES, metadata: { index, term, confState: state } } };
}

/** A member of three that follows member 2 in term 2 and has committed 4 entries. */
function follower(): TestCluster {
  const cluster = new TestCluster({ voters: [1, 2, 3] });
  cluster.elect(2);
  return cluster;
}

const APP = { index: 4, logTerm: 2, commit: 4 };

const BAD: readonly (readonly [string, Message, IgnoredReason])[] = [
  ['a local type', message(MessageType.hup), 'badType'],
  ['another local type', message(MessageType.checkQuorum), 'badType'],
  ['a type of a storage thread', message(19), 'badType'],
  ['a type of the future', message(24), 'badType'],
  ['a negative type', message(-1), 'badType'],
  ['a broken type', message(3.5), 'badType'],
  ['somebody else as receiver', message(MessageType.app, { ...APP, to: 9n }), 'badAddress'],
  ['nobody as sender', message(MessageType.app, { ...APP, from: 0n }), 'badAddress'],
  ['itself as sender', message(MessageType.app, { ...APP, from: 1n }), 'badAddress'],
  ['no term', message(MessageType.app, { ...APP, term: 0 }), 'malformed'],
  ['a negative term', message(MessageType.vote, { term: -1 }), 'malformed'],
  ['a term beyond counting', message(MessageType.vote, { term: 2 ** 53 }), 'malformed'],
  ['the last term', message(MessageType.vote, { term: 2 ** 53 - 1 }), 'malformed'],
  ['half an index', message(MessageType.app, { ...APP, index: 4.5 }), 'malformed'],
  ['NaN', message(MessageType.app, { ...APP, commit: Number.NaN }), 'malformed'],
  ['entries with a gap', message(MessageType.app, { ...APP, entries: [entry(6, 2)] }), 'malformed'],
  [
    'entries whose terms fall',
    message(MessageType.app, { ...APP, entries: [entry(5, 1)] }),
    'malformed',
  ],
  [
    "entries beyond the leader's term",
    message(MessageType.app, { ...APP, entries: [entry(5, 3)] }),
    'malformed',
  ],
  [
    'a joint configuration change',
    message(MessageType.app, { ...APP, entries: [entry(5, 2, EntryType.confChangeV2)] }),
    'malformed',
  ],
  ['a previous term of no entry', message(MessageType.app, { index: 0, logTerm: 1 }), 'malformed'],
  ['a commit index of lost entries', message(MessageType.heartbeat, { commit: 9 }), 'beyondLog'],
  ['no snapshot', message(MessageType.snap), 'malformed'],
  ['a snapshot of index 0', message(MessageType.snap, snapshot(0, 1)), 'malformed'],
  ['a snapshot of term 0', message(MessageType.snap, snapshot(9, 0)), 'malformed'],
  ['a snapshot of a future term', message(MessageType.snap, snapshot(9, 3)), 'malformed'],
  [
    'a snapshot without voters',
    message(MessageType.snap, snapshot(9, 2, confState({ voters: [] }))),
    'malformed',
  ],
  [
    'a snapshot with a member twice',
    message(MessageType.snap, snapshot(9, 2, confState({ learners: [1n] }))),
    'malformed',
  ],
  [
    'a snapshot with a joint configuration',
    message(MessageType.snap, snapshot(9, 2, confState({ votersOutgoing: [1n] }))),
    'malformed',
  ],
  [
    'a snapshot that will leave a joint configuration',
    message(MessageType.snap, snapshot(9, 2, confState({ autoLeave: true }))),
    'malformed',
  ],
  [
    'a snapshot with member 0',
    message(MessageType.snap, snapshot(9, 2, confState({ voters: [0n, 1n] }))),
    'malformed',
  ],
  [
    'a snapshot that does not know the receiver',
    message(MessageType.snap, snapshot(9, 2, confState({ voters: [2n, 3n] }))),
    'unusableSnapshot',
  ],
  ['an old snapshot', message(MessageType.snap, snapshot(3, 1)), 'unusableSnapshot'],
  ['a proposal of nothing', message(MessageType.prop, { term: 0 }), 'malformed'],
  [
    'a proposal with a term',
    message(MessageType.prop, { entries: [entry(0, 0)], from: 3n }),
    'malformed',
  ],
  [
    'a joint configuration change as proposal',
    message(MessageType.prop, { term: 0, from: 3n, entries: [entry(0, 0, 2)] }),
    'malformed',
  ],
  ['a read without context', message(MessageType.readIndex, { term: 0 }), 'malformed'],
  [
    'a read with two contexts',
    message(MessageType.readIndex, { term: 0, entries: [entry(0, 0), entry(0, 0)] }),
    'malformed',
  ],
  ['an answered read without context', message(MessageType.readIndexResp), 'malformed'],
  ['an answer from a stranger', message(MessageType.heartbeatResp, { from: 9n }), 'unknownMember'],
  ['an answer to a leader that is none', message(MessageType.appResp), 'notForThisRole'],
  ['a vote for a follower', message(MessageType.voteResp), 'notForThisRole'],
  [
    'a request passed in a circle',
    message(MessageType.readIndex, { term: 0, entries: [entry(0, 0)] }),
    'dropped',
  ],
];

describe('a follower ignores', () => {
  it.each(BAD)('%s', (_, bad, reason) => {
    const cluster = follower();
    const { node } = cluster.get(1);
    const before = node.status();
    expect(node.step(bad)).toEqual({ kind: 'ignored', reason });
    expect(node.status()).toEqual(before);
  });
});

describe('a leader ignores', () => {
  it.each([
    [
      'an acknowledgement of entries it does not have',
      message(MessageType.appResp, { index: 9 }),
      'beyondLog',
    ],
    [
      'a refusal of entries it does not have',
      message(MessageType.appResp, { index: 9, reject: true }),
      'beyondLog',
    ],
    ['an append of its own term', message(MessageType.app, APP), 'notForThisRole'],
    [
      'a wish to lead of a stranger',
      message(MessageType.transferLeader, { from: 9n }),
      'unknownMember',
    ],
    ['an order to campaign', message(MessageType.timeoutNow), 'notForThisRole'],
  ] as const)('%s', (_, bad, reason) => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    const { node } = cluster.get(1);
    expect(node.step(bad)).toEqual({ kind: 'ignored', reason });
    expect(node.status()).toMatchObject({ role: 'leader', term: 2, committed: 4 });
  });

  it.each([
    ['shorter than its own', new Uint8Array([9])],
    ['of a round it never asked about', new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0])],
    ['beyond counting', new Uint8Array(8).fill(255)],
    ['of somebody else', utf8Bytes('a context of 3.5')],
  ])('a heartbeat context %s', (_, context) => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    const { node } = cluster.get(1);
    node.readIndex(utf8Bytes('x'));
    node.step(message(MessageType.heartbeatResp, { context }));
    expect(cluster.ready(1).readStates).toEqual([]);
  });

  it('reads beyond what it can remember', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    const { node } = cluster.get(1);
    for (let i = 0; i < MAX_PENDING_READS; i++) node.readIndex(EMPTY_BYTES);
    expect(node.readIndex(EMPTY_BYTES)).toEqual({ kind: 'dropped', reason: 'tooManyReads' });
    const passedOn = message(MessageType.readIndex, { term: 0, entries: [entry(0, 0)] });
    expect(node.step(passedOn)).toEqual({ kind: 'ignored', reason: 'dropped' });
  });
});

it('a member that denies what it acknowledged is not asked for ever', () => {
  const cluster = new TestCluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  const { node } = cluster.get(1);
  node.reportUnreachable(2n);
  cluster.propose(1, 'a');
  cluster.ready(1);
  for (let i = 0; i < 3; i++) {
    node.step(message(MessageType.appResp, { reject: true, index: 4, rejectHint: 4, logTerm: 1 }));
    expect(cluster.ready(1).messages).toEqual([]);
  }
});

describe('a state from disk is refused', () => {
  const log = (): MemoryLog => new MemoryLog({ index: 2, term: 1 }, [entry(3, 1), entry(4, 2)]);
  const start = (fields: Partial<InitialState>, memory: MemoryLog = log()): RawNode =>
    new RawNode({ id: 1n, random: () => 0 }, memory, {
      hardState: { term: 2, vote: 0n, commit: 3 },
      confState: confState(),
      applied: 2,
      ...fields,
    });

  it.each([
    ['committed more than there is', { hardState: { term: 2, vote: 0n, commit: 5 } }],
    ['applied more than there is', { applied: 5 }],
    ['applied less than its snapshot', { applied: 1 }],
    ['has a joint configuration', { confState: confState({ learnersNext: [1n] }) }],
    ['has learners only', { confState: confState({ voters: [], learners: [1n] }) }],
  ])('when it %s', (_, fields) => {
    expect(() => start(fields)).toThrow(InvalidRaftStateError);
  });

  it('when entries have a gap or falling terms', () => {
    const base = { index: 2, term: 2 };
    expect(() => new MemoryLog(base, [entry(4, 2)])).toThrow(InvalidRaftStateError);
    expect(() => new MemoryLog(base, [entry(3, 1)])).toThrow(InvalidRaftStateError);
  });

  it('and taken, with a higher commit index, when more was applied than noted as committed', () => {
    const node = start({ applied: 4 });
    expect(node.status().committed).toBe(4);
    expect(node.ready().hardState).toEqual({ term: 2, vote: 0n, commit: 4 });
  });

  it('and taken, in the term of its last entry, when the hard state of that term was lost', () => {
    const node = start({ hardState: { term: 1, vote: 2n, commit: 3 } });
    expect(node.status()).toMatchObject({ term: 2, vote: 0n });
  });

  it('an empty one is fine', () => {
    const initial = { hardState: EMPTY_HARD_STATE, confState: EMPTY_CONF_STATE, applied: 0 };
    const node = start(initial, new MemoryLog({ index: 0, term: 0 }, []));
    for (let i = 0; i < 100; i++) node.tick();
    expect(node.hasReady()).toBe(false);
  });
});

describe('a configuration is refused', () => {
  it.each([
    ['without an id', { id: 0n }],
    ['with no election timeout', { electionTicks: 0 }],
    ['with broken ticks', { heartbeatTicks: 1.5 }],
    ['with heartbeats as rare as elections', { electionTicks: 3, heartbeatTicks: 3 }],
    ['with an empty window', { maxInflightMessages: 0 }],
  ])('%s', (_, fields) => {
    const options = { id: 1n, random: (): number => 0, ...fields };
    expect(() => resolveConfig(options)).toThrow(InvalidRaftStateError);
  });
});

describe("the node's own mistakes are assertions", () => {
  it('persisting what was not handed out', () => {
    const { node } = new TestCluster({ voters: [1] }).get(1);
    expect(() => node.persisted(99)).toThrow(AssertionError);
  });

  it('applying what was not handed out', () => {
    const { node } = new TestCluster({ voters: [1] }).get(1);
    expect(() => node.applied(99)).toThrow(AssertionError);
  });

  it('compacting what is not applied', () => {
    const { node } = new TestCluster({ voters: [1] }).get(1);
    expect(() => node.compact(99)).toThrow(AssertionError);
  });
});

it('no message at all makes a member throw', () => {
  const counter = fc.oneof(fc.nat(12), fc.constantFrom(-1, 2 ** 53 - 1, 2 ** 53, Number.NaN, 0.5));
  const id = fc.bigInt({ min: 0n, max: 5n });
  const bytes = fc.uint8Array({ maxLength: 10 });
  const anyEntry = fc.record({ type: fc.nat(3), term: counter, index: counter, data: bytes });
  const ids = fc.array(id, { maxLength: 4 });
  const metadata = fc.record({
    index: counter,
    term: counter,
    confState: fc.record({
      voters: ids,
      learners: ids,
      votersOutgoing: fc.constantFrom([], [1n]),
      learnersNext: fc.constant([]),
      autoLeave: fc.constant(false),
    }),
  });
  const anyMessage: fc.Arbitrary<Message> = fc.record({
    type: fc.integer({ min: -1, max: 24 }),
    to: fc.constantFrom(1n, 1n, 1n, 2n),
    from: id,
    term: counter,
    logTerm: counter,
    index: counter,
    entries: fc.array(anyEntry, { maxLength: 3 }),
    commit: counter,
    snapshot: fc.option(fc.record({ data: bytes, metadata }), { nil: undefined }),
    reject: fc.boolean(),
    rejectHint: counter,
    context: bytes,
  });
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 30 }), fc.boolean(), (list, leads) => {
      const cluster = new TestCluster({ voters: [1, 2, 3] });
      if (leads) cluster.elect(1);
      const { node } = cluster.get(1);
      for (const bad of list) {
        node.step(bad);
        node.tick();
        node.ready();
      }
    }),
    { numRuns: 500 },
  );
});
