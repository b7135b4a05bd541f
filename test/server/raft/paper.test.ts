// Goal: one test per claim of the Raft paper ("In Search of an Understandable Consensus Algorithm", extended version) and
// of Ongaro's thesis, each with its section. Method: small hand-operated clusters and single messages. A failure means
// that this is not Raft any more, whatever the other tests say.

import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES, utf8Bytes } from '../../../server/base/bytes.ts';
import { TRANSFER_CONTEXT } from '../../../server/raft/election.ts';
import { newDraft } from '../../../server/raft/messages.ts';
import { type Entry, type Message, MessageType, type Ready } from '../../../server/raft/types.ts';
import { TestCluster } from './cluster.ts';

const OPEN = { preVote: false, checkQuorum: false };

function three(raft: object = OPEN): TestCluster {
  return new TestCluster({ voters: [1, 2, 3], raft });
}

/** A message to member 1, from member 2 unless said otherwise. */
function message(type: number, fields: Partial<Message>): Message {
  return { ...newDraft(type, { to: 1n, from: 2n, term: 2 }), ...fields };
}

function entry(index: number, term: number, text = ''): Entry {
  return { type: 0, term, index, data: utf8Bytes(text) };
}

/** All messages that come out of member 1 once its writes are durable. */
function answers(cluster: TestCluster): readonly Message[] {
  const all: Message[] = [];
  const member = cluster.get(1);
  while (member.node.hasReady() || member.writes.length > 0) {
    if (member.node.hasReady()) all.push(...member.takeReady().messages);
    else member.persistOne();
  }
  return all;
}

describe('5.1 Raft basics', () => {
  it.each(['follower', 'candidate', 'leader'] as const)(
    'a %s that sees a higher term takes it and becomes follower',
    (role) => {
      const cluster = three();
      if (role === 'leader') cluster.elect(1);
      if (role === 'candidate') cluster.get(1).node.campaign();
      const { node } = cluster.get(1);
      node.step(message(MessageType.app, { term: 9, index: 3, logTerm: 1 }));
      expect(node.status()).toMatchObject({ term: 9, role: 'follower', leader: 2n });
    },
  );

  it('a request of an old term is refused', () => {
    const cluster = three();
    const { node } = cluster.get(1);
    node.step(message(MessageType.heartbeat, { term: 5 }));
    answers(cluster);
    const old = message(MessageType.app, { term: 4, index: 3, logTerm: 1, entries: [entry(4, 4)] });
    expect(node.step(old)).toEqual({ kind: 'ignored', reason: 'oldTerm' });
    expect(node.lastIndex).toBe(3);
  });
});

