// Owns the arguments of `etcdctl watch`: keys from the command line or from the environment, and a command after "--".
// etcd: parseWatchArgs in watch_command.go.

import type { WatchOptions } from '../../client/watch.ts';
import { badArgs } from '../line/exit-error.ts';
import type { FlagSet, FlagSpec } from '../line/flag-set.ts';

export const WATCH_FLAGS: readonly FlagSpec[] = [
  {
    name: 'interactive',
    short: 'i',
    kind: 'bool',
    initial: 'false',
    usage: 'read watches from standard input',
  },
  { name: 'prefix', kind: 'bool', initial: 'false', usage: 'all keys that start with the key' },
  { name: 'rev', kind: 'int', initial: '0', usage: 'first revision of interest' },
  { name: 'prev-kv', kind: 'bool', initial: 'false', usage: 'show what keys held before' },
  {
    name: 'progress-notify',
    kind: 'bool',
    initial: 'false',
    usage: 'show from time to time how far the watch is',
  },
];

/** Keys from ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END; empty texts are none. */
export interface EnvironmentKeys {
  readonly key: string;
  readonly rangeEnd: string;
}

export interface WatchArgs {
  /** Key and range end. */
  readonly keys: readonly string[];
  /** What is run for each event; empty for nothing. */
  readonly command: readonly string[];
}

const BAD_COUNT = 'bad number of arguments';

/**
 * `before` are the arguments in front of "--" without flags, `after` those behind it, undefined without "--".
 * Throws ExitError.
 */
export function watchArgs(
  before: readonly string[],
  after: readonly string[] | undefined,
  environment: EnvironmentKeys,
): WatchArgs {
  if (after?.length === 0) throw badArgs(`${BAD_COUNT} (found separator --, but no commands)`);
  const command = after ?? [];
  if (environment.key === '') return { keys: before, command };
  if (before.length > 0) throw badArgs(`${BAD_COUNT} (found conflicting environment key)`);
  const { key, rangeEnd } = environment;
  return { keys: rangeEnd === '' ? [key] : [key, rangeEnd], command };
}

/** The key to watch and how. Throws ExitError. */
export function watchRequest(
  flags: FlagSet,
  keys: readonly string[],
): { readonly key: string; readonly options: WatchOptions } {
  const [key, rangeEnd] = keys;
  if (key === undefined) throw badArgs(BAD_COUNT);
  const prefix = flags.bool('prefix');
  const isRange = rangeEnd !== undefined && keys.length === 2;
  if (isRange && prefix) throw badArgs('`range_end` and `--prefix` are mutually exclusive');
  return {
    key,
    options: {
      ...(isRange ? { rangeEnd } : { prefix }),
      startRevision: flags.int('rev'),
      prevKv: flags.bool('prev-kv'),
      progressNotify: flags.bool('progress-notify'),
    },
  };
}
