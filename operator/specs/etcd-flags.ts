// Owns the command line of a member. Only flags that etcd 3.5, 3.6 and 3.7 all know. initial-cluster and its state come
// from the environment (pod.ts).
import { clientUrl, clusterToken, type MemberPlace, PORTS, peerUrl } from '../api/names.ts';
import { parseQuantity } from '../api/quantity.ts';
import { parseDuration } from '../api/time.ts';
import type { ClusterContext } from './context.ts';

/** A directory inside of the volume: the volume's root may hold lost+found, which etcd takes for damage. */
export const DATA_MOUNT = '/var/lib/etcd';
const DATA_DIRECTORY = `${DATA_MOUNT}/data`;

export function etcdArgs(context: ClusterContext, place: MemberPlace): readonly string[] {
  return [
    `--name=${place.member}`,
    `--data-dir=${DATA_DIRECTORY}`,
    `--listen-client-urls=http://0.0.0.0:${PORTS.client}`,
    `--listen-peer-urls=http://0.0.0.0:${PORTS.peer}`,
    // Probes and scrapers come here, without certificates; clients and their load stay apart.
    `--listen-metrics-urls=http://0.0.0.0:${PORTS.metrics}`,
    `--advertise-client-urls=${clientUrl(place)}`,
    `--initial-advertise-peer-urls=${peerUrl(place)}`,
    `--initial-cluster-token=${clusterToken(context.namespace, context.name, context.uid)}`,
    ...optionArgs(context),
  ];
}

function optionArgs({ spec: { options } }: ClusterContext): readonly string[] {
  const given: readonly (readonly [string, string | number | undefined])[] = [
    ['quota-backend-bytes', bytes(options.quotaBackendBytes)],
    ['auto-compaction-mode', options.autoCompactionMode],
    ['auto-compaction-retention', options.autoCompactionRetention],
    ['snapshot-count', options.snapshotCount],
    ['heartbeat-interval', milliseconds(options.heartbeatInterval)],
    ['election-timeout', milliseconds(options.electionTimeout)],
    ['max-request-bytes', options.maxRequestBytes],
    ['log-level', options.logLevel],
  ];
  const args = given
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `--${name}=${value}`);
  return [...args, ...(options.extraArgs ?? [])];
}

function bytes(quantity: string | undefined): number | undefined {
  return quantity === undefined ? undefined : parseQuantity(quantity);
}

function milliseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : parseDuration(duration);
}
