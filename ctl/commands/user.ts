// Owns `etcdctl user`. etcd: user_command.go.
import { withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';
import type { FlagSpec } from '../line/flag-set.ts';
import { askSecret, inputLines, writeOut } from '../line/terminal.ts';

const INTERACTIVE: FlagSpec = {
  name: 'interactive',
  kind: 'bool',
  initial: 'true',
  usage: 'ask for the password twice; false reads it from standard input',
};

export const userCommand: Command = {
  use: 'user <subcommand>',
  short: 'Users',
  group: Group.auth,
  commands: [
    {
      use: 'add <user name or user:password> [options]',
      short: 'Adds a user',
      flags: [
        INTERACTIVE,
        { name: 'new-user-password', kind: 'text', initial: '', usage: "the new user's password" },
        {
          name: 'no-password',
          kind: 'bool',
          initial: 'false',
          usage: 'a user who is known by a certificate',
        },
      ],
      run: add,
    },
    { use: 'delete <user name>', short: 'Deletes a user', run: remove },
    {
      use: 'get <user name> [options]',
      short: "Shows a user's roles",
      flags: [
        { name: 'detail', kind: 'bool', initial: 'false', usage: 'show what the roles may do' },
      ],
      run: get,
    },
    { use: 'list', short: 'Lists all users', run: list },
    {
      use: 'passwd <user name> [options]',
      short: "Changes a user's password",
      flags: [INTERACTIVE],
      run: changePassword,
    },
    {
      use: 'grant-role <user name> <role name>',
      short: 'Gives a user a role',
      run: grantRole,
    },
    {
      use: 'revoke-role <user name> <role name>',
      short: 'Takes a role from a user',
      run: revokeRole,
    },
  ],
};

async function add(invocation: Invocation): Promise<void> {
  const { user, password } = await newUser(invocation);
  await withSession(invocation, async ({ client, display }) => {
    const response = await client.auth.userAdd(user, password);
    display.show({ kind: 'userAdd', name: user, response });
  });
}

async function newUser(
  invocation: Invocation,
): Promise<{ readonly user: string; readonly password: string | undefined }> {
  const { flags } = invocation;
  const text = onlyArg(invocation, 'user add');
  if (flags.bool('no-password')) return { user: text, password: undefined };
  const given = flags.text('new-user-password');
  if (given !== '') return { user: text, password: given };
  const colon = text.indexOf(':');
  if (colon < 0) return { user: text, password: await readPassword(invocation, text) };
  if (colon === 0) throw badArgs('empty user name is not allowed');
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

async function remove(invocation: Invocation): Promise<void> {
  const name = onlyArg(invocation, 'user delete');
  await withSession(invocation, async ({ client, display }) => {
    display.show({ kind: 'userDelete', name, response: await client.auth.userDelete(name) });
  });
}

async function get(invocation: Invocation): Promise<void> {
  const name = onlyArg(invocation, 'user get');
  await withSession(invocation, async ({ client, display }) => {
    const response = await client.auth.userGet(name);
    if (!invocation.flags.bool('detail')) {
      display.show({ kind: 'userGet', name, response });
      return;
    }
    writeOut(`User: ${name}\n`);
    for (const role of response.roles) {
      writeOut('\n');
      display.show({ kind: 'roleGet', name: role, response: await client.auth.roleGet(role) });
    }
  });
}

async function list(invocation: Invocation): Promise<void> {
  if (invocation.args.length > 0) throw badArgs('user list command requires no arguments');
  await withSession(invocation, async ({ client, display }) => {
    display.show({ kind: 'userList', response: await client.auth.userList() });
  });
}

async function changePassword(invocation: Invocation): Promise<void> {
  const name = onlyArg(invocation, 'user passwd');
  const password = await readPassword(invocation, name);
  await withSession(invocation, async ({ client, display }) => {
    const response = await client.auth.userChangePassword(name, password);
    display.show({ kind: 'userPassword', response });
  });
}

async function grantRole(invocation: Invocation): Promise<void> {
  const [name, role] = invocation.args;
  if (name === undefined || role === undefined || invocation.args.length > 2) {
    throw badArgs('user grant command requires user name and role name as its argument');
  }
  await withSession(invocation, async ({ client, display }) => {
    const response = await client.auth.userGrantRole(name, role);
    display.show({ kind: 'userGrant', name, role, response });
  });
}

async function revokeRole(invocation: Invocation): Promise<void> {
  const [name, role] = invocation.args;
  if (name === undefined || role === undefined || invocation.args.length > 2) {
    throw badArgs('user revoke-role requires user name and role name as its argument');
  }
  await withSession(invocation, async ({ client, display }) => {
    const response = await client.auth.userRevokeRole(name, role);
    display.show({ kind: 'userRevoke', name, role, response });
  });
}

function onlyArg({ args }: Invocation, command: string): string {
  const [arg] = args;
  if (arg !== undefined && args.length === 1) return arg;
  throw badArgs(`${command} command requires user name as its argument`);
}

async function readPassword({ flags }: Invocation, name: string): Promise<string> {
  if (!flags.bool('interactive')) return await firstWordOfInput();
  const password = await askSecret(`Password of ${name}: `);
  if (password === '') throw badArgs('empty password');
  const again = await askSecret(`Type password of ${name} again for confirmation: `);
  if (password !== again) throw badArgs('given passwords are different');
  return password;
}

async function firstWordOfInput(): Promise<string> {
  for await (const line of inputLines()) return line.trim().split(/\s+/)[0] ?? '';
  return '';
}
