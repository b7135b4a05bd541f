// Owns `etcdctl elect`. etcd: elect_command.go.
import { Election } from '../../client/election.ts';
import { Session as ClientSession } from '../../client/session.ts';
import { type Session, withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import { untilInterrupted, whenAborted } from '../interrupt.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs, Exit, ExitError } from '../line/exit-error.ts';

export const electCommand: Command = {
  use: 'elect <election-name> [proposal]',
  short: 'Stands in an election, or watches its leaders',
  group: Group.concurrency,
  flags: [
    {
      name: 'listen',
      short: 'l',
      kind: 'bool',
      initial: 'false',
      usage: 'watch, without standing',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const [name, proposal] = invocation.args;
  if (name === undefined || invocation.args.length > 2) {
    throw badArgs('elect takes one election name argument and an optional proposal argument');
  }
  const listen = invocation.flags.bool('listen');
  if (proposal === undefined && !listen) throw badArgs('no proposal argument but -l not set');
  if (proposal !== undefined && listen) throw badArgs('proposal given but -l is set');
  await withSession(invocation, (session) =>
    untilInterrupted(async (signal) => {
      const lease = await ClientSession.open(session.client);
      const election = new Election(lease, name);
      if (proposal === undefined) await observe(session, election, signal);
      else await campaign({ session, lease, election, proposal, signal });
    }),
  );
}

async function observe(session: Session, election: Election, signal: AbortSignal): Promise<void> {
  for await (const response of election.observe({ signal })) {
    session.display.show({ kind: 'get', response });
  }
  if (!signal.aborted) throw new ExitError(Exit.error, 'elect: observer lost');
}

async function campaign({
  session,
  lease,
  election,
  proposal,
  signal,
}: {
  readonly session: Session;
  readonly lease: ClientSession;
  readonly election: Election;
  readonly proposal: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  await election.campaign(proposal, { signal });
  const key = election.leaderKey?.key ?? '';
  const response = await session.client.kv.get(key, { signal });
  session.display.show({ kind: 'get', response });
  await Promise.race([whenAborted(signal), lease.done]);
  if (!signal.aborted) throw new ExitError(Exit.error, 'elect: session expired');
  await election.resign();
}
