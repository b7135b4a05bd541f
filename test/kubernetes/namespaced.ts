// Goal: an operator that looks after one namespace needs rights in that namespace only. Method: the objects of
// manifests/namespaced, the operator under its service account, and a cluster that is made, scaled both ways and deleted; the
// API server must never have refused anything. A failure means that a team without an administrator cannot run it.
import { listAt, recordAt } from '../../operator/kube/decode.ts';
import type { Tally } from '../support/tally.ts';
import type { ControlPlane } from './control-plane.ts';
import { installRights } from './install.ts';
import type { Kube } from './kube.ts';
import { LoopbackKubelet } from './loopback-kubelet.ts';
import { OperatorProcess } from './operator-process.ts';
import { until } from './until.ts';

const NAMESPACE = 'etcd-ts';
const GROUP = '/apis/etcd-ts.io/v1alpha1/namespaces';
const CLUSTERS = `${GROUP}/${NAMESPACE}/etcdclusters`;
const ELSEWHERE = `${GROUP}/default/etcdclusters`;
const CLUSTER = {
  apiVersion: 'etcd-ts.io/v1alpha1',
  kind: 'EtcdCluster',
  metadata: { name: 'team' },
  spec: { replicas: 1, storage: { size: '1Gi' } },
};

export interface NamespacedStage {
  readonly tally: Tally;
  readonly kube: Kube;
  readonly plane: ControlPlane;
  readonly folder: string;
}

export async function runNamespaced({
  tally,
  kube,
  plane,
  folder,
}: NamespacedStage): Promise<void> {
  const kubelet = new LoopbackKubelet(kube, folder);
  kubelet.start();
  await kube.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  await installRights(kube, 'namespaced/operator.yaml');
  const address = kubelet.newAddress();
  const operator = new OperatorProcess({
    kubeconfig: plane.teamKubeconfig,
    hostsFile: kubelet.hostsFile,
    folder,
    name: 'operator-team',
    probes: `${address}:8081`,
    metrics: `${address}:8080`,
    namespace: NAMESPACE,
    flags: [`--watch-namespace=${NAMESPACE}`],
  });
  await tally.run('namespaced: the operator is ready', async () => {
    await operator.ready();
    return '';
  });
  await tally.run('namespaced: a cluster is made, and scaled 1 -> 3 -> 1', async () => {
    await kube.create(CLUSTERS, CLUSTER);
    await kube.create(ELSEWHERE, CLUSTER);
    await becomesReady(kube, 1);
    for (const replicas of [3, 1]) {
      await kube.patch(`${CLUSTERS}/team`, { spec: { replicas } });
      await becomesReady(kube, replicas);
    }
    return '';
  });
  await tally.run('namespaced: a cluster elsewhere is none of its business', async () => {
    const other = await kube.get(`${ELSEWHERE}/team`);
    if (other['status'] !== undefined) throw new Error('it has a status');
    await kube.delete(`${ELSEWHERE}/team`);
    return '';
  });
  await tally.run('namespaced: a deleted cluster goes', async () => {
    await kube.delete(`${CLUSTERS}/team`);
    await until('the cluster is gone', async () =>
      (await kube.list(CLUSTERS)).length === 0 ? true : undefined,
    );
    return '';
  });
  await tally.run('namespaced: nothing was ever refused', async () => {
    const refused = await operator.figure('rest_client_requests_total', 'code="403"');
    if (refused > 0) throw new Error(`${refused} requests were refused`);
    return '';
  });
  await operator.process.stop();
  await kubelet.stop();
}

async function becomesReady(kube: Kube, replicas: number): Promise<void> {
  await until(`Ready with ${replicas}`, async () => {
    const status = recordAt(await kube.get(`${CLUSTERS}/team`), 'status');
    const ready = listAt(status, 'conditions').find(({ type }) => type === 'Ready');
    const isSo = ready?.['status'] === 'True' && status['readyReplicas'] === replicas;
    return isSo && status['replicas'] === replicas ? true : undefined;
  });
}
