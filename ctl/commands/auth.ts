// Owns `etcdctl auth`. etcd: auth_command.go.
import { isEtcdError } from '../../server/base/errors.ts';
import { type Session, withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';
import { writeOut } from '../line/terminal.ts';

export const authCommand: Command = {
  use: 'auth <subcommand>',
  short: 'The switch of authentication',
  group: Group.auth,
  commands: [
    { use: 'enable', short: 'Switches authentication on', run: enable },
    { use: 'disable', short: 'Switches authentication off', run: disable },
    { use: 'status', short: 'Tells whether authentication is on', run: status },
  ],
};

async function enable(invocation: Invocation): Promise<void> {
  checkArgs(invocation, 'enable');
  await withSession(invocation, async (session) => {
    await enableWithRoot(session);
    writeOut('Authentication Enabled\n');
  });
}

/** Gives the user root its role when that is all that is missing. */
async function enableWithRoot({ client, timeout }: Session): Promise<void> {
  try {
    await client.auth.enable(timeout);
    return;
  } catch (error) {
    if (!isEtcdError(error) || error.code !== 'rootRoleNotExist') throw error;
  }
  await client.auth.roleAdd('root', timeout);
  await client.auth.userGrantRole('root', 'root', timeout);
  await client.auth.enable(timeout);
}

async function disable(invocation: Invocation): Promise<void> {
  checkArgs(invocation, 'disable');
  await withSession(invocation, async ({ client, timeout }) => {
    await client.auth.disable(timeout);
    writeOut('Authentication Disabled\n');
  });
}

async function status(invocation: Invocation): Promise<void> {
  checkArgs(invocation, 'status');
  await withSession(invocation, async ({ client, display, timeout }) => {
    display.show({ kind: 'authStatus', response: await client.auth.status(timeout) });
  });
}

function checkArgs({ args }: Invocation, name: string): void {
  if (args.length > 0) throw badArgs(`auth ${name} command does not accept any arguments`);
}