describe('5.2 Leader election', () => {
  it('members start as followers', () => {
    expect(three().get(1).node.role).toBe('follower');
  });

  it('a leader sends heartbeats to all members', () => {
    const cluster = three();
    cluster.elect(1);
    cluster.tick(1);
    const ready = cluster.ready(1);
    expect(ready.messages.map((m) => [m.type, m.to])).toEqual([
      [MessageType.heartbeat, 2n],
      [MessageType.heartbeat, 3n],
    ]);
  });

  it('a follower that hears nothing raises its term, votes for itself and asks everybody', () => {
    const cluster = three();
    cluster.tick(1, 10);
    expect(cluster.get(1).node.status()).toMatchObject({ role: 'candidate', term: 2, vote: 1n });
    expect(answers(cluster).map((m) => [m.type, m.to, m.term])).toEqual([
      [MessageType.vote, 2n, 2],
      [MessageType.vote, 3n, 2],
    ]);
  });

  it('a follower that hears from a leader does not campaign', () => {
    const cluster = three();
    const { node } = cluster.get(1);
    for (let i = 0; i < 50; i++) {
      node.tick();
      node.step(message(MessageType.heartbeat, {}));
    }
    expect(node.role).toBe('follower');
  });

  it.each([
    { size: 1, granted: 0, rejected: 0, role: 'leader' },
    { size: 3, granted: 1, rejected: 0, role: 'leader' },
    { size: 3, granted: 0, rejected: 1, role: 'candidate' },
    { size: 3, granted: 0, rejected: 2, role: 'follower' },
    { size: 5, granted: 2, rejected: 0, role: 'leader' },
    { size: 5, granted: 2, rejected: 2, role: 'leader' },
    { size: 5, granted: 1, rejected: 2, role: 'candidate' },
    { size: 5, granted: 0, rejected: 3, role: 'follower' },
  ])('of $size with $granted yes and $rejected no: $role', ({ size, granted, rejected, role }) => {
    const ids = Array.from({ length: size }, (_, i) => i + 1);
    const cluster = new TestCluster({ voters: ids, raft: OPEN });
    const { node } = cluster.get(1);
    node.campaign();
    answers(cluster);
    for (let i = 0; i < granted + rejected; i++) {
      node.step(message(MessageType.voteResp, { from: BigInt(i + 2), reject: i >= granted }));
    }
    expect(node.role).toBe(role);
  });

  it('a member votes for one candidate in a term, first come first served, and says so again', () => {
    const cluster = three();
    const { node } = cluster.get(1);
    const ask = (from: bigint): void => {
      node.step(message(MessageType.vote, { from, index: 3, logTerm: 1 }));
    };
    ask(2n);
    ask(3n);
    ask(2n);
    expect(answers(cluster).map((m) => [m.to, m.reject])).toEqual([
      [2n, false],
      [3n, true],
      [2n, false],
    ]);
  });

  it('a candidate that hears from a leader of its term becomes follower', () => {
    const cluster = three();
    const { node } = cluster.get(1);
    node.campaign();
    node.step(message(MessageType.app, { index: 3, logTerm: 1 }));
    expect(node.status()).toMatchObject({ role: 'follower', term: 2, leader: 2n });
  });

  it('a candidate whose election comes to nothing starts another with a higher term', () => {
    const cluster = three();
    cluster.tick(1, 10);
    cluster.tick(1, 10);
    expect(cluster.get(1).node.status()).toMatchObject({ role: 'candidate', term: 3 });
  });

  it('election timeouts are drawn from [E, 2E-1]', () => {
    const waits = new Set<number>();
    for (let draw = 0; draw < 10; draw++) {
      const cluster = new TestCluster({ voters: [1, 2], raft: OPEN, random: () => draw });
      let ticks = 0;
      while (cluster.get(1).node.role === 'follower') {
        cluster.tick(1);
        ticks++;
      }
      waits.add(ticks);
    }
    expect([...waits]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });
});

describe('5.3 Log replication', () => {
  it('an entry is committed once a majority has it, and followers learn of it', () => {
    const cluster = three();
    cluster.elect(1);
    cluster.partition([3], [1, 2]);
    cluster.propose(1, 'a');
    cluster.settle();
    expect(cluster.commandsOf(1)).toEqual(['a']);
    expect(cluster.commandsOf(2)).toEqual(['a']);
    expect(cluster.commandsOf(3)).toEqual([]);
  });

  it('without a majority nothing is committed', () => {
    const cluster = three();
    cluster.elect(1);
    cluster.partition([1], [2, 3]);
    cluster.propose(1, 'a');
    cluster.settle();
    expect(cluster.commandsOf(1)).toEqual([]);
  });

  it('a leader retries for as long as it takes', () => {
    const cluster = three();
    cluster.elect(1);
    cluster.partition([3], [1, 2]);
    for (const command of ['a', 'b', 'c']) {
      cluster.propose(1, command);
      cluster.settle();
    }
    cluster.heal();
    cluster.tick(1);
    cluster.settle();
    expect(cluster.commandsOf(3)).toEqual(['a', 'b', 'c']);
  });

  it('consistency check: entries whose predecessor is missing or differs are refused', () => {
    for (const [index, logTerm] of [
      [4, 2],
      [3, 2],
    ] as const) {
      const cluster = three();
      const { node } = cluster.get(1);
      node.step(message(MessageType.app, { index, logTerm, entries: [entry(index + 1, 2)] }));
      const [answer] = answers(cluster);
      expect(answer).toMatchObject({ type: MessageType.appResp, reject: true, index });
      expect(node.lastIndex).toBe(3);
    }
  });

  // Figure 7: logs of followers when a leader comes to power, relative to the entries all start with.
  it.each([
    { name: 'a: misses one', terms: [1, 1, 1, 4, 4, 5, 5, 6, 6] },
    { name: 'b: misses many', terms: [1, 1, 1, 4] },
    { name: 'c: has one more', terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6] },
    { name: 'd: has more of a later term', terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7] },
    { name: 'e: has a fork at the end', terms: [1, 1, 1, 4, 4, 4, 4] },
    { name: 'f: has a long fork', terms: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3] },
  ])('figure 7, follower $name', ({ terms }) => {
    const cluster = three();
    const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    for (const [id, list] of [
      [1, leaderTerms],
      [2, terms],
      [3, [1, 1, 1]],
    ] as const) {
      const member = cluster.get(id);
      const tail = list.slice(3).map((term, i) => entry(i + 4, term));
      member.disk = [...member.disk, ...tail];
      member.hardState = { term: 7, vote: 0n, commit: 3 };
      member.restart();
      member.takeReady();
    }
    // Member 2 may refuse, member 3 votes.
    cluster.elect(1);
    cluster.settle();
    const terms8 = [...leaderTerms, 8];
    for (const id of [1, 2, 3]) {
      const { node } = cluster.get(id);
      expect(terms8.map((_, i) => node.term(i + 1))).toEqual(terms8);
      expect(node.lastIndex).toBe(11);
    }
  });
});

