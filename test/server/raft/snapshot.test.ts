// Goal: a member that installs a snapshot does nothing it could not stand by yet, and leaders send snapshots to members
// that answer only. Method: single messages, with persisting and installing by hand. A failure means entries applied to
// a state that is not there, or snapshots made for the dead.

import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, utf8Bytes } from '../../../server/base/bytes.ts';
import { newDraft } from '../../../server/raft/messages.ts';
import { type Entry, type Message, MessageType } from '../../../server/raft/types.ts';
import { TestCluster } from './cluster.ts';

function message(type: number, fields: Partial<Message>): Message {
  return { ...newDraft(type, { to: 1n, from: 2n, term: 2 }), ...fields };
}

function entry(index: number, term: number): Entry {
  return { type: 0, term, index, data: EMPTY_BYTES };
}

/** Member 1 of three, which has just accepted a snapshot of index 9 and entry 10 after it. */
function installing(): TestCluster {
  const cluster = new TestCluster({ voters: [1, 2, 3] });
  const { node } = cluster.get(1);
  const metadata = { index: 9, term: 2, confState: node.confState() };
  node.step(message(MessageType.snap, { snapshot: { data: EMPTY_BYTES, metadata } }));
  node.step(
    message(MessageType.app, { index: 9, logTerm: 2, entries: [entry(10, 2)], commit: 10 }),
  );
  return cluster;
}

describe('a snapshot being installed', () => {
  it('is handed out once, before the entries after it, and acknowledged when durable', () => {
    const { node } = installing().get(1);
    const first = node.ready();
    expect(first.snapshot?.metadata.index).toBe(9);
    expect(first.entries.map((e) => e.index)).toEqual([10]);
    expect(first.mustSync).toBe(true);
    expect(first.messages).toEqual([]);
    expect(node.hasReady()).toBe(false);
    node.persisted(first.token);
    expect(node.ready().messages.map((m) => [m.type, m.index])).toEqual([
      [MessageType.appResp, 10],
    ]);
  });

  it('holds back what is committed after it until it is installed', () => {
    const { node } = installing().get(1);
    const { token } = node.ready();
    node.persisted(token);
    expect(node.ready().committed).toEqual([]);
    node.applied(9);
    expect(node.ready().committed.map((e) => e.index)).toEqual([10]);
    node.applied(10);
  });

  it('keeps the member from campaigning', () => {
    const { node } = installing().get(1);
    const { token } = node.ready();
    node.persisted(token);
    node.campaign();
    expect(node.role).toBe('follower');
    node.applied(9);
    node.campaign();
    expect(node.role).toBe('preCandidate');
  });

  it('may be overtaken by a newer one', () => {
    const { node } = installing().get(1);
    const first = node.ready();
    const metadata = { index: 20, term: 2, confState: node.confState() };
    node.step(message(MessageType.snap, { snapshot: { data: EMPTY_BYTES, metadata } }));
    node.persisted(first.token);
    expect(node.status().durable).toBe(10);
    node.applied(9);
    const second = node.ready();
    expect(second.snapshot?.metadata.index).toBe(20);
    expect(second.committed).toEqual([]);
    node.persisted(second.token);
    node.applied(20);
    expect(node.status()).toMatchObject({ applied: 20, committed: 20, durable: 20 });
  });

  it('brings its configuration with it', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    const { node } = cluster.get(1);
    const confState = { ...node.confState(), voters: [1n, 2n], learners: [7n] };
    const metadata = { index: 9, term: 2, confState };
    node.step(message(MessageType.snap, { snapshot: { data: EMPTY_BYTES, metadata } }));
    expect(node.confState()).toEqual(confState);
  });
});

describe('a leader', () => {
  it('sends a snapshot only to a member that was heard from', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.get(3).crash(0);
    cluster.propose(1, 'a');
    cluster.settle();
    cluster.get(1).compact();
    // An election timeout without an answer of member 3.
    for (let i = 0; i < 20; i++) {
      cluster.tick(1);
      cluster.settle();
    }
    const { node } = cluster.get(1);
    node.reportUnreachable(3n);
    const silent = node.status().members.find((member) => member.id === 3n);
    expect(silent).toMatchObject({ recentActive: false, state: 'probe', isPaused: false });
    cluster.propose(1, 'b');
    const types = cluster
      .ready(1)
      .messages.filter((m) => m.to === 3n)
      .map((m) => m.type);
    expect(types).not.toContain(MessageType.snap);
  });

  it('whose quorum shrinks answers the reads that are confirmed by then', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3, 4] });
    cluster.elect(1);
    const { node } = cluster.get(1);
    cluster.proposeConfChange(1, 'remove 4');
    node.readIndex(utf8Bytes('x'));
    const sent = cluster.ready(1).messages;
    const beat = sent.find((m) => m.type === MessageType.heartbeat);
    node.step(message(MessageType.heartbeatResp, { context: beat?.context ?? EMPTY_BYTES }));
    // Two of four have confirmed.
    expect(cluster.ready(1).readStates).toEqual([]);
    cluster.get(1).persistOne();
    node.step(message(MessageType.appResp, { from: 2n, index: 6 }));
    node.step(message(MessageType.appResp, { from: 3n, index: 6 }));
    cluster.ready(1);
    // The removal is applied: two of three are enough.
    expect(cluster.ready(1).readStates.map((read) => read.context)).toEqual([utf8Bytes('x')]);
  });
});

it('a follower commits no more than it knows to share with the leader', () => {
  const cluster = new TestCluster({ voters: [1, 2, 3] });
  const { node } = cluster.get(1);
  node.step(message(MessageType.app, { index: 3, logTerm: 1, entries: [entry(4, 2)] }));
  // The leader of term 3 has committed far ahead, but entry 4 is not known to be its.
  node.step(message(MessageType.app, { term: 3, index: 3, logTerm: 1, commit: 9 }));
  expect(node.status()).toMatchObject({ committed: 3, lastIndex: 4 });
});
