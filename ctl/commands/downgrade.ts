// Owns `etcdctl downgrade`. etcd: downgrade_command.go.
import { withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';

export const downgradeCommand: Command = {
  use: 'downgrade <subcommand>',
  short: 'Preparing the cluster for an older version',
  group: Group.cluster,
  commands: [
    {
      use: 'validate <TARGET_VERSION>',
      short: 'Tells whether the cluster can go back to a version',
      run: (invocation) => downgrade(invocation, 'validate'),
    },
    {
      use: 'enable <TARGET_VERSION>',
      short: 'Starts going back to a version',
      run: (invocation) => downgrade(invocation, 'enable'),
    },
    {
      use: 'cancel',
      short: 'Gives up going back',
      run: (invocation) => downgrade(invocation, 'cancel'),
    },
  ],
};

async function downgrade(
  invocation: Invocation,
  action: 'validate' | 'enable' | 'cancel',
): Promise<void> {
  const version = action === 'cancel' ? '' : versionOf(invocation);
  await withSession(invocation, async ({ client, display, timeout }) => {
    const response = await client.maintenance.downgrade(action, version, timeout);
    display.show({ kind: 'downgrade', action, response });
  });
}

function versionOf({ args }: Invocation): string {
  const [version] = args;
  if (version === undefined) throw badArgs('TARGET_VERSION not provided');
  if (args.length > 1) throw badArgs('too many arguments');
  if (version === '') throw badArgs('target version not provided');
  return version;
}
