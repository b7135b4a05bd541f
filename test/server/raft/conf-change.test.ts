// Goal: configuration changes do to members, quorums and leaders what etcd's do. Method: changes applied one by one. A
// failure means members that count when they should not, or that members disagree on who votes.

import { describe, expect, it } from 'vitest';
import { EMPTY_BYTES } from '../../../server/base/bytes.ts';
import { applyChange, confStateProblem } from '../../../server/raft/conf-change.ts';
import { MAX_MEMBERS } from '../../../server/raft/limits.ts';
import { Members } from '../../../server/raft/members.ts';
import { EMPTY_CONF_STATE } from '../../../server/raft/restart.ts';
import { parseConfChange, TestCluster } from './cluster.ts';

function membersAfter(...changes: string[]): Members {
  const members = new Members({ messages: 2, bytes: 100 });
  for (const change of changes) applyChange(members, parseConfChange(change), 1);
  return members;
}

function picture(members: Members): string {
  const { voters, learners } = members.confState();
  return `${voters.join(' ')} | ${learners.join(' ')}`;
}

describe('changes', () => {
  it.each([
    { changes: ['add 3', 'add 1', 'add 2'], result: '1 2 3 | ', why: 'ids ascend' },
    { changes: ['add 1', 'learner 3', 'learner 2'], result: '1 | 2 3', why: 'learners too' },
    { changes: ['add 1', 'learner 2', 'add 2'], result: '1 2 | ', why: 'promotion' },
    { changes: ['add 1', 'add 2', 'learner 2'], result: '1 | 2', why: 'demotion' },
    { changes: ['add 1', 'add 2', 'remove 2'], result: '1 | ', why: 'removal' },
    { changes: ['add 1', 'add 1'], result: '1 | ', why: 'twice is once' },
    { changes: ['add 1', 'remove 7'], result: '1 | ', why: 'unknown id' },
    { changes: ['add 1', 'add 0'], result: '1 | ', why: 'refused when applied' },
    { changes: ['add 1', 'none 1'], result: '1 | ', why: 'an update' },
    { changes: ['add 1', 'learner 2', 'remove 1'], result: '1 | 2', why: 'the last voter stays' },
    { changes: ['add 1', 'learner 1'], result: '1 | ', why: 'the last voter stays a voter' },
  ])('$changes: $why', ({ changes, result }) => {
    expect(picture(membersAfter(...changes))).toBe(result);
  });

  it('of a type nobody knows change nothing', () => {
    const members = membersAfter('add 1');
    applyChange(members, { id: 1n, type: 9, nodeId: 2n, context: EMPTY_BYTES }, 1);
    expect(picture(members)).toBe('1 | ');
  });

  it('keep what is known of a promoted member', () => {
    const members = membersAfter('add 1', 'learner 2');
    members.find(2n)?.acknowledged(7);
    applyChange(members, parseConfChange('add 2'), 1);
    expect(members.find(2n)?.match).toBe(7);
  });
});

describe('learners', () => {
  it('count neither for commitment nor for elections', () => {
    const members = membersAfter('add 1', 'learner 2', 'learner 3');
    for (const member of members.all) {
      if (!member.isLearner) continue;
      member.acknowledged(9);
      member.vote = 'granted';
    }
    expect(members.committedIndex()).toBe(0);
    expect(members.tally()).toBe('pending');
  });
});

describe('a leader', () => {
  it('is asked for one change at a time', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.proposeConfChange(1, 'learner 4');
    cluster.proposeConfChange(1, 'learner 5');
    cluster.settle();
    expect(cluster.get(1).node.confState().learners).toEqual([4n]);
    cluster.proposeConfChange(1, 'learner 5');
    cluster.settle();
    expect(cluster.get(2).node.confState().learners).toEqual([4n, 5n]);
  });

  it('that is new takes none until its predecessors entries are applied', () => {
    const cluster = new TestCluster({ voters: [1] });
    const member = cluster.get(1);
    member.node.campaign();
    cluster.ready(1);
    member.persistOne();
    // Everything is applied, so the first change is fine even before the leader's own entry.
    cluster.proposeConfChange(1, 'learner 2');
    cluster.settle();
    expect(member.node.confState().learners).toEqual([2n]);
  });

  it('commits at once what a smaller quorum already has', () => {
    const cluster = new TestCluster({ voters: [1, 2] });
    cluster.elect(1);
    cluster.proposeConfChange(1, 'remove 2');
    cluster.propose(1, 'a');
    cluster.ready(1);
    // Member 2 gets the removal only, and acknowledges it before it is gone.
    cluster.deliver(0);
    cluster.ready(2);
    cluster.get(2).persistOne();
    cluster.ready(2);
    cluster.deliver(0);
    cluster.settle();
    expect(cluster.commandsOf(1)).toEqual(['a']);
  });

  it('gives up handing leadership to a member that is removed', () => {
    const cluster = new TestCluster({ voters: [1, 2, 3] });
    cluster.elect(1);
    cluster.partition([3], [1, 2]);
    cluster.proposeConfChange(1, 'remove 3');
    cluster.get(1).node.transferLeadership(3n);
    expect(cluster.get(1).node.status().transferee).toBe(3n);
    cluster.settle();
    expect(cluster.get(1).node.status().transferee).toBe(0n);
  });
});

describe('a configuration from outside', () => {
  it.each([
    ['is fine', { voters: [1n], learners: [2n] }, undefined],
    ['may be empty', {}, undefined],
    ['is joint', { voters: [1n], votersOutgoing: [1n] }, 'joint configuration'],
    ['names nobody', { voters: [0n] }, 'member id 0'],
    ['names somebody twice', { voters: [1n], learners: [1n] }, 'member 1 twice'],
    ['has nobody to vote', { learners: [1n] }, 'no voters'],
    [
      'is absurd',
      { voters: Array.from({ length: MAX_MEMBERS + 1 }, (_, i) => BigInt(i + 1)) },
      'too many members',
    ],
  ])('%s', (_, fields, problem) => {
    expect(confStateProblem({ ...EMPTY_CONF_STATE, ...fields })).toBe(problem);
  });
});
