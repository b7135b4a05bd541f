// Owns `etcdctl del`. etcd: del_command.go.
import { setTimeout as wait } from 'node:timers/promises';
import type { DeleteOptions } from '../../client/op.ts';
import { withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';
import type { FlagSpec } from '../line/flag-set.ts';
import { writeError } from '../line/terminal.ts';
import { quoted } from '../print/go-text.ts';
import { chooseOne, tooMany } from './get.ts';

const FLAGS: readonly FlagSpec[] = [
  { name: 'prefix', kind: 'bool', initial: 'false', usage: 'all keys that start with the key' },
  { name: 'prev-kv', kind: 'bool', initial: 'false', usage: 'show what was deleted' },
  { name: 'from-key', kind: 'bool', initial: 'false', usage: 'the key and all after it' },
  { name: 'range', kind: 'bool', initial: 'false', usage: 'delete a range without waiting' },
];

/** Time to think again before a range goes. etcd: since 3.6. */
const RANGE_PAUSE_MS = 2_000;

export const delCommand: Command = {
  use: 'del [options] <key> [range_end]',
  short: 'Deletes a key or the keys of [key, range_end)',
  group: Group.keys,
  flags: FLAGS,
  run,
};

/** A key and how to delete it. */
export interface DeleteRequest {
  readonly key: string;
  readonly options: DeleteOptions;
}

async function run(invocation: Invocation): Promise<void> {
  const { key, options } = await deleteRequest(invocation);
  await withSession(invocation, async ({ client, display, timeout }) => {
    const response = await client.kv.delete(key, { ...options, ...timeout });
    display.show({ kind: 'delete', response });
  });
}

/** Reads the arguments of a del, which may stand in a transaction too. Throws ExitError. */
export async function deleteRequest({
  flags,
  args,
}: Pick<Invocation, 'flags' | 'args'>): Promise<DeleteRequest> {
  const [key, rangeEnd] = args;
  if (key === undefined || args.length > 2) {
    throw badArgs('del command needs one argument as key and an optional argument as range_end');
  }
  const prefix = flags.bool('prefix');
  const fromKey = flags.bool('from-key');
  if (prefix && fromKey) throw chooseOne('prefix', 'from-key');
  if (rangeEnd !== undefined) {
    if (prefix || fromKey) throw tooMany();
    if (!flags.bool('range')) await giveTimeToThink(key, rangeEnd);
  }
  const prevKv = flags.bool('prev-kv');
  const range = rangeEnd === undefined ? { prefix, fromKey } : { rangeEnd };
  return { key, options: { ...range, prevKv } };
}

async function giveTimeToThink(key: string, rangeEnd: string): Promise<void> {
  writeError(
    `Warning: Keys between ${quoted(key)} and ${quoted(rangeEnd)} will be deleted. ` +
      'Please interrupt the command within next 2 seconds to cancel. ' +
      'You can provide `--range` flag to avoid the delay.\n',
  );
  await wait(RANGE_PAUSE_MS);
}
