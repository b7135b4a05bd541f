// Owns `etcdctl defrag`. etcd: defrag_command.go.
import { performance } from 'node:perf_hooks';
import { atEndpoint, CLUSTER_FLAG, endpointsToAsk, tookSince } from '../endpoints.ts';
import { errorText } from '../failure.ts';
import { applyEnvironment, clientSettings, timeoutOf } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { Exit, SilentExit } from '../line/exit-error.ts';
import { writeError, writeOut } from '../line/terminal.ts';

export const defragCommand: Command = {
  use: 'defrag',
  short: 'Gives the unused space of members back to their disks',
  group: Group.cluster,
  sharedFlags: [CLUSTER_FLAG],
  run,
};

async function run(invocation: Invocation): Promise<void> {
  applyEnvironment(invocation);
  const settings = await clientSettings(invocation);
  const timeout = timeoutOf(invocation);
  let failures = 0;
  for (const endpoint of await endpointsToAsk(invocation, settings)) {
    const startMs = performance.now();
    try {
      await atEndpoint(settings, endpoint, (client) =>
        client.maintenance.defragment(endpoint, timeout),
      );
      const took = tookSince(startMs);
      writeOut(`Finished defragmenting etcd member[${endpoint}]. took ${took}\n`);
    } catch (error) {
      failures++;
      const took = tookSince(startMs);
      const reason = errorText(error);
      writeError(`Failed to defragment etcd member[${endpoint}]. took ${took}. (${reason})\n`);
    }
  }
  if (failures > 0) throw new SilentExit(Exit.error);
}
