// Owns labels and annotations. Selectors use cluster and role only: the rest may change without making Pods invisible.
import type { StringMap } from './meta.ts';

export const LABEL_CLUSTER = 'etcd-ts.io/cluster';
export const LABEL_CLUSTER_UID = 'etcd-ts.io/cluster-uid';
export const LABEL_MEMBER = 'etcd-ts.io/member';
/** On a kept volume whose member is gone: it is nobody's any more and is never started again. */
export const LABEL_RELEASED = 'etcd-ts.io/released';
/** voter, learner or none. The client Service and the disruption budget select voters. */
export const LABEL_ROLE = 'etcd-ts.io/role';

/** Fingerprint of what a Pod was built from, without what may change while it runs. */
export const ANNOTATION_CONFIG_HASH = 'etcd-ts.io/config-hash';
/** The image asked for. Not read from the Pod's own specification, which webhooks may rewrite. */
export const ANNOTATION_IMAGE = 'etcd-ts.io/image';
/** Read by the container as ETCD_INITIAL_CLUSTER(_STATE) at each of its starts; see specs/initial-cluster.ts. */
export const ANNOTATION_INITIAL_CLUSTER = 'etcd-ts.io/initial-cluster';
export const ANNOTATION_INITIAL_CLUSTER_STATE = 'etcd-ts.io/initial-cluster-state';

/** Fingerprint of a Service or a budget as it was applied: what is no longer wanted of it is seen by this alone. */
export const ANNOTATION_APPLIED_HASH = 'etcd-ts.io/applied-hash';

export type MemberRole = 'voter' | 'learner' | 'none';

/** Labels that everything of one cluster carries. */
export function clusterLabels(cluster: string, component: string): StringMap {
  return {
    'app.kubernetes.io/name': 'etcd',
    'app.kubernetes.io/instance': cluster,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/managed-by': 'etcd-ts-operator',
    [LABEL_CLUSTER]: cluster,
  };
}

export function podSelector(cluster: string): StringMap {
  return { [LABEL_CLUSTER]: cluster, 'app.kubernetes.io/component': 'member' };
}

export function voterSelector(cluster: string): StringMap {
  return { [LABEL_CLUSTER]: cluster, [LABEL_ROLE]: 'voter' };
}

/** "a=1,b=2", as the scale subresource wants it. */
export function selectorText(selector: StringMap): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
