// Owns the part of the suite that has nodes: the story of the operator as it is installed, then scenarios.
import { join } from 'node:path';
import { ROOT } from '../../support/paths.ts';
import type { Tally } from '../../support/tally.ts';
import { runToEnd } from '../processes.ts';
import { Kubectl } from './kubectl.ts';
import { missingPrograms, NodesCluster } from './nodes-cluster.ts';
import { runStory } from './nodes-story.ts';

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

export async function runNodes(tally: Tally, folder: string, count: number): Promise<void> {
  const assets = await nodeAssets();
  const sinceMs = performance.now();
  const cluster = await NodesCluster.start(assets, folder, count);
  const took = ((performance.now() - sinceMs) / 1000).toFixed(1);
  tally.pass(`${count} nodes are Ready`, `${took} s from nothing, images included`);
  const kubectl = new Kubectl(assets, cluster.plane.kubeconfig);
  try {
    await runStory(tally, cluster, kubectl);
  } finally {
    await cluster.stop();
  }
}
