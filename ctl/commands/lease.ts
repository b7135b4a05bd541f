// Owns `etcdctl lease`. etcd: lease_command.go.
import { clientCall } from '../failure.ts';
import { openSession, type Session } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs, Exit } from '../line/exit-error.ts';
import { NumberError, parseInt64 } from '../line/go-number.ts';
import { writeOut } from '../line/terminal.ts';
import { hexLease } from '../print/go-text.ts';

export const leaseCommand: Command = {
  use: 'lease <subcommand>',
  short: 'Leases: time after which keys go',
  group: Group.keys,
  commands: [
    { use: 'grant <ttl>', short: 'Makes a lease of so many seconds', run: grant },
    { use: 'revoke <leaseID>', short: 'Ends a lease, and deletes its keys', run: revoke },
    {
      use: 'timetolive <leaseID> [options]',
      short: 'Shows how long a lease has still to go',
      flags: [{ name: 'keys', kind: 'bool', initial: 'false', usage: 'show the keys tied to it' }],
      run: timeToLive,
    },
    { use: 'list', short: 'Lists all leases', run: list },
    {
      use: 'keep-alive [options] <leaseID>',
      short: 'Renews a lease until interrupted',
      flags: [{ name: 'once', kind: 'bool', initial: 'false', usage: 'renew once and end' }],
      run: keepAlive,
    },
  ],
};

async function grant(invocation: Invocation): Promise<void> {
  if (invocation.args.length !== 1) throw badArgs('lease grant command needs TTL argument');
  const ttl = numberOf(invocation.args[0], 10, (why) => `bad TTL (${why})`);
  await withOpenSession(invocation, async ({ client, display, timeout }) => {
    const response = await clientCall(
      Exit.error,
      () => client.leases.grant(Number(ttl), timeout),
      (text) => `failed to grant lease (${text})`,
    );
    display.show({ kind: 'leaseGrant', response });
  });
}

async function revoke(invocation: Invocation): Promise<void> {
  if (invocation.args.length !== 1) throw badArgs('lease revoke command needs 1 argument');
  const id = leaseId(invocation.args[0]);
  await withOpenSession(invocation, async ({ client, display, timeout }) => {
    const response = await clientCall(
      Exit.error,
      () => client.leases.revoke(id, timeout),
      (text) => `failed to revoke lease (${text})`,
    );
    display.show({ kind: 'leaseRevoke', id, response });
  });
}

async function timeToLive(invocation: Invocation): Promise<void> {
  if (invocation.args.length !== 1) {
    throw badArgs('lease timetolive command needs lease ID as argument');
  }
  const id = leaseId(invocation.args[0]);
  const keys = invocation.flags.bool('keys');
  await withOpenSession(invocation, async ({ client, display }) => {
    const response = await clientCall(Exit.badConnection, () =>
      client.leases.timeToLive(id, { keys }),
    );
    display.show({ kind: 'leaseTimeToLive', response, keys });
  });
}

async function list(invocation: Invocation): Promise<void> {
  await withOpenSession(invocation, async ({ client, display }) => {
    const response = await clientCall(Exit.badConnection, () => client.leases.list());
    display.show({ kind: 'leases', response });
  });
}

async function keepAlive(invocation: Invocation): Promise<void> {
  if (invocation.args.length !== 1) {
    throw badArgs('lease keep-alive command needs lease ID as argument');
  }
  const id = leaseId(invocation.args[0]);
  await withOpenSession(invocation, async (session) => {
    if (invocation.flags.bool('once')) await keepAliveOnce(session, id);
    else await keepAliveUntilGone(session, id);
  });
}

async function keepAliveOnce({ client, display }: Session, id: bigint): Promise<void> {
  const response = await clientCall(Exit.badConnection, () => client.leases.keepAliveOnce(id));
  display.show({ kind: 'leaseKeepAlive', response });
}

async function keepAliveUntilGone({ client, display }: Session, id: bigint): Promise<void> {
  const keeper = client.leases.keepAlive(id);
  keeper.on('renewed', (response) => display.show({ kind: 'leaseKeepAlive', response }));
  await keeper.done;
  if (display.format === 'simple') writeOut(`lease ${hexLease(id)} expired or revoked.\n`);
}

async function withOpenSession(
  invocation: Invocation,
  use: (session: Session) => Promise<void>,
): Promise<void> {
  const session = await openSession(invocation);
  try {
    await use(session);
  } finally {
    session.client.close();
  }
}

function leaseId(text: string | undefined): bigint {
  return numberOf(text, 16, (why) => `bad lease ID arg (${why}), expecting ID in Hex`);
}

function numberOf(text: string | undefined, base: 10 | 16, words: (why: string) => string): bigint {
  try {
    return parseInt64(text ?? '', base);
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw badArgs(words(error.message));
  }
}
