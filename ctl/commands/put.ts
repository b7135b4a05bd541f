// Owns `etcdctl put`. etcd: put_command.go.

import type { PutOptions } from '../../client/op.ts';
import { utf8Bytes } from '../../server/base/bytes.ts';
import { withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';
import type { FlagSpec } from '../line/flag-set.ts';
import { NumberError, parseInt64 } from '../line/go-number.ts';
import { readInput } from '../line/terminal.ts';

const FLAGS: readonly FlagSpec[] = [
  {
    name: 'lease',
    kind: 'text',
    initial: '0',
    usage: 'lease, in hexadecimal, that the key is tied to',
  },
  { name: 'prev-kv', kind: 'bool', initial: 'false', usage: 'show what the key held before' },
  { name: 'ignore-value', kind: 'bool', initial: 'false', usage: 'keep the value of the key' },
  { name: 'ignore-lease', kind: 'bool', initial: 'false', usage: 'keep the lease of the key' },
];

const NEEDS = 'put command needs 1 argument and input from stdin or 2 arguments';

export const putCommand: Command = {
  use: 'put [options] <key> <value>',
  short: 'Stores a key',
  long: `Stores a key. A value that is not on the command line is read from standard input:

  cat file | etcdctl put <key>

A value that begins with '-' looks like a flag; write '--' before it:

  etcdctl put <key> -- <value>`,
  group: Group.keys,
  flags: FLAGS,
  run,
};

/** A key, its value and how to store it. */
export interface PutRequest {
  readonly key: string;
  readonly value: Uint8Array;
  readonly options: PutOptions;
}

async function run(invocation: Invocation): Promise<void> {
  const { key, value, options } = await putRequest(invocation);
  await withSession(invocation, async ({ client, display, timeout }) => {
    const response = await client.kv.put(key, value, { ...options, ...timeout });
    display.show({ kind: 'put', response });
  });
}

/** Reads the arguments of a put, which may stand in a transaction too. Throws ExitError. */
export async function putRequest({
  flags,
  args,
}: Pick<Invocation, 'flags' | 'args'>): Promise<PutRequest> {
  const [key, text] = args;
  if (key === undefined) throw badArgs(NEEDS);
  const ignoreValue = flags.bool('ignore-value');
  if (ignoreValue && text !== undefined) {
    throw badArgs("put command needs only 1 argument when 'ignore-value' is set");
  }
  const value = ignoreValue ? new Uint8Array() : await valueBytes(text);
  return {
    key,
    value,
    options: {
      lease: leaseOf(flags.text('lease')),
      prevKv: flags.bool('prev-kv'),
      ignoreValue,
      ignoreLease: flags.bool('ignore-lease'),
    },
  };
}

async function valueBytes(text: string | undefined): Promise<Uint8Array> {
  if (text !== undefined) return utf8Bytes(text);
  const value = await readInput();
  if (value.length === 0) throw badArgs(NEEDS);
  return value;
}

function leaseOf(text: string): bigint {
  try {
    return parseInt64(text, 16);
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw badArgs(`bad lease ID (${error.message}), expecting ID in Hex`);
  }
}
