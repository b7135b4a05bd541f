// Owns `etcdctl lock`. etcd: lock_command.go.
import { Mutex } from '../../client/lock.ts';
import { Session as ClientSession } from '../../client/session.ts';
import { runChild } from '../child-process.ts';
import { type Session, withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import { untilInterrupted, whenAborted } from '../interrupt.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs, Exit, ExitError } from '../line/exit-error.ts';

export const lockCommand: Command = {
  use: 'lock <lockname> [exec-command arg1 arg2 ...]',
  short: 'Holds a lock, until interrupted or while a command runs',
  group: Group.concurrency,
  flags: [{ name: 'ttl', kind: 'int', initial: '10', usage: 'seconds that the lock outlives us' }],
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const [name, ...command] = invocation.args;
  if (name === undefined) {
    throw badArgs('lock takes a lock name argument and an optional command to execute');
  }
  const ttlSeconds = invocation.flags.int('ttl');
  await withSession(invocation, (session) =>
    untilInterrupted(async (signal) => {
      const lease = await ClientSession.open(session.client, { ttlSeconds });
      const mutex = new Mutex(lease, name);
      await mutex.lock({ signal });
      if (command.length > 0) await runLocked(mutex, command);
      else await holdLock({ session, lease, mutex, signal });
    }),
  );
}

async function runLocked(mutex: Mutex, command: readonly string[]): Promise<void> {
  const end = await runChild(command, {
    ETCD_LOCK_KEY: mutex.key,
    ETCD_LOCK_REV: String(mutex.header?.revision ?? 0),
  });
  await mutex.unlock();
  if (end.kind === 'failed') throw new ExitError(Exit.error, end.reason);
  if (end.exitCode !== 0) throw new ExitError(end.exitCode, `exit status ${end.exitCode}`);
}

async function holdLock({
  session,
  lease,
  mutex,
  signal,
}: {
  readonly session: Session;
  readonly lease: ClientSession;
  readonly mutex: Mutex;
  readonly signal: AbortSignal;
}): Promise<void> {
  const response = await session.client.kv.get(mutex.key);
  if (response.kvs.length === 0) throw new ExitError(Exit.error, 'lock lost on init');
  session.display.show({ kind: 'get', response });
  await Promise.race([whenAborted(signal), lease.done]);
  if (!signal.aborted) throw new ExitError(Exit.error, 'session expired');
  await mutex.unlock();
}
