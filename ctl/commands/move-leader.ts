// Owns `etcdctl move-leader`. etcd: move_leader_command.go.
import { atEndpoint } from '../endpoints.ts';
import { clientCall } from '../failure.ts';
import {
  applyEnvironment,
  type ClientSettings,
  clientSettings,
  endpointsOf,
  timeoutOf,
} from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs, Exit } from '../line/exit-error.ts';
import { NumberError, parseUint64 } from '../line/go-number.ts';
import { Display } from '../print/display.ts';
import { listText } from '../print/go-text.ts';

export const moveLeaderCommand: Command = {
  use: 'move-leader <transferee-member-id>',
  short: 'Makes another member the leader',
  group: Group.cluster,
  run,
};

async function run(invocation: Invocation): Promise<void> {
  if (invocation.args.length !== 1) throw badArgs('move-leader command needs 1 argument');
  const targetId = targetOf(invocation);
  applyEnvironment(invocation);
  const settings = await clientSettings(invocation);
  const display = new Display(invocation.flags);
  const endpoints = await endpointsOf(invocation);
  const timeout = timeoutOf(invocation);
  await clientCall(Exit.error, async () => {
    const leader = await findLeader(settings, endpoints, timeout);
    if (leader === undefined) throw badArgs(`no leader endpoint given at ${listText(endpoints)}`);
    const { endpoint, leaderId } = leader;
    const response = await atEndpoint(settings, endpoint, (client) =>
      client.maintenance.moveLeader(targetId, timeout),
    );
    display.show({ kind: 'moveLeader', leaderId, targetId, response });
  });
}

async function findLeader(
  settings: ClientSettings,
  endpoints: readonly string[],
  timeout: { readonly timeoutMs: number },
): Promise<{ readonly endpoint: string; readonly leaderId: bigint } | undefined> {
  for (const endpoint of endpoints) {
    const status = await atEndpoint(settings, endpoint, (client) =>
      client.maintenance.status(timeout),
    );
    if (status.header?.memberId === status.leader) return { endpoint, leaderId: status.leader };
  }
  return undefined;
}

function targetOf({ args }: Invocation): bigint {
  try {
    return parseUint64(args[0] ?? '', 16);
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw badArgs(error.message);
  }
}
