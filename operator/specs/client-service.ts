// Owns the Service for clients: ready voters only. Learners refuse most requests, and a member is labelled a voter only
// after the cluster ID is known, so nothing is written to a cluster that might still be started over.
import type { Service } from '../api/kube-objects.ts';
import { clusterLabels, voterSelector } from '../api/labels.ts';
import { clientServiceName, PORTS } from '../api/names.ts';
import { withAppliedHash } from './applied-hash.ts';
import { type ClusterContext, ownerOf } from './context.ts';

export function buildClientService(context: ClusterContext): Service {
  const { annotations, type } = context.spec.service;
  return withAppliedHash({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: clientServiceName(context.name),
      namespace: context.namespace,
      labels: clusterLabels(context.name, 'client'),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: ownerOf(context),
    },
    spec: {
      type,
      selector: voterSelector(context.name),
      ports: [{ name: 'client', port: PORTS.client, targetPort: 'client', protocol: 'TCP' }],
    },
  });
}
