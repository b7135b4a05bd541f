// Owns the scenarios about operators: killed between any two acts (S1), blind (S10), one of two gone or hanging (S17).
import { setTimeout as pause } from 'node:timers/promises';
import { figureOf } from '../operator-process.ts';
import type { Scenario } from '../scenario.ts';
import { type Stage, UNHEALTHY_AFTER_MS } from '../stage.ts';
import { patience, seconds, until } from '../until.ts';
import type { OperatorHandle } from '../world.ts';

/** Acts an operator lives for, in turn. Never only one: the fence before a start is written again by each. */
const LIVES = [1, 2, 3] as const;
/** What brings a member in and what takes one out, each an operator's last act. */
const WAY_IN = [
  'createMember',
  'memberAdd',
  'createClaim',
  'createPod',
  'patchPod',
  'memberPromote',
];
const WAY_OUT = ['memberRemove', 'deletePod', 'deleteClaim', 'releaseMember'];
const LIVES_MAX = 150;
/** client-go's Lease lasts 15 s. */
const TAKEOVER_MS_MAX = 20_000;

/** Lives and deaths of operators until `isDone`; what each died after goes to `cuts`. */
async function liveAndDie(stage: Stage, cuts: Set<string>, isDone: () => boolean): Promise<void> {
  for (let life = 0; life < LIVES_MAX; life++) {
    const crashAfter = LIVES[life % LIVES.length] ?? 1;
    const start = { crashAfter, name: `life-${cuts.size}-${life}` };
    const operator = await stage.startOperator(start);
    const isOver = await Promise.race([
      operator.ended.then(() => false),
      until('it is done', () => isDone() || undefined, 40_000).then(
        () => true,
        () => false,
      ),
    ]);
    await operator.kill();
    const act = await operator.ended;
    if (act !== undefined) cuts.add(act);
    if (isOver) return;
  }
  throw new Error(`not done after ${LIVES_MAX} lives`);
}

/** One operator for each of `acts`, which dies right after it, in this order. */
async function dieAfter(stage: Stage, acts: readonly string[]): Promise<void> {
  for (const act of acts) {
    const start = { crashAfter: act, name: `last-${act}` };
    const { ended } = await stage.startOperator(start);
    const limitMs = 40_000 * patience();
    const last = await Promise.race([ended, pause(limitMs, undefined, { ref: false })]);
    if (last !== act) throw new Error(`no operator did ${act}`);
  }
}

function isReady(stage: Stage, replicas: number): boolean {
  const { status = {}, metadata } = stage.cluster();
  return (
    stage.condition('Ready')?.status === 'True' &&
    status.observedGeneration === metadata.generation &&
    status.replicas === replicas
  );
}

const crashes: Scenario = {
  id: 'S1',
  title: 'an operator that dies after any act is followed by one that goes on',
  needs: ['operator', 'own-operators', 'operator-rigged'],
  // Dead before they could say what they did.
  without: ['events', 'status'],
  play: async (stage) => {
    const cuts = new Set<string>();
    await stage.create({ replicas: 2 });
    await liveAndDie(stage, cuts, () => isReady(stage, 2));
    stage.writer.start();
    const clusterId = stage.cluster().status?.clusterID;
    await stage.scale(3);
    await dieAfter(stage, WAY_IN);
    await stage.scale(2);
    await dieAfter(stage, WAY_OUT);
    await stage.startOperator();
    await stage.ready(2);
    if (stage.cluster().status?.clusterID !== clusterId) throw new Error('another cluster');
    if (stage.list().length !== 2) throw new Error(`members: ${stage.ids().join(', ')}`);
    await stage.leftNothing(2, 30_000);
    return `died after ${[...new Set([...cuts, ...WAY_IN, ...WAY_OUT])].sort().join(', ')}`;
  },
};

const blind: Scenario = {
  id: 'S10',
  title: 'an operator that cannot see members says so and touches nothing',
  needs: ['operator', 'operator-blinded'],
  play: async (stage) => {
    const operator = await stage.settle(3);
    const [ids, pods] = [stage.ids(), podUids(stage)];
    stage.excuse(true);
    await operator.blind();
    const told = await stage.says('Available', { status: 'Unknown', reason: 'NoContact' });
    // Longer than a sick member has.
    await stage.stays(UNHEALTHY_AFTER_MS + 15_000, 'no member was touched', () => {
      const isReadyStill = stage.condition('Ready')?.status === 'True';
      return !isReadyStill && same(stage.ids(), ids) && same(podUids(stage), pods);
    });
    await operator.see();
    stage.excuse(false);
    const seen = await stage.ready(3);
    return `told in ${told.toFixed(1)} s, Ready ${seen.toFixed(1)} s after it sees again`;
  },
};

async function leads(operator: OperatorHandle): Promise<boolean> {
  if (!operator.isRunning) return false;
  return figureOf(await operator.metrics(), 'leader_election_master_status', []) === 1;
}

async function takesOver(operator: OperatorHandle): Promise<number> {
  const sinceMs = performance.now();
  const look = async (): Promise<true | undefined> => (await leads(operator)) || undefined;
  await until(`${operator.name} leads`, look, TAKEOVER_MS_MAX);
  return (performance.now() - sinceMs) / 1000;
}

const twoOperators: Scenario = {
  id: 'S17a',
  title: 'of two operators one acts; the other takes over when it is killed, or hangs',
  needs: ['operator', 'own-operators'],
  play: async (stage) => {
    const first = await stage.settle(3, {}, { leaderElect: true });
    const second = await stage.startOperator({ leaderElect: true });
    await second.ready();
    if (!(await leads(first)) || (await leads(second))) throw new Error('the first should lead');
    await stage.told();
    await first.kill();
    const killed = await takesOver(second);
    await stage.losePod(stage.follower());
    const third = await stage.startOperator({ leaderElect: true });
    await third.ready();
    await stage.told();
    second.pause();
    const hung = await takesOver(third);
    second.resume();
    // It finds that its time is over before it does anything.
    await stage.within(15_000, 'the one that hung has ended', () => !second.isRunning);
    await stage.losePod(stage.follower());
    return `takeover after ${killed.toFixed(1)} s when killed, ${hung.toFixed(1)} s when hung`;
  },
};

const API_OUTAGE_MS = 20_000;

const noApiServer: Scenario = {
  id: 'S17b',
  title: 'without the API server members serve, and the operator goes on when it is back',
  needs: ['operator', 'api-server'],
  play: async (stage) => {
    await stage.settle(3);
    await stage.told();
    const [ids, before] = [stage.ids(), stage.writer.ledger.count];
    stage.excuse(true);
    await stage.world.stopApiServer();
    await pause(API_OUTAGE_MS);
    const written = stage.writer.ledger.count - before;
    // One in a second, on whatever machine: the longest gap is told.
    const enough = API_OUTAGE_MS / 1000 / patience();
    if (written < enough) throw new Error(`${written} writes in ${seconds(API_OUTAGE_MS)}`);
    await stage.world.startApiServer();
    stage.excuse(false);
    const took = await stage.losePod(stage.follower());
    if (!same(stage.ids(), ids)) throw new Error('the members are others');
    return `${written} writes meanwhile, a lost Pod is back after ${took.toFixed(1)} s`;
  },
};

function podUids(stage: Stage): readonly string[] {
  return stage.observer.now.pods.map(({ uid }) => uid).sort();
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join();
}

export const OPERATOR_SCENARIOS: readonly Scenario[] = [crashes, blind, twoOperators, noApiServer];
