// Goal: the commands in docs/operator do what the pages say. Method: all indented kubectl commands of the pages, in the order
// of reading, with the real kubectl against the real API server, an operator and members on loopback. Commands in fences are
// left out: they need nodes, an image or Helm. A failure means that a reader is told to type what does not work.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/paths.ts';
import type { Tally } from '../support/tally.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Kube } from './kube.ts';
import { LoopbackKubelet } from './loopback-kubelet.ts';
import { OperatorProcess } from './operator-process.ts';
import { until } from './until.ts';

const PAGES = ['first-cluster', 'changing', 'failures', 'troubleshooting'] as const;
const CLUSTERS = '/apis/etcd-ts.io/v1alpha1/namespaces/default/etcdclusters';
/** Fewer would mean that they are not found. */
const COMMANDS_MIN = 20;

export interface DocsStage {
  readonly tally: Tally;
  readonly kube: Kube;
  readonly plane: ControlPlane;
  readonly folder: string;
  /** Where kubectl is. */
  readonly assets: string;
}

export async function runDocs(stage: DocsStage): Promise<void> {
  const { tally, kube, plane, folder } = stage;
  const kubelet = new LoopbackKubelet(kube, folder);
  kubelet.start();
  const address = kubelet.newAddress();
  const operator = new OperatorProcess({
    kubeconfig: plane.operatorKubeconfig,
    hostsFile: kubelet.hostsFile,
    folder,
    name: 'operator-docs',
    probes: `${address}:8081`,
    metrics: `${address}:8080`,
  });
  await operator.ready();
  let count = 0;
  for (const page of PAGES) {
    for (const command of commandsOf(page)) {
      count += 1;
      await tally.run(`${page}: ${command}`, () => type(stage, command));
    }
  }
  if (count < COMMANDS_MIN) throw new Error(`only ${count} commands were found`);
  await kube.delete(`${CLUSTERS}/main`);
  await until('the cluster is gone', async () => {
    const pods = await kube.list('/api/v1/pods?labelSelector=etcd-ts.io%2Fcluster');
    return pods.length + (await kube.list(CLUSTERS)).length === 0 || undefined;
  });
  await operator.process.stop();
  await kubelet.stop();
}

function commandsOf(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'docs/operator', `${page}.md`), 'utf8');
  return [...text.matchAll(/^ {4}(kubectl .*)$/gm)].map(([, command = '']) => command);
}

/** As in a shell at the root of the repository. Something has to be said: silence is what a wrong selector answers with. */
async function type({ plane, assets }: DocsStage, command: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], {
    cwd: ROOT,
    env: {
      ...process.env,
      KUBECONFIG: plane.kubeconfig,
      PATH: `${assets}${delimiter}${process.env['PATH'] ?? ''}`,
    },
  });
  if (`${stdout}${stderr}`.trim() === '') throw new Error('nothing was said');
  return '';
}
