// Owns the part of the suite that is played on a cluster of somebody's: KUBECONFIG says which.
import type { Tally } from '../../support/tally.ts';
import { chooseScenarios, runScenarios } from '../suite.ts';
import { KubeconfigWorld } from './kubeconfig-world.ts';

/** Clusters side by side: it may be somebody's only node. */
const WIDTH = 2;

/** Only when asked for by name: a KUBECONFIG in the environment may be of a cluster that others need. */
export function isForKubeconfig(chosen: readonly string[], ids: readonly string[]): boolean {
  const isGiven = (process.env['KUBECONFIG'] ?? '') !== '';
  return isGiven && !chosen.includes('nodes') && (chosen.includes('scenarios') || ids.length > 0);
}

/** `folder` keeps the logs. */
export async function runKubeconfig(
  tally: Tally,
  folder: string,
  ids: readonly string[],
): Promise<void> {
  const world = await KubeconfigWorld.start(folder);
  console.log(`Kubernetes ${world.version} of KUBECONFIG; operator ${world.operator.inWords}`);
  try {
    await runScenarios(tally, world, chooseScenarios(ids), WIDTH);
  } finally {
    await world.stop();
  }
}
