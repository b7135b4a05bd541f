// Owns the part of the suite that is played on a cluster of somebody's: KUBECONFIG says which.
import { openConnection } from '../../../operator/kube/connection.ts';
import { Rest } from '../../../operator/kube/rest.ts';
import type { Tally } from '../../support/tally.ts';
import { installDefinitions } from '../install.ts';
import { Kube } from '../kube.ts';
import { runRules } from '../rules.ts';
import { chooseScenarios, runScenarios } from '../suite.ts';
import { KubeconfigWorld } from './kubeconfig-world.ts';

/** Clusters side by side: it may be somebody's only node. */
const WIDTH = 2;

/** Only when asked for by name: a KUBECONFIG in the environment may be of a cluster that others need. */
export function isForKubeconfig(chosen: readonly string[], ids: readonly string[]): boolean {
  const isGiven = (process.env['KUBECONFIG'] ?? '') !== '';
  return isGiven && !chosen.includes('nodes') && (chosen.some(isPart) || ids.length > 0);
}

function isPart(word: string): boolean {
  return word === 'scenarios' || word === 'rules';
}

interface KubeconfigOptions {
  /** Keeps the logs. */
  readonly folder: string;
  readonly chosen: readonly string[];
  /** Of single scenarios. */
  readonly ids: readonly string[];
}

export async function runKubeconfig(tally: Tally, options: KubeconfigOptions): Promise<void> {
  const { folder, chosen, ids } = options;
  if (chosen.includes('rules')) await runRulesThere(tally);
  if (!chosen.includes('scenarios') && ids.length === 0) return;
  const world = await KubeconfigWorld.start(folder);
  console.log(`Kubernetes ${world.version} of KUBECONFIG; operator ${world.operator.inWords}`);
  try {
    await runScenarios(tally, world, chooseScenarios(ids), WIDTH);
  } finally {
    await world.stop();
  }
}

/** Needs definitions only, no operator. Those that were not there go again. */
async function runRulesThere(tally: Tally): Promise<void> {
  const kube = new Kube(new Rest(openConnection()));
  const made = await installDefinitions(kube);
  try {
    await runRules(tally, kube);
  } finally {
    for (const path of made) await kube.delete(path);
  }
}
