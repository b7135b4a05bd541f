// Owns the headless Service that gives members their names in DNS. It publishes Pods that are not ready: members must find
// each other before any of them can be.
import type { Service } from '../api/kube-objects.ts';
import { clusterLabels, podSelector } from '../api/labels.ts';
import { headlessServiceName, PORTS } from '../api/names.ts';
import { withAppliedHash } from './applied-hash.ts';
import { type ClusterContext, ownerOf } from './context.ts';

export function buildHeadlessService(context: ClusterContext): Service {
  return withAppliedHash({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: headlessServiceName(context.name),
      namespace: context.namespace,
      labels: clusterLabels(context.name, 'peers'),
      ownerReferences: ownerOf(context),
    },
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: podSelector(context.name),
      ports: [
        { name: 'client', port: PORTS.client, targetPort: 'client', protocol: 'TCP' },
        { name: 'peer', port: PORTS.peer, targetPort: 'peer', protocol: 'TCP' },
        { name: 'metrics', port: PORTS.metrics, targetPort: 'metrics', protocol: 'TCP' },
      ],
    },
  });
}
