// Owns names and addresses of the nodes, which network.sh, node.sh and the configurations agree on.
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In the same place each time, so that down.sh finds what a killed run left; short, for the paths of sockets. */
export const NODES_FOLDER: string = join(tmpdir(), 'etcd-ts-nodes');

/** This machine on the bridge: API server and DNS. */
export const HOST_ADDRESS = '198.18.0.1';
export const API_PORT = 6443;
export const SERVICE_RANGE = '198.19.0.0/16';
export const CLUSTER_DOMAIN = 'cluster.local';
export const PAUSE_IMAGE = 'etcd-ts.test/pause:1';

export interface NodePlan {
  /** From 1. */
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly podRange: string;
  readonly folder: string;
  readonly cgroup: string;
}

export function planNode(index: number): NodePlan {
  const name = `node${index}`;
  return {
    index,
    name,
    address: `198.18.0.${10 + index}`,
    podRange: `198.18.${index}.0/24`,
    folder: join(NODES_FOLDER, name),
    cgroup: `etcd-ts-${name}`,
  };
}