describe('5.4 Safety', () => {
  it.each([
    { index: 3, logTerm: 1, granted: true, why: 'equal' },
    { index: 4, logTerm: 1, granted: true, why: 'longer' },
    { index: 1, logTerm: 2, granted: true, why: 'of a later term' },
    { index: 2, logTerm: 1, granted: false, why: 'shorter' },
    { index: 9, logTerm: 0, granted: false, why: 'of an earlier term' },
  ])('5.4.1: a vote for a log that is $why: $granted', ({ index, logTerm, granted }) => {
    const cluster = three();
    cluster.get(1).node.step(message(MessageType.vote, { term: 3, index, logTerm }));
    expect(answers(cluster)).toMatchObject([{ type: MessageType.voteResp, reject: !granted }]);
  });

  it('5.4.2, figure 8: an entry of an earlier term is not committed by counting copies', () => {
    const cluster = three();
    const member = cluster.get(1);
    member.disk = [...member.disk, entry(4, 2, 'old')];
    member.hardState = { term: 2, vote: 0n, commit: 3 };
    member.restart();
    member.takeReady();
    const { node } = member;
    node.campaign();
    answers(cluster);
    node.step(message(MessageType.voteResp, { term: 3 }));
    answers(cluster);
    // A majority has entry 4, but not yet the leader's own entry 5.
    node.step(message(MessageType.appResp, { term: 3, index: 4 }));
    expect(node.status().committed).toBe(3);
    node.step(message(MessageType.appResp, { term: 3, index: 5 }));
    expect(node.status().committed).toBe(5);
  });

  it('5.4.3: commands are applied in the same order everywhere', () => {
    const cluster = three();
    cluster.elect(1);
    cluster.propose(2, 'b');
    cluster.propose(1, 'a');
    cluster.settle();
    expect(cluster.commandsOf(2)).toEqual(cluster.commandsOf(1));
    expect(cluster.commandsOf(3)).toEqual(cluster.commandsOf(1));
  });
});

describe('5.6 and thesis 3.8: what must be durable first', () => {
  const waits = (first: Ready, rest: readonly Message[]): void => {
    expect(first.mustSync).toBe(true);
    expect(first.messages).toEqual([]);
    expect(rest).toHaveLength(1);
  };

  it('a vote', () => {
    const cluster = three();
    cluster.get(1).node.step(message(MessageType.vote, { index: 3, logTerm: 1 }));
    waits(cluster.ready(1), answers(cluster));
  });

  it('an acknowledgement', () => {
    const cluster = three();
    const { node } = cluster.get(1);
    node.step(message(MessageType.app, { index: 3, logTerm: 1, entries: [entry(4, 2)] }));
    waits(cluster.ready(1), answers(cluster));
  });

  it('a request for votes, whose log must not shrink in a crash', () => {
    const cluster = new TestCluster({ voters: [1, 2], raft: OPEN });
    cluster.get(1).node.campaign();
    waits(cluster.ready(1), answers(cluster));
  });

  it("the leader's own copy counts for commitment", () => {
    const cluster = three();
    cluster.elect(1);
    cluster.propose(1, 'a');
    cluster.ready(1);
    const { node } = cluster.get(1);
    node.step(message(MessageType.appResp, { index: 5 }));
    expect(node.status().committed).toBe(4);
    cluster.get(1).persistOne();
    expect(node.status().committed).toBe(5);
  });
});

describe('thesis 3.10 Leadership transfer', () => {
  it('the successor campaigns at once, and voters with a live leader listen', () => {
    const cluster = three({ preVote: true, checkQuorum: true });
    cluster.elect(1);
    expect(cluster.get(1).node.transferLeadership(2n)).toBe(true);
    cluster.settle();
    expect(cluster.get(2).node.role).toBe('leader');
  });

  it('only after it has the whole log', () => {
    const cluster = three();
    cluster.elect(1);
    cluster.propose(1, 'a');
    cluster.get(1).node.transferLeadership(2n);
    const types = cluster.ready(1).messages.map((m) => m.type);
    expect(types).not.toContain(MessageType.timeoutNow);
  });
});

