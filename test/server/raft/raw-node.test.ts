// Goal: the face of raft does what `Ready` promises: what comes out when, and what waits for the disk.
// Method: single members and small clusters with a hand-operated disk and network. A failure means that a node built
// on the documented contract would lose data, stall or answer too early.

import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import { MAX_COMMITTED_PER_READY } from '../../../server/raft/limits.ts';
import { newDraft } from '../../../server/raft/messages.ts';
import { MessageType } from '../../../server/raft/types.ts';
import { TestCluster } from './cluster.ts';

const TINY = { maxSizePerMessageBytes: 60 };

const text = (value: string): Uint8Array => utf8Bytes(value);

describe('a single voter', () => {
  it('becomes leader once its own vote is durable', () => {
    const cluster = new TestCluster({ voters: [1] });
    const { node } = cluster.get(1);
    node.campaign();
    expect(node.role).toBe('candidate');
    const ready = cluster.ready(1);
    expect(ready.mustSync).toBe(true);
    expect(ready.hardState).toEqual({ term: 2, vote: 1n, commit: 1 });
    expect(node.role).toBe('candidate');
    cluster.get(1).persistOne();
    expect(node.role).toBe('leader');
  });

  it('commits and applies only what is durable', () => {
    const cluster = new TestCluster({ voters: [1] });
    cluster.elect(1);
    cluster.propose(1, 'a', 'b');
    const ready = cluster.ready(1);
    expect(ready.entries.map((entry) => entry.index)).toEqual([3, 4]);
    expect(ready.committed).toEqual([]);
    expect(cluster.get(1).node.hasReady()).toBe(false);
    cluster.propose(1, 'c');
    const second = cluster.ready(1);
    expect(second.entries.map((entry) => entry.index)).toEqual([5]);
    cluster.get(1).persistOne();
    expect(cluster.ready(1).committed.map((entry) => entry.index)).toEqual([3, 4]);
    cluster.settle();
    expect(cluster.commandsOf(1)).toEqual(['a', 'b', 'c']);
  });
});

describe('three voters', () => {
  it('elect a leader and replicate', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.propose(1, 'a');
    cluster.propose(2, 'b');
    cluster.settle();
    for (const id of [1, 2, 3]) expect(cluster.commandsOf(id)).toEqual(['a', 'b']);
    expect(cluster.get(3).node.leader).toBe(1n);
  });

  it('the leader sends before it persists', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.propose(1, 'a');
    const ready = cluster.ready(1);
    expect(ready.messages.map((message) => message.type)).toEqual([
      MessageType.app,
      MessageType.app,
    ]);
    expect(cluster.get(1).writes).toHaveLength(1);
  });

  it('a follower acknowledges only what is durable', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.propose(1, 'a');
    cluster.ready(1);
    cluster.deliver(0);
    const ready = cluster.ready(2);
    expect(ready.entries).toHaveLength(1);
    expect(ready.messages).toEqual([]);
    expect(cluster.get(2).node.hasReady()).toBe(false);
    cluster.get(2).persistOne();
    expect(cluster.ready(2).messages.map((message) => message.type)).toEqual([MessageType.appResp]);
  });
});

it('proposals of nothing are accepted and do nothing', () => {
  const cluster = new TestCluster({ voters: [1] });
  cluster.elect(1);
  expect(cluster.get(1).node.propose([])).toEqual({ kind: 'accepted' });
  expect(cluster.get(1).node.hasReady()).toBe(false);
  expect(cluster.get(1).node.propose([text('')])).toEqual({ kind: 'accepted' });
  expect(cluster.get(1).node.hasReady()).toBe(true);
});

