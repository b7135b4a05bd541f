// Goal: the controller carries plans out as they are meant. Method: the real controller and planner over the model of
// test/operator-sim, behind the ports, with a stepped clock. A failure means acts that go on after a failed one, a status
// that is not told, calls without an end, or a cluster that is never quiet.
import { expect, it } from 'vitest';
import { findCondition } from '../../../operator/api/conditions.ts';
import { Controller } from '../../../operator/controller/controller.ts';
import type { KubePort, MemberPort } from '../../../operator/controller/ports.ts';
import type { RoundResult } from '../../../operator/controller/round.ts';
import type { Action } from '../../../operator/reconcile/action.ts';
import { Prng } from '../../../server/base/prng.ts';
import { perform } from '../../operator-sim/executor.ts';
import { World } from '../../operator-sim/world.ts';
import { StepClock } from './step-clock.ts';

const KEY = { namespace: 'db', name: 'main' };

class Bench {
  readonly world: World;
  readonly clock: StepClock;
  readonly controller: Controller;
  readonly results: RoundResult[];
  readonly events: string[];
  /** Kinds of acts that fail. */
  readonly broken: Set<string>;
  /** Members that never answer. */
  readonly silent: Set<string>;
  /** How often it was asked which alarms there are. */
  alarmQuestions: number;
  /** Kinds of acts that never end by themselves. */
  readonly endless: Set<string>;

  constructor(replicas: number) {
    this.world = new World({ replicas, version: '3.7.0' }, new Prng(1));
    this.world.startChance = 1;
    this.clock = new StepClock(this.world.nowMs);
    this.results = [];
    this.events = [];
    this.broken = new Set();
    this.silent = new Set();
    this.alarmQuestions = 0;
    this.endless = new Set();
    this.controller = new Controller({
      kube: this.#kube(),
      member: this.#member(),
      clock: this.clock,
      log: { info: () => undefined, error: () => undefined },
      random: () => 0,
      onRound: (_key, result) => this.results.push(result),
    });
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.world.pass(1000);
      await this.clock.pass(1000);
    }
  }

  #act(action: Action): void {
    if (this.broken.has(action.kind)) throw new Error(`${action.kind} is broken`);
    const problem = perform(this.world, action);
    if (problem !== undefined && problem !== 'not ready') throw new Error(problem);
  }

  #kube(): KubePort {
    const { world } = this;
    return {
      observe: () => world.observe(0),
      perform: async (_cluster, action, signal) => {
        if (this.endless.has(action.kind)) await never(signal);
        this.#act(action);
      },
      writeStatus: async (seen, status) => {
        const { cluster } = world.api;
        if (cluster === undefined || cluster !== seen) throw new Error('conflict');
        world.api.cluster = world.api.touch({ ...cluster, status });
      },
      recordEvent: (_cluster, event) => this.events.push(event.reason),
    };
  }

  #member(): MemberPort {
    const { world, silent } = this;
    return {
      status: async ({ name }, signal) => {
        if (silent.has(name)) await never(signal);
        return world.observe(0)?.statuses.get(name) ?? { kind: 'failed', message: 'no such Pod' };
      },
      memberList: async () => world.observe(0)?.memberList ?? { kind: 'unknown', message: '' },
      alarms: async () => {
        this.alarmQuestions += 1;
        return world.observe(0)?.alarms;
      },
      perform: async (_endpoints, action) => this.#act(action),
    };
  }
}

