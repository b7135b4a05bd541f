// Owns `etcdctl watch`. etcd: watch_command.go.

import { WatchCanceledError, type Watcher } from '../../client/watch.ts';
import { createWatchResponse, type WatchResponse } from '../../server/proto/gen/rpc.ts';
import { runChild } from '../child-process.ts';
import { errorText, isCallFailure } from '../failure.ts';
import { openSession, type Session } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs, Exit, ExitError, SilentExit } from '../line/exit-error.ts';
import { FlagError, FlagSet } from '../line/flag-set.ts';
import { inputLines, writeError, writeOut } from '../line/terminal.ts';
import { words } from '../line/words.ts';
import { eventTypeName } from '../print/enum-names.ts';
import { quoted } from '../print/go-text.ts';
import {
  type EnvironmentKeys,
  WATCH_FLAGS,
  type WatchArgs,
  watchArgs,
  watchRequest,
} from './watch-args.ts';

export const watchCommand: Command = {
  use: 'watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]',
  short: 'Shows what happens to keys, as it happens',
  group: Group.keys,
  flags: WATCH_FLAGS,
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const environment = environmentKeys();
  if (invocation.flags.bool('interactive')) {
    await watchInteractively(invocation, environment);
    return;
  }
  const [before, after] = splitAtSeparator(invocation);
  const args = watchArgs(before, after, environment);
  const session = await openSession(invocation);
  try {
    const { key, options } = watchRequest(invocation.flags, args.keys);
    await showEvents(session, session.client.watches.open(key, options), args);
  } finally {
    session.client.close();
  }
  throw new ExitError(Exit.interrupted, 'watch is canceled by the server');
}

function environmentKeys(): EnvironmentKeys {
  const key = process.env['ETCDCTL_WATCH_KEY'] ?? '';
  const rangeEnd = process.env['ETCDCTL_WATCH_RANGE_END'] ?? '';
  if (key === '' && rangeEnd !== '') {
    const shown = quoted(rangeEnd);
    throw badArgs(`ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=${shown}`);
  }
  return { key, rangeEnd };
}

/** What follows "--" is at the end of the arguments too. */
function splitAtSeparator({
  args,
  commandLine,
}: Invocation): readonly [before: readonly string[], after: readonly string[] | undefined] {
  const at = commandLine.indexOf('--');
  if (at < 0) return [args, undefined];
  const after = commandLine.slice(at + 1);
  return [args.slice(0, args.length - after.length), after];
}

async function watchInteractively(
  invocation: Invocation,
  environment: EnvironmentKeys,
): Promise<void> {
  const session = await openSession(invocation);
  // A watch whose command fails ends the program while it waits for the next line.
  await new Promise<never>((_, reject) => {
    readWatches(session, environment, reject).catch(reject);
  });
}

async function readWatches(
  session: Session,
  environment: EnvironmentKeys,
  onFailure: (error: unknown) => void,
): Promise<never> {
  const watchers: Watcher[] = [];
  for await (const line of inputLines()) {
    const list = words(line);
    if (list.length === 0) {
      writeError(`Invalid command: ${line} (watch and progress supported)\n`);
    } else if (list[0] === 'progress') {
      for (const watcher of watchers) watcher.requestProgress();
    } else if (list[0] === 'watch') {
      const opened = openFromLine(session, line, list, environment);
      if (opened === undefined) continue;
      watchers.push(opened.watcher);
      showEvents(session, opened.watcher, opened.args).catch(onFailure);
    } else {
      writeError(`Invalid command ${line} (only support watch)\n`);
    }
  }
  throw new ExitError(Exit.invalidInput, 'error reading watch request line: EOF');
}

/** A watch as typed; undefined for one that makes no sense, which has been told. */
function openFromLine(
  session: Session,
  line: string,
  list: readonly string[],
  environment: EnvironmentKeys,
): { readonly watcher: Watcher; readonly args: WatchArgs } | undefined {
  if (list.length < 2 && environment.key === '') {
    writeError(`Invalid command ${line} (command type or key is not provided)\n`);
    return undefined;
  }
  const flags = new FlagSet(WATCH_FLAGS);
  const at = list.indexOf('--');
  const before = parseFlags(flags, list.slice(1, at < 0 ? undefined : at));
  const args = watchArgs(before, at < 0 ? undefined : list.slice(at + 1), environment);
  try {
    const { key, options } = watchRequest(flags, args.keys);
    return { watcher: session.client.watches.open(key, options), args };
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    writeError(`Invalid command ${line} (${error.message})\n`);
    return undefined;
  }
}

function parseFlags(flags: FlagSet, args: readonly string[]): readonly string[] {
  try {
    return flags.parse(args);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw badArgs(error.message);
  }
}

/** Shows batches until the watch ends; runs the command for each event, one after the other. */
async function showEvents(session: Session, watcher: Watcher, args: WatchArgs): Promise<void> {
  try {
    for await (const response of watcher) {
      if (response.events.length === 0) {
        writeOut(`progress notify: ${response.header?.revision ?? 0}\n`);
      }
      session.display.show({ kind: 'watch', response });
      if (args.command.length > 0) await runForEvents(args.command, response);
    }
  } catch (error) {
    if (!isCallFailure(error)) throw error;
    const response = error instanceof WatchCanceledError ? error.response : undefined;
    // Only a compacted start has words of its own; other reasons are the server's.
    const given = response?.compactRevision === 0 ? response.cancelReason : '';
    writeError(`watch was canceled (${given === '' ? errorText(error) : given})\n`);
    const ended = response ?? createWatchResponse({ canceled: true });
    session.display.show({ kind: 'watch', response: ended });
  }
}

async function runForEvents(command: readonly string[], response: WatchResponse): Promise<void> {
  for (const { type, kv } of response.events) {
    const end = await runChild(command, {
      ETCD_WATCH_REVISION: String(response.header?.revision ?? 0),
      ETCD_WATCH_EVENT_TYPE: quoted(eventTypeName(type)),
      ETCD_WATCH_KEY: quoted(kv?.key ?? ''),
      ETCD_WATCH_VALUE: quoted(kv?.value ?? ''),
    });
    if (end.kind === 'exited' && end.exitCode === 0) continue;
    const reason = end.kind === 'failed' ? end.reason : `exit status ${end.exitCode}`;
    const shown = `[${command.map(quoted).join(' ')}]`;
    writeError(`command ${shown} error (${reason})\n`);
    throw new SilentExit(Exit.error);
  }
}