describe('what one Ready holds', () => {
  it('does not change after it was handed out', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.propose(1, 'a');
    const first = cluster.ready(1);
    const picture = structuredClone(first);
    cluster.propose(1, 'b');
    cluster.get(1).persistOne();
    const empty = cluster.ready(1);
    cluster.tick(1, 3);
    cluster.settle();
    expect(first).toEqual(picture);
    expect(empty.readStates).toEqual([]);
  });

  it('is bounded: a long log is handed out for applying in parts', () => {
    const cluster = new TestCluster({ voters: [1] });
    cluster.elect(1);
    const batch = Array.from({ length: MAX_COMMITTED_PER_READY + 5 }, () => text('x'));
    cluster.get(1).node.propose(batch);
    cluster.ready(1);
    cluster.get(1).persistOne();
    expect(cluster.ready(1).committed).toHaveLength(MAX_COMMITTED_PER_READY);
    expect(cluster.get(1).node.hasReady()).toBe(true);
    expect(cluster.ready(1).committed).toHaveLength(5);
  });

  it('carries one acknowledgement for all appends of a write', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3], raft: TINY });
    cluster.elect(1);
    cluster.propose(1, 'a', 'b', 'c', 'd', 'e', 'f');
    expect(cluster.ready(1).messages.filter((m) => m.to === 2n)).toHaveLength(3);
    for (let i = 0; i < 3; i++) cluster.deliver(0);
    cluster.ready(2);
    cluster.get(2).persistOne();
    expect(cluster.ready(2).messages.map((m) => m.index)).toEqual([10]);
  });

  it('releases messages in order when a later token covers earlier ones', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    const follower = cluster.get(2).node;
    for (const command of ['a', 'b', 'c']) {
      cluster.propose(1, command);
      cluster.ready(1);
      cluster.deliver(0);
      cluster.network = [];
      cluster.ready(2);
    }
    const { token } = cluster.get(2).writes.at(-1) ?? { token: 0 };
    follower.persisted(token);
    expect(follower.ready().messages.map((m) => m.index)).toEqual([5, 6, 7]);
    expect(follower.status().durable).toBe(7);
  });

  it('repeats nothing: with everything done there is nothing more', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    for (const id of [1, 2, 3]) expect(cluster.get(id).node.hasReady()).toBe(false);
  });
});

describe('a follower passes on', () => {
  it('proposals, in messages of bounded size', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3], raft: TINY });
    cluster.elect(1);
    cluster.propose(2, 'a', 'b', 'c', 'd', 'e');
    const ready = cluster.ready(2);
    expect(ready.messages.map((m) => m.entries.length)).toEqual([2, 2, 1]);
    expect(ready.messages.every((m) => m.type === MessageType.prop && m.term === 0)).toBe(true);
    cluster.settle();
    expect(cluster.commandsOf(3)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('a transfer, naming the successor as sender', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.get(2).node.transferLeadership(3n);
    const [message] = cluster.ready(2).messages;
    expect(message).toMatchObject({ type: MessageType.transferLeader, from: 3n, to: 1n, term: 2 });
    cluster.settle();
    expect(cluster.get(3).node.role).toBe('leader');
  });

  it('reads, answered to whoever began them', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.get(3).node.readIndex(text('x'));
    cluster.settle();
    expect(cluster.get(3).reads).toEqual([{ index: 4, context: text('x') }]);
    expect(cluster.get(1).reads).toEqual([]);
  });
});

describe('leadership cannot be given', () => {
  it.each([
    ['a stranger', 9n],
    ['a learner', 4n],
  ])('to %s', (_, id) => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.addMember(4);
    cluster.proposeConfChange(1, 'learner 4');
    cluster.settle();
    expect(cluster.get(1).node.transferLeadership(id)).toBe(false);
  });

  it('without a leader', () => {
    const { node } = new TestCluster({ voters: [1, 2, 3] }).get(1);
    expect(node.transferLeadership(2n)).toBe(false);
  });
});

it('a learner hears everything, votes when asked, and never campaigns', () => {
  const cluster = new TestCluster({ voters: [1, 2] });
  cluster.elect(1);
  const learner = cluster.addMember(3);
  cluster.proposeConfChange(1, 'learner 3');
  cluster.propose(1, 'a');
  cluster.settle();
  expect(cluster.commandsOf(3)).toEqual(['a']);
  learner.node.campaign();
  expect(learner.node.status()).toMatchObject({ role: 'follower', isLearner: true });
  for (let i = 0; i < 30; i++) learner.node.tick();
  expect(learner.node.role).toBe('follower');
  const request = newDraft(MessageType.vote, { to: 3n, from: 2n, term: 9 });
  learner.node.step({ ...request, index: 99, logTerm: 2 });
  cluster.ready(3);
  learner.persistOne();
  expect(cluster.ready(3).messages).toMatchObject([{ type: MessageType.voteResp, reject: false }]);
});

it('says in the log who leads, in the words people look for', () => {
  const lines: string[] = [];
  const logger = { ...SILENT_LOGGER, info: (line: string) => void lines.push(line) };
  const cluster = new TestCluster({ voters: [1], raft: { logger } });
  cluster.elect(1);
  expect(lines).toEqual([
    '1 is starting a new election at term 1',
    '1 became pre-candidate at term 1',
    '1 became candidate at term 2',
    '1 became leader at term 2',
    'raft.node: 1 elected leader 1 at term 2',
  ]);
});