describe('thesis 4.2.3 and 6.2: a live leader is not disturbed', () => {
  it('votes are refused in silence while the leader is heard from', () => {
    const cluster = three({ preVote: false, checkQuorum: true });
    const { node } = cluster.get(1);
    node.step(message(MessageType.heartbeat, { from: 3n }));
    const ask = message(MessageType.vote, { term: 9, index: 99, logTerm: 2 });
    expect(node.step(ask)).toEqual({ kind: 'ignored', reason: 'leaderAlive' });
    expect(node.status().term).toBe(2);
    expect(node.step({ ...ask, context: TRANSFER_CONTEXT }).kind).toBe('taken');
  });

  it('but not once it has been silent for an election timeout', () => {
    const cluster = three({ preVote: false, checkQuorum: true });
    const { node } = cluster.get(1);
    node.step(message(MessageType.heartbeat, { from: 3n }));
    for (let i = 0; i < 9; i++) node.tick();
    expect(node.role).toBe('follower');
    const ask = message(MessageType.vote, { term: 9, index: 99, logTerm: 2 });
    expect(node.step(ask).kind).toBe('ignored');
    node.tick();
    expect(node.step(ask).kind).toBe('taken');
  });

  it('6.2: a leader that a quorum does not answer steps down', () => {
    const cluster = three({ preVote: false, checkQuorum: true });
    cluster.elect(1);
    cluster.tick(1, 20);
    expect(cluster.get(1).node.role).toBe('follower');
  });
});

describe('thesis 6.4 Linearizable reads', () => {
  it('a read waits until a quorum confirms the leader', () => {
    const cluster = three({ preVote: false, checkQuorum: false });
    cluster.elect(1);
    cluster.partition([1], [2, 3]);
    cluster.get(1).node.readIndex(utf8Bytes('x'));
    cluster.settle();
    cluster.tick(1, 30);
    cluster.settle();
    expect(cluster.get(1).reads).toEqual([]);
    cluster.elect(2);
    cluster.propose(2, 'newer');
    cluster.settle();
    cluster.heal();
    cluster.tick(1);
    cluster.settle();
    expect(cluster.get(1).reads).toEqual([]);
  });

  it('an old confirmation does not serve a newer read', () => {
    const cluster = three();
    cluster.elect(1);
    const { node } = cluster.get(1);
    node.readIndex(utf8Bytes('x'));
    const [beat] = cluster.ready(1).messages;
    const context = beat?.context ?? EMPTY_BYTES;
    node.readIndex(utf8Bytes('y'));
    node.step(message(MessageType.heartbeatResp, { context }));
    expect(cluster.ready(1).readStates.map((read) => read.context)).toEqual([utf8Bytes('x')]);
  });
});

describe('thesis 9.6 Pre-vote', () => {
  it('asking changes neither term nor vote', () => {
    const cluster = three({ preVote: true });
    cluster.get(1).node.campaign();
    expect(cluster.get(1).node.status()).toMatchObject({ role: 'preCandidate', term: 1, vote: 0n });
    expect(cluster.ready(1).mustSync).toBe(false);
  });

  it('answering changes neither term nor vote', () => {
    const cluster = three({ preVote: true });
    const { node } = cluster.get(1);
    node.step(message(MessageType.preVote, { term: 7, index: 3, logTerm: 1 }));
    expect(answers(cluster)).toMatchObject([
      { type: MessageType.preVoteResp, term: 7, reject: false },
    ]);
    expect(node.status()).toMatchObject({ term: 1, vote: 0n });
  });

  it('a refusal carries the own term, from which the asker learns', () => {
    const cluster = three({ preVote: true });
    const { node } = cluster.get(1);
    node.step(message(MessageType.heartbeat, { term: 9 }));
    node.step(message(MessageType.preVote, { term: 3, index: 3, logTerm: 1 }));
    const answer = answers(cluster).find((m) => m.type === MessageType.preVoteResp);
    expect(answer).toMatchObject({ term: 9, reject: true });
  });
});

describe('section 7 Log compaction', () => {
  it('a follower replaces its log by a newer snapshot and goes on from there', () => {
    const cluster = three();
    cluster.elect(1);
    cluster.get(3).crash(0);
    cluster.propose(1, 'a', 'b');
    cluster.settle();
    cluster.get(1).compact();
    cluster.get(3).restart();
    cluster.tick(1);
    cluster.settle();
    cluster.propose(1, 'c');
    cluster.settle();
    expect(cluster.get(3).installedCount).toBe(1);
    expect(cluster.commandsOf(3)).toEqual(['a', 'b', 'c']);
  });

  it('a snapshot of what a follower has already changes nothing', () => {
    const cluster = three();
    cluster.elect(2);
    const { node } = cluster.get(1);
    const metadata = { index: 4, term: 2, confState: node.confState() };
    const snapshot = { data: EMPTY_BYTES, metadata };
    node.step(message(MessageType.snap, { snapshot }));
    expect(node.firstIndex).toBe(1);
    expect(answers(cluster)).toMatchObject([{ type: MessageType.appResp, index: 4 }]);
  });
});
