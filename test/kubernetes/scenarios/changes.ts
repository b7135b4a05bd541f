// Owns the scenarios in which the specification changes: while a learner cannot start (S2), again and again (S3), in
// configuration and version (S11), in size (S13), and away (S16).
import { listAt, recordAt } from '../../../operator/kube/decode.ts';
import { leaderOf } from '../oracle.ts';
import { hasExpressions, refuses } from '../rules.ts';
import type { Scenario } from '../scenario.ts';
import { CLUSTER, type Stage } from '../stage.ts';
import { until } from '../until.ts';

/** The operator gives a learner ten minutes to start, and waits a minute before the next. */
const JOIN_DEADLINE_MS = 600_000;
const JOIN_BACKOFF_MS = 60_000;

const learnerStuck: Scenario = {
  id: 'S2',
  title: 'a learner that never starts is alone, can be called off, and is given up at its deadline',
  needs: ['operator', 'own-operators', 'operator-rigged', 'hold-pods'],
  play: async (stage) => {
    const operator = await stage.settle(3);
    await stage.world.holdPods(stage.namespace, true);
    await stage.scale(5);
    const first = await learner(stage);
    await stage.stays(10_000, 'there is one learner', () => stage.list().length === 4);
    await stage.scale(3);
    const called = await stage.ready(3);
    await stage.scale(4);
    const second = await learner(stage);
    if (second === first) throw new Error('a name was used twice');
    await stage.within(30_000, 'it has a Pod', () => stage.pod(second) !== undefined);
    await stage.told();
    await operator.kill();
    // Days in a test: the clock of the next operator is past the deadline.
    const late = await stage.startOperator({
      clockAheadMs: JOIN_DEADLINE_MS + 1_000,
    });
    await stage.within(30_000, 'it was given up', () => stage.list().length === 3);
    await stage.says('Progressing', { status: 'False', reason: 'JoinDeadlineExceeded' });
    await stage.leftNothing(3);
    await stage.told();
    await late.kill();
    await stage.world.holdPods(stage.namespace, false);
    await stage.startOperator({
      clockAheadMs: JOIN_DEADLINE_MS + JOIN_BACKOFF_MS + 30_000,
    });
    const took = await stage.ready(4);
    return `called off in ${called.toFixed(1)} s, the next one votes after ${took.toFixed(1)} s`;
  },
};

/** The name of the learner, once there is one. */
async function learner(stage: Stage): Promise<string> {
  return await until('a learner is listed', () => {
    return stage.list().find(({ isLearner }) => isLearner)?.name;
  });
}

const flips: Scenario = {
  id: 'S3',
  title: '3 -> 5 -> 3 -> 4 within seconds, with another option: the last word counts',
  needs: ['operator'],
  play: async (stage) => {
    await stage.settle(3);
    const voters = stage.voters();
    await stage.scale(5);
    await learner(stage);
    await stage.scale(3);
    await stage.patch({ replicas: 4, options: { snapshotCount: 5000 } });
    const took = await stage.ready(4, 150_000);
    const lost = voters.filter((name) => !stage.voters().includes(name));
    if (lost.length > 0) throw new Error(`${lost} were removed without need`);
    await everyPodHas(stage, '--snapshot-count=5000');
    return `Ready after ${took.toFixed(1)} s`;
  },
};

async function everyPodHas(stage: Stage, arg: string): Promise<void> {
  for (const { name } of stage.observer.now.pods) {
    const pod = await stage.world.kube.get(`${stage.core}/pods/${name}`);
    const [container] = listAt(recordAt(pod, 'spec'), 'containers');
    if (!JSON.stringify(container).includes(`"${arg}"`)) throw new Error(`${name} lacks ${arg}`);
  }
}

/** Looks, ten a second: longer than the operator takes from asking who leads to acting on it. */
const LED_LOOKS = 20;

interface Roll {
  /** In which Pods were made again. */
  readonly order: readonly string[];
  /** Those that led when their Pod was stopped, and had for a while. */
  readonly leaders: readonly string[];
}

/** Fulfilled when the Pods of all of `names` were made again. */
async function rolled(stage: Stage, names: readonly string[]): Promise<Roll> {
  const uids = new Map(names.map((name) => [name, stage.pod(name)?.uid]));
  const stopped = new Set<string>();
  const [order, leaders]: [string[], string[]] = [[], []];
  const lately = new Array<string | undefined>(LED_LOOKS).fill(stage.leader());
  await stage.within(120_000, 'all Pods are others', () => {
    for (const name of names) {
      const pod = stage.pod(name);
      const isOther = pod?.uid !== uids.get(name);
      if ((isOther || pod?.isTerminating === true) && !stopped.has(name)) {
        stopped.add(name);
        if (lately.every((leader) => leader === name)) leaders.push(name);
      }
      if (pod !== undefined && isOther && !order.includes(name)) order.push(name);
    }
    lately.shift();
    lately.push(leaderOf(stage.observer.now));
    return order.length === names.length;
  });
  return { order, leaders };
}

/** What the operator said when it handed leadership over. */
async function handovers(stage: Stage): Promise<readonly string[]> {
  const events = await stage.events();
  return events.filter(({ reason }) => reason === 'LeaderMoved').map(({ message }) => message);
}

/**
 * Whoever led before the roll may have lost the lead in it: what counts is who leads when a Pod is stopped, and that the
 * operator takes the lead from nobody before the last.
 */
async function rollsLeaderLast(stage: Stage, names: readonly string[]): Promise<void> {
  const before = await handovers(stage);
  await stage.patch({ options: { snapshotCount: 5000 } });
  const { order, leaders } = await rolled(stage, names);
  const last = order.at(-1);
  const early = leaders.filter((name) => name !== last);
  for (const message of await handovers(stage)) {
    if (!before.includes(message) && !message.includes(`from ${last} to`)) early.push(message);
  }
  if (early.length > 0) throw new Error(`the order was ${order}; too early: ${early}`);
}

