// Owns the part of the suite that has nodes: the story of the operator as it is installed, then scenarios.
import { join } from 'node:path';
import { ROOT } from '../../support/paths.ts';
import type { Tally } from '../../support/tally.ts';
import { runToEnd } from '../processes.ts';
import { chooseScenarios, runScenarios } from '../suite.ts';
import { seconds } from '../until.ts';
import { Kubectl } from './kubectl.ts';
import { missingPrograms, NodesCluster } from './nodes-cluster.ts';
import { runStory } from './nodes-story.ts';
import { NodesWorld } from './nodes-world.ts';

/** What build-kubernetes.sh makes; the assets of envtest have no kubelet. */
export async function nodeAssets(): Promise<string> {
  const built = join(ROOT, '.cache/kubernetes/bin');
  const missing = missingPrograms(built);
  if (missing.length > 0) {
    console.log(`building ${missing.join(', ')} from Debian's sources, which takes ten minutes`);
    await runToEnd('sh', [join(ROOT, 'test/kubernetes/build-kubernetes.sh')]);
  }
  return built;
}

/** Clusters side by side on the nodes, which have more to do than processes on loopback. */
const WIDTH = 3;

/**
 * Scenarios in which a kubelet or a volume does something that processes on loopback only play. Lost nodes are in the story.
 */
const OF_NODES = ['S6a', 'S11', 'S13'];

export interface NodesOptions {
  readonly folder: string;
  readonly count: number;
  /** What was asked for: "scenarios" means all of them, which take half an hour. */
  readonly chosen: readonly string[];
  /** Scenarios among what was asked for; with these, only these. */
  readonly ids: readonly string[];
}

export async function runNodes(tally: Tally, options: NodesOptions): Promise<void> {
  const { folder, count, chosen, ids } = options;
  const assets = await nodeAssets();
  let started: NodesCluster | undefined;
  await tally.run(`${count} nodes are Ready, images included`, async () => {
    const sinceMs = performance.now();
    started = await NodesCluster.start(assets, folder, count);
    return seconds(performance.now() - sinceMs);
  });
  const cluster = started;
  // It says why; the other parts of the suite can do without.
  if (cluster === undefined) return;
  const kubectl = new Kubectl(assets, cluster.plane.kubeconfig);
  try {
    if (ids.length === 0) await runStory(tally, cluster, kubectl);
    else await kubectl.installOperator();
    await kubectl.stopOperator();
    const world = await NodesWorld.start(cluster);
    const wanted = ids.length === 0 && !chosen.includes('scenarios') ? OF_NODES : ids;
    const scenarios = chooseScenarios(wanted);
    await runScenarios(tally, world, scenarios, WIDTH);
    await world.stop();
  } finally {
    await cluster.stop();
  }
}
