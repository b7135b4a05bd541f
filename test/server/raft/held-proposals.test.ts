// Goal: a proposal that was passed on survives a change of leaders that everybody agrees to. Method: proposals of followers
// arrive in each of the states in which nobody takes any. A failure means that clients wait for a time-out whenever a
// leader is stopped in good order, or that old proposals turn up long after their clients were told that they failed.
import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import { HeldProposals } from '../../../server/raft/held-proposals.ts';
import { HELD_PROPOSAL_BYTES_MAX } from '../../../server/raft/limits.ts';
import { newDraft, unplacedEntry } from '../../../server/raft/messages.ts';
import { EntryType, type Message, MessageType } from '../../../server/raft/types.ts';
import { TestCluster } from './cluster.ts';

const ELECTION_TICKS = 10;

/** A leader with its successor named, which has not heard of it yet. */
function handingOver(): TestCluster {
  const cluster = new TestCluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.get(1).node.transferLeadership(2n);
  return cluster;
}

function proposal(from: bigint, sizeBytes: number): Message {
  const message = newDraft(MessageType.prop, { to: 1n, from, term: 0 });
  message.entries = [unplacedEntry(EntryType.normal, new Uint8Array(sizeBytes))];
  return message;
}

describe('a proposal that comes while leadership moves', () => {
  it.each([
    ['a bystander', 3],
    ['the successor', 2],
  ])('from %s gets into the log once', (_, from) => {
    const cluster = handingOver();
    cluster.propose(from, 'x');
    cluster.ready(from);
    expect(cluster.deliver(0)?.kind).toBe('taken');
    cluster.settle();
    expect(cluster.get(2).node.role).toBe('leader');
    expect(cluster.commandsOf(3).filter((text) => text === 'x')).toEqual(['x']);
  });

  it('is taken by the leader itself when the successor does not take over', () => {
    const cluster = handingOver();
    const { node } = cluster.get(1);
    node.step(proposal(3n, 1));
    const before = node.lastIndex;
    expect(cluster.ready(1).entries).toEqual([]);
    // Others answer, the successor does not campaign: leadership stays.
    for (let i = 0; i < ELECTION_TICKS; i++) node.tick();
    expect(node.role).toBe('leader');
    expect(node.hasReady()).toBe(true);
    cluster.ready(1);
    expect(node.lastIndex).toBe(before + 1);
  });

  it('waits for a candidate to win', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    const { node } = cluster.get(1);
    node.campaign();
    node.step(proposal(3n, 1));
    const before = node.lastIndex;
    cluster.settle();
    expect(node.role).toBe('leader');
    expect(node.lastIndex).toBe(before + 2);
  });
});

describe('what is held', () => {
  it('is forgotten after two election timeouts', () => {
    const { node } = new TestCluster({ voters: [1, 2, 3] }).get(1);
    node.step(proposal(3n, 1));
    for (let i = 0; i < 2 * ELECTION_TICKS; i++) node.tick();
    const heartbeat = newDraft(MessageType.heartbeat, { to: 1n, from: 2n, term: 9 });
    expect(node.step(heartbeat).kind).toBe('taken');
    const types = node.ready().messages.map((message) => message.type);
    expect(types).not.toContain(MessageType.prop);
  });

  it('goes to whoever is heard from as the leader', () => {
    const { node } = new TestCluster({ voters: [1, 2, 3] }).get(1);
    node.step(proposal(3n, 5));
    node.step(newDraft(MessageType.heartbeat, { to: 1n, from: 2n, term: 9 }));
    const [passed] = node.ready().messages.filter(({ type }) => type === MessageType.prop);
    expect(passed).toMatchObject({ from: 3n, to: 2n, term: 0 });
    expect(passed?.entries.length).toBe(1);
  });

  it('is bounded', () => {
    const held = new HeldProposals();
    expect(held.add(proposal(3n, HELD_PROPOSAL_BYTES_MAX), 5)).toBe(true);
    expect(held.add(proposal(3n, 1), 5)).toBe(false);
    for (let i = 0; i < 5; i++) held.tick();
    expect(held.isEmpty).toBe(true);
    expect(held.add(proposal(3n, 1), 5)).toBe(true);
    expect(held.takeAll().length).toBe(1);
    expect(held.add(proposal(3n, HELD_PROPOSAL_BYTES_MAX), 5)).toBe(true);
  });
});

it('a proposal of the leader itself is refused while it hands over, for its node to keep', () => {
  const { node } = handingOver().get(1);
  expect(node.propose([utf8Bytes('x')])).toEqual({ kind: 'dropped', reason: 'transferring' });
});
