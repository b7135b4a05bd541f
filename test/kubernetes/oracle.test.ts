// Goal: the oracle of the operator's scenarios can fail. Method: a history of good samples breaks no rule; the same with one
// bad sample breaks the rule it is meant for, and no other. A failure means that a scenario would pass whatever happened.
import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.ts';
import { Oracle, type OracleOptions } from './oracle.ts';
import { unrestBetween, writesBetween } from './quiet.ts';
import type { AnswerSample, Sample } from './sample.ts';

const NAMES = ['a', 'b', 'c'];
const STEP_MS = 100;

function good(atMs: number): Sample {
  return {
    atMs,
    patience: 1,
    status: {
      generation: 2,
      observedGeneration: 2,
      clusterId: 'c1',
      leader: 'a',
      readyReplicas: 3,
      conditions: { Ready: 'True', Available: 'True' },
    },
    pods: NAMES.map((name) => ({
      name,
      uid: `pod-${name}`,
      isTerminating: false,
      isReady: true,
      restarts: 0,
    })),
    answers: new Map(NAMES.map((name) => [name, answerOf(name, atMs)])),
    list: NAMES.map((name) => ({ id: `id-${name}`, name, isLearner: false })),
    claims: NAMES.map((member) => ({ uid: `claim-${member}`, member, isTerminating: false })),
    members: NAMES,
    isOperated: true,
    faulty: new Set(),
  };
}

function answerOf(name: string, atMs: number): AnswerSample {
  return {
    atMs,
    podUid: `pod-${name}`,
    memberId: `id-${name}`,
    clusterId: 'c1',
    leaderId: 'id-a',
    appliedIndex: 10,
  };
}

/** A good second, then `change` for `lastMs`, then a good second again. */
function play(change: (sample: Sample) => Sample, lastMs = 1_000, options: OracleOptions = {}) {
  const oracle = new Oracle(options);
  let atMs = 0;
  const feed = (durationMs: number, shape: (sample: Sample) => Sample): void => {
    for (const endMs = atMs + durationMs; atMs < endMs; atMs += STEP_MS) {
      oracle.observe(shape(good(atMs)));
    }
  };
  feed(1_000, (sample) => sample);
  feed(lastMs, change);
  feed(1_000, (sample) => sample);
  return oracle;
}

function rulesBroken(change: (sample: Sample) => Sample, lastMs?: number): readonly string[] {
  return [...new Set(play(change, lastMs).broken.map(({ rule }) => rule))];
}

const without = (sample: Sample, ...names: readonly string[]): Sample => ({
  ...sample,
  answers: new Map([...sample.answers].filter(([name]) => !names.includes(name))),
});