/**
 * A version that skips one is refused by the API server where it has expressions (CEL), else by the operator. The image is a
 * good one afterwards.
 */
async function refusesSkip(stage: Stage): Promise<void> {
  const skip = { version: '3.9.0' };
  // A patch leaves what it does not name.
  const image = { tag: null, ...stage.world.images.usual };
  if (await hasExpressions(stage.world.kube)) {
    const isRefused = await refuses(() => stage.patch(skip));
    if (!isRefused) throw new Error(`the API server takes ${JSON.stringify(skip)}`);
    await stage.patch({ image });
    return;
  }
  await stage.patch({ ...skip, image });
  await stage.says('Progressing', { reason: 'VersionSkew' }, 60_000);
}

const rolls: Scenario = {
  id: 'S11',
  title:
    'configuration and version roll one by one, the leader last; a bad image halts at the first',
  needs: ['operator'],
  play: async (stage) => {
    await stage.settle(3);
    const [ids, voters] = [stage.ids(), stage.voters()];
    await rollsLeaderLast(stage, voters);
    const configured = await stage.ready(3);
    await everyPodHas(stage, '--snapshot-count=5000');
    await stage.patch({ image: stage.world.images.missing });
    await stage.says('Degraded', { status: 'True', reason: 'ImageUnavailable' }, 60_000);
    // By its own word: kubelet's may be late for one that runs.
    const sick = voters.filter((name) => !stage.isUp(name));
    stage.take(...sick);
    await stage.stays(10_000, 'the others were not touched', () => {
      return voters.filter((name) => stage.isUp(name)).length === 2;
    });
    await refusesSkip(stage);
    const image = { ...stage.world.images.other };
    await stage.patch({ version: '3.7.2', image });
    await rolled(
      stage,
      voters.filter((name) => !sick.includes(name)),
    );
    const upgraded = await stage.ready(3);
    stage.giveBack(...sick);
    if (!same(stage.ids(), ids)) throw new Error('the membership was changed');
    return `last Pods Ready after ${configured.toFixed(1)} s and ${upgraded.toFixed(1)} s`;
  },
};

const sizes: Scenario = {
  id: 'S13',
  title: '5 -> 3 -> 1 -> 3 -> 0 -> 3: data, cluster ID, and nothing left over',
  needs: ['operator'],
  play: async (stage) => {
    await stage.settle(5);
    const clusterId = stage.cluster().status?.clusterID;
    const times: string[] = [];
    for (const replicas of [3, 1, 3]) {
      await stage.scale(replicas);
      times.push(`${replicas}: ${(await stage.ready(replicas)).toFixed(1)} s`);
      await stage.leftNothing(replicas);
    }
    const ids = stage.ids();
    // Asleep on purpose.
    const voters = stage.voters();
    stage.take(...voters);
    await stage.writer.stop();
    await stage.scale(0);
    await stage.says('Available', { status: 'False', reason: 'ScaledToZero' });
    await stage.within(30_000, 'no Pod is left', () => {
      return stage.observer.now.pods.length === 0;
    });
    if (stage.observer.now.claims.length !== 3) throw new Error('a volume went to sleep for ever');
    await stage.scale(3);
    times.push(`from 0: ${(await stage.ready(3)).toFixed(1)} s`);
    stage.giveBack(...voters);
    if (!same(stage.ids(), ids)) throw new Error('the membership was changed');
    if (stage.cluster().status?.clusterID !== clusterId) throw new Error('another cluster');
    return times.join(', ');
  },
};

const deletion: Scenario = {
  id: 'S16',
  title: 'deleted without a quorum and without an operator; volumes stay, or go, as asked',
  needs: ['operator', 'own-operators', 'crash-loop'],
  ends: 'gone',
  play: async (stage) => {
    const operator = await stage.settle(3);
    const [first = '', second = ''] = stage.voters();
    stage.take(...stage.voters());
    for (const name of [first, second]) await stage.world.crashLoop(stage.member(name));
    await stage.says('Available', { status: 'False', reason: 'QuorumLost' });
    await stage.writer.stop();
    await stage.told();
    await operator.kill();
    const kept = claimUids(stage);
    await stage.delete();
    await stage.stays(3_000, 'its members run on without an operator', () => {
      return stage.observer.now.pods.length === 3;
    });
    await stage.startOperator();
    const took = await isGone(stage);
    if (!same(claimUids(stage), kept)) throw new Error('volumes went');
    stage.oracle.forgetCluster();
    await stage.create({
      replicas: 1,
      storage: { size: '1Gi', retention: { whenDeleted: 'Delete' } },
    });
    await stage.ready(1);
    const made = claimUids(stage).filter((uid) => !kept.includes(uid));
    if (made.length !== 1) throw new Error('the new cluster should have a volume of its own');
    await stage.delete();
    await isGone(stage);
    if (!same(claimUids(stage), kept)) throw new Error('its volume should go, and no other');
    return `gone ${took.toFixed(1)} s after an operator is there`;
  },
};

async function isGone(stage: Stage): Promise<number> {
  return await stage.within(60_000, `${CLUSTER} is gone`, () => {
    const { status, members, pods } = stage.observer.now;
    return status === undefined && members.length === 0 && pods.length === 0;
  });
}

function claimUids(stage: Stage): readonly string[] {
  return stage.observer.now.claims.map(({ uid }) => uid).sort();
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join();
}

export const CHANGE_SCENARIOS: readonly Scenario[] = [learnerStuck, flips, rolls, sizes, deletion];
