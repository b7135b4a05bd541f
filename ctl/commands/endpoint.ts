// Owns `etcdctl endpoint`. etcd: ep_command.go.
import { performance } from 'node:perf_hooks';
import type { EtcdClient } from '../../client/client.ts';
import { isEtcdError } from '../../server/base/errors.ts';
import type { AlarmMember } from '../../server/proto/gen/rpc.ts';
import { atEndpoint, CLUSTER_FLAG, endpointsToAsk, tookSince } from '../endpoints.ts';
import { errorText } from '../failure.ts';
import {
  applyEnvironment,
  type ClientSettings,
  clientSettings,
  timeoutOf,
} from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { Exit, ExitError, SilentExit } from '../line/exit-error.ts';
import { writeError } from '../line/terminal.ts';
import { Display } from '../print/display.ts';
import { alarmName } from '../print/enum-names.ts';
import type { EndpointHealth } from '../print/result.ts';

export const endpointCommand: Command = {
  use: 'endpoint <subcommand>',
  short: 'What single members say',
  group: Group.cluster,
  sharedFlags: [CLUSTER_FLAG],
  commands: [
    { use: 'health', short: 'Tells whether each endpoint serves requests', run: health },
    {
      use: 'status',
      short: "Shows each endpoint's version, size, leader and log",
      long: `Shows each endpoint's version, size, leader and log. In the format "simple" a line holds: endpoint, ID,
version, storage version, size, size in use, share not in use, quota, is leader, is learner, raft term,
raft index, raft applied index, errors, version of a downgrade, whether a downgrade is on.`,
      run: status,
    },
    {
      use: 'hashkv',
      short: "Shows the hash of each endpoint's keys and their history",
      flags: [
        { name: 'rev', kind: 'int', initial: '0', usage: 'last revision to hash; 0 for all' },
      ],
      run: hashKv,
    },
  ],
};

/** A client's settings, the display, and the endpoints to ask. */
async function prepare(invocation: Invocation): Promise<{
  readonly settings: ClientSettings;
  readonly display: Display;
  readonly endpoints: readonly string[];
}> {
  applyEnvironment(invocation);
  const settings = await clientSettings(invocation);
  const display = new Display(invocation.flags);
  return { settings, display, endpoints: await endpointsToAsk(invocation, settings) };
}

async function health(invocation: Invocation): Promise<void> {
  const { settings, display, endpoints } = await prepare(invocation);
  const timeout = timeoutOf(invocation);
  const list: EndpointHealth[] = [];
  await Promise.all(
    endpoints.map((endpoint) =>
      atEndpoint(settings, endpoint, async (client) => {
        // In the order in which they answer, as etcdctl has it.
        list.push(await healthOf(client, endpoint, timeout));
      }),
    ),
  );
  display.show({ kind: 'endpointHealth', list });
  if (list.some(({ error }) => error !== '')) throw new ExitError(Exit.error, 'unhealthy cluster');
}

async function healthOf(
  client: EtcdClient,
  endpoint: string,
  timeout: { readonly timeoutMs: number },
): Promise<EndpointHealth> {
  const startMs = performance.now();
  const problem = await problemOf(() => client.kv.get('health', timeout));
  const took = tookSince(startMs);
  if (problem !== '') return { endpoint, health: false, took, error: problem };
  const alarms = await alarmsOf(client, timeout);
  return { endpoint, health: alarms === '', took, error: alarms };
}

/** Being refused for lack of permission is an answer too: the cluster agreed on it. */
async function problemOf(ask: () => Promise<unknown>): Promise<string> {
  try {
    await ask();
    return '';
  } catch (error) {
    return isEtcdError(error) && error.code === 'permissionDenied' ? '' : errorText(error);
  }
}

async function alarmsOf(
  client: EtcdClient,
  timeout: { readonly timeoutMs: number },
): Promise<string> {
  let alarms: readonly AlarmMember[];
  try {
    alarms = (await client.maintenance.alarms(timeout)).alarms;
  } catch {
    return 'Unable to fetch the alarm list';
  }
  if (alarms.length === 0) return '';
  return `Active Alarm(s): ${alarms.map(({ alarm }) => `${alarmName(alarm)} `).join('')}`;
}

async function status(invocation: Invocation): Promise<void> {
  const { settings, display, endpoints } = await prepare(invocation);
  const timeout = timeoutOf(invocation);
  const { list, failure } = await askEach(settings, endpoints, 'status', (client, endpoint) =>
    client.maintenance.status({ ...timeout, endpoint }),
  );
  display.show({ kind: 'endpointStatus', list });
  if (failure !== undefined) throw new SilentExit(Exit.error);
}

async function hashKv(invocation: Invocation): Promise<void> {
  const { settings, display, endpoints } = await prepare(invocation);
  const timeout = timeoutOf(invocation);
  const revision = invocation.flags.int('rev');
  const { list, failure } = await askEach(settings, endpoints, 'hash', (client, endpoint) =>
    client.maintenance.hashKv(endpoint, revision, timeout),
  );
  display.show({ kind: 'endpointHash', list });
  if (failure !== undefined) throw new ExitError(Exit.error, failure);
}

/** One after the other. Failures are told at once; the last one is returned. */
async function askEach<Response>(
  settings: ClientSettings,
  endpoints: readonly string[],
  what: string,
  ask: (client: EtcdClient, endpoint: string) => Promise<Response>,
): Promise<{
  readonly list: readonly { readonly endpoint: string; readonly response: Response }[];
  readonly failure: string | undefined;
}> {
  const list: { readonly endpoint: string; readonly response: Response }[] = [];
  let failure: string | undefined;
  for (const endpoint of endpoints) {
    try {
      const response = await atEndpoint(settings, endpoint, (client) => ask(client, endpoint));
      list.push({ endpoint, response });
    } catch (error) {
      failure = errorText(error);
      writeError(`Failed to get the ${what} of endpoint ${endpoint} (${failure})\n`);
    }
  }
  return { list, failure };
}
