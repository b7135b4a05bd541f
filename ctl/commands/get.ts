// Owns `etcdctl get`. etcd: get_command.go.

import type { GetOptions } from '../../client/op.ts';
import type { RangeResponse, SortTarget } from '../../server/proto/gen/rpc.ts';
import { type Session, withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs, Exit, ExitError } from '../line/exit-error.ts';
import type { FlagSet, FlagSpec } from '../line/flag-set.ts';

const FLAGS: readonly FlagSpec[] = [
  {
    name: 'consistency',
    kind: 'text',
    initial: 'l',
    usage: 'l asks the whole cluster, s only the member at hand',
  },
  { name: 'order', kind: 'text', initial: '', usage: 'ASCEND or DESCEND' },
  {
    name: 'sort-by',
    kind: 'text',
    initial: '',
    usage: 'CREATE, KEY, MODIFY, VALUE or VERSION',
  },
  { name: 'limit', kind: 'int', initial: '0', usage: 'most keys to show' },
  { name: 'prefix', kind: 'bool', initial: 'false', usage: 'all keys that start with the key' },
  { name: 'from-key', kind: 'bool', initial: 'false', usage: 'the key and all after it' },
  { name: 'rev', kind: 'int', initial: '0', usage: 'the store as it was at this revision' },
  { name: 'keys-only', kind: 'bool', initial: 'false', usage: 'leave out the values' },
  {
    name: 'count-only',
    kind: 'bool',
    initial: 'false',
    usage: 'show only how many keys there are',
  },
  {
    name: 'print-value-only',
    kind: 'bool',
    initial: 'false',
    usage: 'leave out the keys, in the format "simple"',
  },
  { name: 'min-create-rev', kind: 'int', initial: '0', usage: 'keys created at this or later' },
  { name: 'max-create-rev', kind: 'int', initial: '0', usage: 'keys created at this or before' },
  { name: 'min-mod-rev', kind: 'int', initial: '0', usage: 'keys changed at this or later' },
  { name: 'max-mod-rev', kind: 'int', initial: '0', usage: 'keys changed at this or before' },
  { name: 'stream', kind: 'bool', initial: 'false', usage: 'get the keys in parts (etcd 3.7)' },
];

const SORT_TARGETS: Readonly<Record<string, keyof typeof SortTarget>> = {
  CREATE: 'create',
  KEY: 'key',
  MODIFY: 'mod',
  VALUE: 'value',
  VERSION: 'version',
  '': 'key',
};

const SORT_ORDERS: Readonly<Record<string, 'ascend' | 'descend' | 'none'>> = {
  ASCEND: 'ascend',
  DESCEND: 'descend',
  '': 'none',
};

export const getCommand: Command = {
  use: 'get [options] <key> [range_end]',
  short: 'Shows a key or a range of keys',
  group: Group.keys,
  flags: FLAGS,
  run,
};

/** A key and how to get it. */
export interface GetRequest {
  readonly key: string;
  readonly options: GetOptions;
}

async function run(invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  const request = getRequest(invocation);
  await withSession(invocation, async (session) => {
    const response = await getResponse(session, request, flags.bool('stream'));
    const { display } = session;
    if (flags.bool('count-only') && display.format !== 'fields') {
      throw badArgs('--count-only is only for `--write-out=fields`');
    }
    const valueOnly = flags.bool('print-value-only');
    if (valueOnly && display.format !== 'simple') {
      throw badArgs('print-value-only is only for `--write-out=simple`');
    }
    display.show({ kind: 'get', response }, { valueOnly });
  });
}

/** Reads the arguments of a get, which may stand in a transaction too. Throws ExitError. */
export function getRequest({ flags, args }: Pick<Invocation, 'flags' | 'args'>): GetRequest {
  const [key, rangeEnd] = args;
  if (key === undefined) {
    throw badArgs('get command needs one argument as key and an optional argument as range_end');
  }
  const prefix = flags.bool('prefix');
  const fromKey = flags.bool('from-key');
  if (prefix && fromKey) throw chooseOne('prefix', 'from-key');
  if (flags.bool('keys-only') && flags.bool('count-only')) {
    throw chooseOne('keys-only', 'count-only');
  }
  if (rangeEnd !== undefined && (prefix || fromKey)) throw tooMany();
  const serializable = isSerializable(flags.text('consistency'));
  return {
    key,
    options: {
      ...(rangeEnd === undefined ? {} : { rangeEnd }),
      prefix,
      fromKey,
      serializable,
      limit: flags.int('limit'),
      revision: Math.max(flags.int('rev'), 0),
      sortOrder: choice(SORT_ORDERS, flags.text('order'), 'sort order'),
      sortTarget: choice(SORT_TARGETS, flags.text('sort-by'), 'sort target'),
      keysOnly: flags.bool('keys-only'),
      countOnly: flags.bool('count-only'),
      ...revisionBounds(flags, 'create', 'Create'),
      ...revisionBounds(flags, 'mod', 'Mod'),
    },
  };
}

/** "s" is serializable, "l" is not. Throws ExitError for others. */
export function isSerializable(consistency: string): boolean {
  if (consistency === 's') return true;
  if (consistency === 'l') return false;
  throw new ExitError(Exit.badFeature, `unknown consistency flag "${consistency}"`);
}

export function chooseOne(one: string, other: string): ExitError {
  return badArgs(`\`--${one}\` and \`--${other}\` cannot be set at the same time, choose one`);
}

export function tooMany(): ExitError {
  return badArgs(
    'too many arguments, only accept one argument when `--prefix` or `--from-key` is set',
  );
}

function revisionBounds(flags: FlagSet, flag: string, name: 'Create' | 'Mod'): GetOptions {
  const min = flags.int(`min-${flag}-rev`);
  const max = flags.int(`max-${flag}-rev`);
  if (max > 0 && min > max) {
    throw new ExitError(Exit.badFeature, `getMin${name}Rev(=${min}) > getMax${name}Rev(=${max})`);
  }
  return {
    ...(min > 0 ? { [`min${name}Revision`]: min } : {}),
    ...(max > 0 ? { [`max${name}Revision`]: max } : {}),
  };
}

function choice<Value>(values: Readonly<Record<string, Value>>, text: string, what: string): Value {
  const name = text.toUpperCase();
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) throw new ExitError(Exit.badFeature, `bad ${what} ${text}`);
  return value;
}

async function getResponse(
  { client, timeout }: Session,
  { key, options }: GetRequest,
  stream: boolean,
): Promise<RangeResponse> {
  if (!stream) return await client.kv.get(key, { ...options, ...timeout });
  const parts: RangeResponse[] = [];
  for await (const part of client.kv.getStream(key, { ...options, ...timeout })) parts.push(part);
  const last = parts.at(-1);
  return {
    header: last?.header,
    kvs: parts.flatMap((part) => part.kvs),
    more: last?.more ?? false,
    count: last?.count ?? 0,
  };
}
