// Owns the Pod of a member: one etcd process, started by flags and environment only, from any image that has an etcd in
// its PATH. No shell, no init container, no hook: etcd hands leadership over by itself when it is told to stop.

import { fingerprint } from '../api/hash.ts';
import type { Container, EnvVar, PassedOn, Pod, PodSpec } from '../api/kube-objects.ts';
import {
  ANNOTATION_CONFIG_HASH,
  ANNOTATION_IMAGE,
  ANNOTATION_INITIAL_CLUSTER,
  ANNOTATION_INITIAL_CLUSTER_STATE,
  clusterLabels,
  LABEL_MEMBER,
  LABEL_ROLE,
  type MemberRole,
} from '../api/labels.ts';
import type { StringMap } from '../api/meta.ts';
import { claimName, headlessServiceName, type MemberPlace, PORTS } from '../api/names.ts';
import { type ClusterContext, imageOf, ownerOf } from './context.ts';
import { DATA_MOUNT, etcdArgs } from './etcd-flags.ts';
import { LIVENESS_PROBE, READINESS_PROBE, STARTUP_PROBE } from './probes.ts';
import { affinityOf, spreadOf } from './scheduling.ts';
import { CONTAINER_SECURITY, POD_SECURITY } from './security.ts';

/** Handing over leadership and syncing the database take seconds; this is for a disk that hangs. */
const TERMINATION_GRACE_SECONDS = 30;

export interface PodRequest {
  readonly place: MemberPlace;
  readonly role: MemberRole;
  /** Annotations of initial-cluster.ts. */
  readonly initialCluster: StringMap;
}

export function buildPod(context: ClusterContext, request: PodRequest): Pod {
  const { place, role, initialCluster } = request;
  const { pod } = context.spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: place.member,
      namespace: context.namespace,
      labels: {
        ...pod.labels,
        ...clusterLabels(context.name, 'member'),
        [LABEL_MEMBER]: place.member,
        [LABEL_ROLE]: role,
      },
      annotations: {
        ...pod.annotations,
        ...initialCluster,
        [ANNOTATION_CONFIG_HASH]: configHash(context),
        [ANNOTATION_IMAGE]: imageOf(context),
      },
      ownerReferences: ownerOf(context),
    },
    spec: podSpec(context, place),
  };
}

/** Fingerprint of what all Pods of the cluster are built from, but for the image: that one rolls later, as an upgrade. */
export function configHash(context: ClusterContext): string {
  const place = { cluster: context.name, namespace: context.namespace, member: 'any' };
  const { containers, ...spec } = podSpec(context, place);
  const { labels, annotations } = context.spec.pod;
  return fingerprint({
    labels,
    annotations,
    spec,
    containers: containers.map((container) => ({ ...container, image: '' })),
  });
}

function podSpec(context: ClusterContext, place: MemberPlace): PodSpec {
  const { spec } = context;
  const { pod, image } = spec;
  return {
    containers: [etcdContainer(context, place)],
    volumes: [dataVolume(context, place)],
    hostname: place.member,
    subdomain: headlessServiceName(context.name),
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
    automountServiceAccountToken: false,
    // One variable for each Service of the namespace, some of which begin with ETCD_, which etcd would read as flags.
    enableServiceLinks: false,
    securityContext: { ...POD_SECURITY, ...pod.securityContext },
    ...(image.pullSecrets.length === 0 ? {} : { imagePullSecrets: image.pullSecrets }),
    affinity: affinityOf(context),
    topologySpreadConstraints: spreadOf(context),
    ...(pod.tolerations === undefined ? {} : { tolerations: pod.tolerations }),
    ...(pod.nodeSelector === undefined ? {} : { nodeSelector: pod.nodeSelector }),
    ...(pod.priorityClassName === undefined ? {} : { priorityClassName: pod.priorityClassName }),
  };
}

function etcdContainer(context: ClusterContext, place: MemberPlace): Container {
  const { spec } = context;
  return {
    name: 'etcd',
    image: imageOf(context),
    imagePullPolicy: spec.image.pullPolicy,
    command: ['etcd'],
    args: etcdArgs(context, place),
    env: [
      fromAnnotation('ETCD_INITIAL_CLUSTER', ANNOTATION_INITIAL_CLUSTER),
      fromAnnotation('ETCD_INITIAL_CLUSTER_STATE', ANNOTATION_INITIAL_CLUSTER_STATE),
    ],
    ports: [
      { name: 'client', containerPort: PORTS.client },
      { name: 'peer', containerPort: PORTS.peer },
      { name: 'metrics', containerPort: PORTS.metrics },
    ],
    ...(spec.resources === undefined ? {} : { resources: spec.resources }),
    volumeMounts: [{ name: 'data', mountPath: DATA_MOUNT }],
    startupProbe: STARTUP_PROBE,
    readinessProbe: READINESS_PROBE,
    livenessProbe: LIVENESS_PROBE,
    securityContext: CONTAINER_SECURITY,
  };
}

function fromAnnotation(name: string, annotation: string): EnvVar {
  return { name, valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${annotation}']` } } };
}

function dataVolume({ spec: { storage } }: ClusterContext, place: MemberPlace): PassedOn {
  return storage.medium === 'Memory'
    ? { name: 'data', emptyDir: { medium: 'Memory', sizeLimit: storage.size } }
    : { name: 'data', persistentVolumeClaim: { claimName: claimName(place.member) } };
}
