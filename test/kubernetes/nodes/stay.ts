// Owns nodes for people: they are put up, the operator is not, and everything stays until Ctrl-C.
import { once } from 'node:events';
import { NodesCluster } from './nodes-cluster.ts';
import { nodeAssets } from './run-nodes.ts';

export async function stay(folder: string, count: number): Promise<void> {
  const assets = await nodeAssets();
  const cluster = await NodesCluster.start(assets, folder, count);
  console.log(`
export PATH=${assets}:$PATH KUBECONFIG=${cluster.plane.kubeconfig}
kubectl apply --validate=false -f manifests/crds -f manifests/operator.yaml
kubectl apply -f manifests/samples/three-members.yaml

Ctrl-C takes it all down.`);
  // Signals end the process; see run.ts.
  await once(process, 'exit');
}