/** Rejects when `signal` is aborted, and not before. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

function readiness({ world }: Bench): string | undefined {
  return findCondition(world.api.cluster?.status?.conditions, 'Ready')?.reason;
}

it('brings a cluster of three to life within a minute, and is quiet then', async () => {
  const bench = new Bench(3);
  bench.controller.enqueue(KEY);
  await bench.pass(60);
  expect(readiness(bench)).toBe('AllMembersReady');
  expect(bench.events.filter((reason) => reason === 'MemberAdded')).toHaveLength(2);
  const { writes } = bench.world.api;
  const events = bench.events.length;
  await bench.pass(120);
  expect(bench.world.api.writes).toBe(writes);
  expect(bench.events.length).toBe(events);
});

it('ends the acts at a record that cannot be written, tells the status, and backs off', async () => {
  const bench = new Bench(3);
  bench.broken.add('patchMember');
  bench.controller.enqueue(KEY);
  await bench.pass(10);
  expect(bench.world.api.claims.size).toBe(1);
  expect(bench.world.api.pods.size).toBe(0);
  expect(readiness(bench)).toBe('Bootstrapping');
  const failures = bench.results.filter((result) => result.kind === 'failed').length;
  expect(failures).toBeGreaterThan(3);
  expect(failures).toBeLessThan(15);
  bench.broken.clear();
  await bench.pass(90);
  expect(readiness(bench)).toBe('AllMembersReady');
});

it('gives up a learner whose Pod is refused, and tells each refusal but no fence', async () => {
  const bench = new Bench(3);
  bench.controller.enqueue(KEY);
  await bench.pass(60);
  bench.broken.add('createPod');
  bench.world.api.editSpec((spec) => ({ ...spec, replicas: 4 }));
  await bench.pass(60);
  const told = bench.events.length;
  await bench.pass(300);
  expect(new Set(bench.events.slice(told))).toEqual(new Set(['PodNotCreated']));
  const learners = (): number => bench.world.etcd.list.filter((entry) => entry.isLearner).length;
  expect(learners()).toBe(1);
  await bench.pass(300);
  expect(learners()).toBe(0);
});

it('makes Pods again while it is refused the volume of another member', async () => {
  const bench = new Bench(3);
  bench.controller.enqueue(KEY);
  await bench.pass(60);
  bench.broken.add('createClaim');
  bench.world.api.editSpec((spec) => ({ ...spec, replicas: 4 }));
  await bench.pass(30);
  expect(bench.events).toContain('VolumeNotCreated');
  for (const pod of [...bench.world.api.pods.values()]) bench.world.finishPod(pod);
  await bench.pass(60);
  expect(bench.world.api.pods.size).toBe(3);
  expect(readiness(bench)).toBe('MembersNotReady');
});

it('tells that volumes cannot grow, at most once in five minutes, and goes on', async () => {
  const bench = new Bench(3);
  bench.controller.enqueue(KEY);
  await bench.pass(60);
  bench.broken.add('growClaim');
  bench.world.api.editSpec((spec) => ({ ...spec, storage: { size: '9Gi' } }));
  const refusals = (): number =>
    bench.events.filter((reason) => reason === 'VolumeNotGrown').length;
  // The model shows what was written a second later; the first rounds after the refusal ask again.
  await bench.pass(30);
  const early = refusals();
  expect(early).toBeGreaterThanOrEqual(3);
  await bench.pass(250);
  expect(refusals()).toBe(early);
  const { conditions } = bench.world.api.cluster?.status ?? {};
  expect(findCondition(conditions, 'Degraded')?.reason).toBe('VolumeNotGrown');
  expect(bench.results.at(-1)).toMatchObject({ kind: 'done', acts: 0 });
  await bench.pass(60);
  expect(refusals()).toBeGreaterThan(early);
});

it('does not wait for a member that never answers', async () => {
  const bench = new Bench(3);
  bench.controller.enqueue(KEY);
  await bench.pass(60);
  const [name = ''] = bench.world.api.members.keys();
  bench.silent.add(name);
  await bench.pass(25);
  expect(readiness(bench)).toBe('MembersNotReady');
});

it('stops after the round in work', async () => {
  const bench = new Bench(1);
  bench.controller.enqueue(KEY);
  await bench.pass(3);
  await bench.controller.stop();
  const rounds = bench.results.length;
  bench.controller.enqueue(KEY);
  await bench.pass(10);
  expect(bench.results).toHaveLength(rounds);
});

it('asks which alarms there are only when a member tells of some', async () => {
  const bench = new Bench(3);
  bench.controller.enqueue(KEY);
  await bench.pass(60);
  expect(bench.alarmQuestions).toBe(0);
  const { alarms, list } = bench.world.etcd;
  alarms.add(list.at(-1)?.id ?? '');
  await bench.pass(12);
  expect(bench.alarmQuestions).toBeGreaterThan(0);
  expect(bench.events).toContain('PhaseChanged');
  expect(bench.events).toContain('MemberRemoved');
});

it('cancels its questions when it is stopped', async () => {
  const bench = new Bench(3);
  bench.controller.enqueue(KEY);
  await bench.pass(60);
  for (const name of bench.world.api.members.keys()) bench.silent.add(name);
  bench.controller.enqueue(KEY);
  // The clock stands still: no deadline ends the round.
  await bench.controller.stop();
  expect(bench.results.at(-1)).toEqual({ kind: 'stopped', acts: 0 });
});

it('gives an act its time when it is stopped, and cancels it then', async () => {
  const bench = new Bench(1);
  bench.endless.add('createMember');
  bench.controller.enqueue(KEY);
  await bench.pass(3);
  let isStopped = false;
  const stopping = bench.controller.stop().then(() => {
    isStopped = true;
  });
  await bench.pass(1);
  expect(isStopped).toBe(false);
  await bench.pass(5);
  await stopping;
  expect(bench.results.at(-1)).toMatchObject({ kind: 'stopped' });
  expect(bench.world.api.members.size).toBe(0);
});
