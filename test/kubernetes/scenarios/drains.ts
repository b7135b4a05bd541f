// Owns the scenario of drains (S12): nodes are cordoned and their Pods evicted, as kubectl drain does.
import { setTimeout as pause } from 'node:timers/promises';
import { listAt, textAt } from '../../../operator/kube/decode.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

/** kubectl asks again after 5 s. */
const RETRY_MS = 2_000;
const DRAIN_MS_MAX = 60_000;

const drains: Scenario = {
  id: 'S12',
  title: 'nodes are drained, all at once where a budget holds drains back, else one by one',
  needs: ['operator', 'moving-volumes'],
  play: async (stage) => {
    await stage.settle(3);
    const ids = stage.ids();
    const policy = await evictionVersion(stage);
    const isProtected = policy === 'policy/v1';
    const names = stage.voters();
    // Where a budget holds drains back, the oracle sees to it that it does.
    const drain = async (name: string): Promise<void> => {
      if (!isProtected) stage.take(name);
      const node = await stage.world.nodeOf(stage.member(name));
      await stage.world.kube.patch(`/api/v1/nodes/${node}`, { spec: { unschedulable: true } });
      await evict(stage, name, policy);
      await stage.within(60_000, `${name} runs elsewhere`, () => stage.pod(name)?.isReady === true);
      await stage.world.kube.patch(`/api/v1/nodes/${node}`, { spec: { unschedulable: null } });
    };
    const sinceMs = performance.now();
    if (isProtected) await Promise.all(names.map(drain));
    else {
      for (const name of names) {
        await drain(name);
        await stage.ready(3);
        stage.giveBack(name);
      }
    }
    await stage.ready(3);
    if (stage.ids().join() !== ids.join()) throw new Error('the membership was changed');
    const took = ((performance.now() - sinceMs) / 1000).toFixed(1);
    return `${isProtected ? 'all at once' : 'one by one: no policy/v1 here'}, ${took} s`;
  },
};

async function evictionVersion({ world }: Stage): Promise<string> {
  const groups = listAt(await world.kube.get('/apis'), 'groups');
  const versions = groups
    .filter((group) => textAt(group, 'name') === 'policy')
    .flatMap((group) => listAt(group, 'versions'))
    .map((version) => textAt(version, 'groupVersion'));
  return versions.includes('policy/v1') ? 'policy/v1' : 'policy/v1beta1';
}

/** Until the budget lets it go. */
async function evict(stage: Stage, name: string, apiVersion: string): Promise<void> {
  const { uid } = stage.pod(name) ?? {};
  const endMs = performance.now() + DRAIN_MS_MAX;
  for (;;) {
    try {
      await stage.world.kube.create(`${stage.core}/pods/${name}/eviction`, {
        apiVersion,
        kind: 'Eviction',
        metadata: { name, namespace: stage.namespace },
      });
      break;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await pause(RETRY_MS);
    }
  }
  await stage.within(30_000, `${name} was evicted`, () => stage.pod(name)?.uid !== uid);
}

export const DRAIN_SCENARIOS: readonly Scenario[] = [drains];
