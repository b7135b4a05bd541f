// Owns `etcdctl role`. etcd: role_command.go.
import { type KeyRange, keyRange } from '../../client/key-range.ts';
import { withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';
import type { FlagSpec } from '../line/flag-set.ts';

const RANGE_FLAGS: readonly FlagSpec[] = [
  { name: 'prefix', kind: 'bool', initial: 'false', usage: 'all keys that start with the key' },
  { name: 'from-key', kind: 'bool', initial: 'false', usage: 'the key and all after it' },
];

export const roleCommand: Command = {
  use: 'role <subcommand>',
  short: 'Roles: what users may do',
  group: Group.auth,
  commands: [
    { use: 'add <role name>', short: 'Adds a role', run: add },
    { use: 'delete <role name>', short: 'Deletes a role', run: remove },
    { use: 'get <role name>', short: 'Shows what a role may do', run: get },
    { use: 'list', short: 'Lists all roles', run: list },
    {
      use: 'grant-permission [options] <role name> <permission type> <key> [endkey]',
      short: 'Lets a role read, write or readwrite keys',
      flags: RANGE_FLAGS,
      run: grantPermission,
    },
    {
      use: 'revoke-permission <role name> <key> [endkey]',
      short: 'Takes keys from a role',
      flags: RANGE_FLAGS,
      run: revokePermission,
    },
  ],
};

async function add(invocation: Invocation): Promise<void> {
  const name = onlyArg(invocation, 'role add');
  await withSession(invocation, async ({ client, display }) => {
    display.show({ kind: 'roleAdd', name, response: await client.auth.roleAdd(name) });
  });
}

async function remove(invocation: Invocation): Promise<void> {
  const name = onlyArg(invocation, 'role delete');
  await withSession(invocation, async ({ client, display }) => {
    display.show({ kind: 'roleDelete', name, response: await client.auth.roleDelete(name) });
  });
}

async function get(invocation: Invocation): Promise<void> {
  const name = onlyArg(invocation, 'role get');
  await withSession(invocation, async ({ client, display }) => {
    display.show({ kind: 'roleGet', name, response: await client.auth.roleGet(name) });
  });
}

async function list(invocation: Invocation): Promise<void> {
  if (invocation.args.length > 0) throw badArgs('role list command requires no arguments');
  await withSession(invocation, async ({ client, display }) => {
    display.show({ kind: 'roleList', response: await client.auth.roleList() });
  });
}

async function grantPermission(invocation: Invocation): Promise<void> {
  const [name, type, ...keys] = invocation.args;
  if (name === undefined || type === undefined || keys.length === 0) {
    throw badArgs(
      'role grant command requires role name, permission type, and key [endkey] as its argument',
    );
  }
  const permissionType = permissionTypeOf(type);
  const { key, rangeEnd } = permissionRange(invocation, keys);
  await withSession(invocation, async ({ client, display }) => {
    const permission = { type: permissionType, key, rangeEnd };
    const response = await client.auth.roleGrantPermission(name, permission);
    display.show({ kind: 'roleGrant', name, response });
  });
}

async function revokePermission(invocation: Invocation): Promise<void> {
  const [name, ...keys] = invocation.args;
  if (name === undefined || keys.length === 0) {
    throw badArgs(
      'role revoke-permission command requires role name and key [endkey] as its argument',
    );
  }
  const range = permissionRange(invocation, keys);
  await withSession(invocation, async ({ client, display }) => {
    const response = await client.auth.roleRevokePermission(name, range);
    const shownKey = keyRange(keys[0] ?? '', {}).key;
    display.show({ kind: 'roleRevoke', name, key: shownKey, rangeEnd: range.rangeEnd, response });
  });
}

function permissionTypeOf(text: string): 'read' | 'write' | 'readwrite' {
  const type = text.toLowerCase();
  if (type === 'read' || type === 'write' || type === 'readwrite') return type;
  throw badArgs(`invalid permission type: ${text}`);
}

function permissionRange({ flags }: Invocation, keys: readonly string[]): KeyRange {
  const [key = '', end] = keys;
  const prefix = flags.bool('prefix');
  const fromKey = flags.bool('from-key');
  if (prefix && fromKey) throw badArgs('--from-key and --prefix flags are mutually exclusive');
  if (end !== undefined && key !== '') {
    if (prefix) throw badArgs('unexpected endkey argument with --prefix flag');
    if (fromKey) throw badArgs('unexpected endkey argument with --from-key flag');
    return keyRange(key, { rangeEnd: end });
  }
  // etcd: an empty key without flags stands for the first key there can be.
  if (key === '' && !prefix && !fromKey) return keyRange('\0', {});
  return keyRange(key, { prefix, fromKey });
}

function onlyArg({ args }: Invocation, command: string): string {
  const [arg] = args;
  if (arg !== undefined && args.length === 1) return arg;
  throw badArgs(`${command} command requires role name as its argument`);
}