describe('the oracle', () => {
  it('finds nothing wrong with a good history', () => {
    expect(rulesBroken((sample) => sample)).toEqual([]);
  });

  it('finds that an operator took the quorum', () => {
    const change = (sample: Sample): Sample => ({
      ...sample,
      pods: sample.pods.map((pod) => ({ ...pod, isTerminating: pod.name !== 'a' })),
    });
    expect(rulesBroken(change)).toEqual(['quorum']);
  });

  it('finds that an operator took a second member when the fault had taken one', () => {
    const change = (sample: Sample): Sample => ({
      ...without(sample, 'b', 'c'),
      faulty: new Set(['b']),
    });
    expect(rulesBroken(change)).toEqual(['quorum']);
  });

  it('blames nobody for a quorum that the fault itself has taken', () => {
    const change = (sample: Sample): Sample => ({
      ...without(sample, 'b', 'c'),
      faulty: new Set(['b', 'c']),
    });
    expect(rulesBroken(change)).toEqual([]);
  });

  it('does not take one missed sample for a lost quorum', () => {
    expect(rulesBroken((sample) => without(sample, 'b', 'c'), STEP_MS)).toEqual([]);
  });

  it('does not take an old answer, or that of an earlier Pod, for one', () => {
    const stale = (sample: Sample): Sample => ({
      ...sample,
      answers: new Map([...sample.answers].map(([name, answer]) => [name, { ...answer, atMs: 0 }])),
    });
    expect(rulesBroken(stale, 5_000)).toEqual(['quorum']);
    const earlier = (sample: Sample): Sample => ({
      ...sample,
      answers: new Map(
        [...sample.answers].map(([name, answer]) => [name, { ...answer, podUid: 'earlier' }]),
      ),
    });
    expect(rulesBroken(earlier)).toEqual(['quorum']);
  });

  it('finds two learners', () => {
    const change = (sample: Sample): Sample => ({
      ...sample,
      list: [
        ...(sample.list ?? []),
        { id: 'id-d', name: 'd', isLearner: true },
        { id: 'id-e', name: 'e', isLearner: true },
      ],
    });
    expect(rulesBroken(change)).toContain('learners');
  });

  it('finds two changes at once, and none in one after the other', () => {
    const swap = (sample: Sample): Sample => ({
      ...sample,
      list: [...(sample.list ?? []).slice(1), { id: 'id-d', name: 'd', isLearner: true }],
    });
    expect(rulesBroken(swap)).toContain('changes');
    const add = (sample: Sample): Sample => ({
      ...sample,
      list: [...(sample.list ?? []), { id: 'id-d', name: 'd', isLearner: true }],
    });
    expect(rulesBroken(add)).toEqual([]);
  });

  it('finds another cluster ID', () => {
    const foreign = (sample: Sample): Sample => ({
      ...sample,
      answers: new Map(sample.answers).set('c', { ...answerOf('c', sample.atMs), clusterId: 'c2' }),
    });
    expect(rulesBroken(foreign)).toEqual(['identity']);
    const latched = (sample: Sample): Sample => ({
      ...sample,
      status: sample.status && { ...sample.status, clusterId: 'c2' },
    });
    expect(rulesBroken(latched)).toEqual(['identity']);
  });

  it('finds that the volume of a listed member was deleted', () => {
    const change = (sample: Sample): Sample => ({ ...sample, claims: sample.claims.slice(1) });
    expect(rulesBroken(change)).toEqual(['claims']);
  });

  it('finds a status that is wrong for over 30 s, and not one that is for less', () => {
    const wrongs: readonly ((sample: Sample) => Sample)[] = [
      (sample) => ({ ...sample, status: sample.status && { ...sample.status, generation: 3 } }),
      (sample) => ({ ...sample, status: sample.status && { ...sample.status, leader: 'b' } }),
      (sample) => ({ ...sample, status: sample.status && { ...sample.status, readyReplicas: 2 } }),
      (sample) => ({
        ...sample,
        status: sample.status && { ...sample.status, conditions: { Available: 'Unknown' } },
      }),
      (sample) => ({ ...without(sample, 'b', 'c'), faulty: new Set(['b', 'c']) }),
    ];
    for (const wrong of wrongs) {
      expect(rulesBroken(wrong, 35_000)).toEqual(['status']);
      expect(rulesBroken(wrong, 20_000)).toEqual([]);
      expect(rulesBroken((sample) => ({ ...wrong(sample), patience: 2 }), 35_000)).toEqual([]);
      expect(rulesBroken((sample) => ({ ...wrong(sample), isOperated: false }), 35_000)).toEqual(
        [],
      );
    }
  });

  it('finds acts without an event', () => {
    const change = (sample: Sample): Sample => ({
      ...sample,
      pods: sample.pods.map((pod) => (pod.name === 'c' ? { ...pod, uid: 'pod-new' } : pod)),
      answers: new Map(sample.answers).set('c', {
        ...answerOf('c', sample.atMs),
        podUid: 'pod-new',
      }),
      list: [...(sample.list ?? []), { id: 'id-d', name: 'd', isLearner: true }],
    });
    const oracle = play(change);
    oracle.checkEvents([], 0);
    const told = oracle.broken.map(({ what }) => what);
    expect(told).toEqual([
      'd: no event MemberAdded',
      'c: no event PodCreated',
      'id-d: no event MemberRemoved',
    ]);
    const other = play(change);
    const messages = { MemberAdded: 'added d', MemberRemoved: 'removed id-d', PodCreated: 'c' };
    const events = Object.entries(messages).map(([reason, message]) => ({ reason, message }));
    other.checkEvents(events, 0);
    expect(other.broken).toEqual([]);
  });

  it('is silent about rules that a scenario is not held to', () => {
    const change = (sample: Sample): Sample => ({ ...sample, claims: sample.claims.slice(1) });
    expect(play(change, 1_000, { without: ['claims'] }).broken).toEqual([]);
  });
});

describe('the rules of the end', () => {
  it('find a write that was acknowledged and is not there', () => {
    const ledger = new Ledger();
    ledger.acknowledge('w/1', 0);
    ledger.acknowledge('w/2', 250);
    expect(ledger.missing(['w/1', 'w/2', 'w/3'])).toEqual([]);
    expect(ledger.missing(['w/1', 'w/3'])).toEqual(['w/2']);
    expect(ledger.gapMs).toBe(250);
  });

  it('find what was written while nothing happened', () => {
    const before = new Map([
      ['Pod a', { resourceVersion: '1', content: { status: { ready: false, hosts: ['x'] } } }],
      ['Pod b', { resourceVersion: '1' }],
    ]);
    expect(writesBetween(before, before)).toEqual([]);
    const after = new Map([
      ['Pod a', { resourceVersion: '2', content: { status: { ready: true, hosts: ['x', 'y'] } } }],
      ['Event e', { resourceVersion: '3' }],
    ]);
    expect(writesBetween(before, after)).toEqual([
      'Pod a was changed; status.ready: false, now true; status.hosts.1: undefined, now "y"',
      'Event e was made',
      'Pod b was deleted',
    ]);
  });

  it('has unrest when another leads, and when a member is slow or away', () => {
    const [before, after] = [good(10_000), good(10_100)];
    expect(unrestBetween(before, after)).toBeUndefined();
    const elected = new Map(
      NAMES.map((name) => [name, { ...answerOf(name, 10_100), leaderId: 'id-b' }]),
    );
    expect(unrestBetween(before, { ...after, answers: elected })).toBe('b leads after a');
    const slow = new Map(after.answers).set('c', answerOf('c', 8_500));
    expect(unrestBetween(before, { ...after, answers: slow })).toBe('c is slow');
    expect(unrestBetween(before, without(after, 'c'))).toBe('c is slow');
    expect(unrestBetween(before, { ...after, list: undefined })).toBe('nobody leads after a');
  });
});
