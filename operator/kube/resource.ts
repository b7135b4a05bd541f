// Owns which kinds the operator reads and writes, and where the API server keeps them.
import type { EtcdCluster } from '../api/etcd-cluster.ts';
import type { EtcdMember } from '../api/etcd-member.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Service,
} from '../api/kube-objects.ts';
import {
  decodeBudget,
  decodeClaim,
  decodeCluster,
  decodeMember,
  decodePod,
  decodeService,
} from './decode.ts';

export interface KindMap {
  readonly EtcdCluster: EtcdCluster;
  readonly EtcdMember: EtcdMember;
  readonly Pod: Pod;
  readonly PersistentVolumeClaim: PersistentVolumeClaim;
  readonly Service: Service;
  readonly PodDisruptionBudget: PodDisruptionBudget;
}
export type Kind = keyof KindMap;
export type KubeObject = KindMap[Kind];

export interface Resource<T> {
  readonly apiVersion: string;
  readonly plural: string;
  readonly decode: (raw: unknown) => T;
}

export const RESOURCES: { readonly [K in Kind]: Resource<KindMap[K]> } = {
  EtcdCluster: {
    apiVersion: 'etcd-ts.io/v1alpha1',
    plural: 'etcdclusters',
    decode: decodeCluster,
  },
  EtcdMember: { apiVersion: 'etcd-ts.io/v1alpha1', plural: 'etcdmembers', decode: decodeMember },
  Pod: { apiVersion: 'v1', plural: 'pods', decode: decodePod },
  PersistentVolumeClaim: {
    apiVersion: 'v1',
    plural: 'persistentvolumeclaims',
    decode: decodeClaim,
  },
  Service: { apiVersion: 'v1', plural: 'services', decode: decodeService },
  PodDisruptionBudget: {
    apiVersion: 'policy/v1',
    plural: 'poddisruptionbudgets',
    decode: decodeBudget,
  },
};

export interface Place {
  readonly apiVersion: string;
  readonly plural: string;
  /** All namespaces when undefined. */
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: string;
}

export function pathOfPlace(place: Place): string {
  const { apiVersion, plural, namespace, name, subresource } = place;
  const parts = [
    apiVersion.includes('/') ? 'apis' : 'api',
    apiVersion,
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  return `/${parts.join('/')}`;
}
