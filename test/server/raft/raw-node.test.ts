// Goal: the face of raft does what `Ready` promises: what comes out when, and what waits for the disk.
// Method: single members and small clusters with a hand-operated disk and network. A failure means that a node built
// on the documented contract would lose data, stall or answer too early.

import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import { MessageType } from '../../../server/raft/types.ts';
import { TestCluster } from './cluster.ts';

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
