// Owns commands that ask each endpoint by itself: those of the flags, or with --cluster those that the members advertise.
import { performance } from 'node:perf_hooks';
import type { EtcdClient } from '../client/client.ts';
import { formatDurationNs } from '../server/base/duration.ts';
import { clientCall } from './failure.ts';
import { type ClientSettings, endpointsOf, openClient, timeoutOf } from './global-flags.ts';
import type { Invocation } from './line/command.ts';
import { Exit } from './line/exit-error.ts';
import type { FlagSpec } from './line/flag-set.ts';

export const CLUSTER_FLAG: FlagSpec = {
  name: 'cluster',
  kind: 'bool',
  initial: 'false',
  usage: 'ask every member of the cluster, not only the endpoints given',
};

/** Throws ExitError when the list of members cannot be had. */
export async function endpointsToAsk(
  invocation: Invocation,
  settings: ClientSettings,
): Promise<readonly string[]> {
  const { flags } = invocation;
  if (!flags.bool('cluster')) return flags.list('endpoints');
  const client = openClient(settings, await endpointsOf(invocation));
  try {
    const { members } = await clientCall(
      Exit.error,
      () => client.cluster.memberList(timeoutOf(invocation)),
      (text) => `failed to fetch endpoints from etcd cluster member list: ${text}`,
    );
    return members.flatMap((member) => member.clientUrls);
  } finally {
    client.close();
  }
}

/** Runs `use` with a client of that endpoint alone. */
export async function atEndpoint<Result>(
  settings: ClientSettings,
  endpoint: string,
  use: (client: EtcdClient) => Promise<Result>,
): Promise<Result> {
  const client = openClient(settings, [endpoint]);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** Go's notation of the time since `startMs`, as performance.now() told it. */
export function tookSince(startMs: number): string {
  return formatDurationNs(Math.round((performance.now() - startMs) * 1e6));
}
