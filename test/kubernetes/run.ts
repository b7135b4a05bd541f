// Goal: the operator does its work against a real API server, whose own storage is our server. Method: kube-apiserver, the
// operator's process and members' processes run for real; only nodes are missing, for which a small kubelet runs members on
// loopback. `nodes` has these too, and with KUBECONFIG scenarios are played on a cluster that there is already. A failure
// means that an EtcdCluster would not come up, scale, heal or go away on a real cluster.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openConnection } from '../../operator/kube/connection.ts';
import { Rest } from '../../operator/kube/rest.ts';
import { ROOT } from '../support/paths.ts';
import { Tally } from '../support/tally.ts';
import { runCharts } from './charts.ts';
import { findAssets, startControlPlane } from './control-plane.ts';
import { runDocs } from './docs.ts';
import { installDefinitions, installRights } from './install.ts';
import { Kube } from './kube.ts';
import { isForKubeconfig, runKubeconfig } from './kubeconfig/run-kubeconfig.ts';
import { runLifecycle } from './lifecycle.ts';
import { LoopbackKubelet } from './loopback-kubelet.ts';
import { LoopbackWorld } from './loopback-world.ts';
import { runMany } from './many.ts';
import { runNamespaced } from './namespaced.ts';
import { releaseMachine } from './nodes/nodes-cluster.ts';
import { runNodes } from './nodes/run-nodes.ts';
import { stay } from './nodes/stay.ts';
import { runToEnd, stopAll } from './processes.ts';
import { runRules } from './rules.ts';
import { chooseScenarios, runScenarios } from './suite.ts';

const NODES = 3;

await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-ts-kubernetes-'));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      void stopAll()
        .finally(releaseMachine)
        .finally(() => process.exit(1));
    });
  }
  const tally = new Tally('kubernetes');
  let isKept = true;
  try {
    await runAll(tally, folder);
    isKept = process.env['KEEP'] !== undefined || tally.failed > 0;
    if (tally.failed > 0) console.error(`logs are in ${folder}`);
  } catch (error) {
    console.error(error);
    console.error(`logs are in ${folder}`);
    process.exitCode = 1;
  } finally {
    await stopAll();
    releaseMachine();
    if (!isKept) rmSync(folder, { recursive: true, force: true });
  }
  process.exit();
}

async function runAll(tally: Tally, folder: string): Promise<void> {
  const chosen = process.argv.slice(2);
  const ids = scenarioIds(chosen);
  if (chosen.includes('stay')) return await stay(folder, NODES);
  if (isForKubeconfig(chosen, ids)) {
    await runKubeconfig(tally, { folder, chosen, ids });
  } else {
    const isOfNodes = chosen.includes('nodes');
    if (isOfNodes || chosen.length === 0) {
      await runNodes(tally, { folder: part(folder, 'nodes'), count: NODES, chosen, ids });
    }
    if (!isOfNodes) await runLoopback(tally, { folder: part(folder, 'loopback'), chosen });
  }
  tally.finish();
}

/** Each part has a Kubernetes of its own, with its own storage and logs. */
function part(folder: string, name: string): string {
  const inner = join(folder, name);
  mkdirSync(inner);
  return inner;
}

/** Where kube-apiserver is, built if need be. */
async function assetsBuilt(): Promise<string> {
  const found = findAssets();
  if (found !== undefined) return found;
  console.log('no kube-apiserver: building one from Debian sources, which takes ten minutes');
  await runToEnd('sh', [join(ROOT, 'test/kubernetes/build-kubernetes.sh')]);
  const assets = findAssets();
  if (assets === undefined) throw new Error('there is no kube-apiserver');
  return assets;
}

/** "s4" and the like. */
function scenarioIds(chosen: readonly string[]): readonly string[] {
  return chosen.filter((word) => /^s\d+[a-z]?$/i.test(word));
}

interface LoopbackOptions {
  readonly folder: string;
  readonly chosen: readonly string[];
}

async function runLoopback(tally: Tally, options: LoopbackOptions): Promise<void> {
  const { folder, chosen } = options;
  const assets = await assetsBuilt();
  const plane = await startControlPlane(assets, folder);
  const connection = openConnection(plane.kubeconfig);
  const kube = new Kube(new Rest(connection));
  console.log(`Kubernetes ${plane.version}, stored in bin/etcd; logs in ${folder}`);
  await installDefinitions(kube);
  await installRights(kube);
  const isChosen = (part: string): boolean => chosen.length === 0 || chosen.includes(part);
  if (isChosen('rules')) await runRules(tally, kube);
  if (isChosen('lifecycle')) {
    const kubelet = new LoopbackKubelet(kube, folder);
    kubelet.start();
    await runLifecycle({ tally, kube, kubelet, plane, folder });
    await kubelet.stop();
  }
  if (isChosen('charts')) await runCharts({ ...plane, tally, assets, folder });
  if (isChosen('namespaced')) await runNamespaced({ tally, kube, plane, folder });
  if (isChosen('docs')) await runDocs({ tally, kube, plane, folder, assets });
  const ids = scenarioIds(chosen);
  if (isChosen('scenarios') || ids.length > 0) {
    const world = new LoopbackWorld(plane, folder);
    world.start();
    await runScenarios(tally, world, chooseScenarios(ids));
    await world.stop();
  }
  // Last, and with no kubelet: its Pods are not meant to run.
  if (isChosen('many')) await runMany({ tally, kube, plane });
}
