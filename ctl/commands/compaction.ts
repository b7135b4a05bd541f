// Owns `etcdctl compaction`. etcd: compaction_command.go.
import { withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';
import { parseInt64 } from '../line/go-number.ts';
import { writeOut } from '../line/terminal.ts';

export const compactionCommand: Command = {
  use: 'compaction [options] <revision>',
  short: 'Forgets the history before a revision',
  group: Group.keys,
  flags: [
    {
      name: 'physical',
      kind: 'bool',
      initial: 'false',
      usage: 'wait until the old revisions are gone from the disk',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const { flags, args } = invocation;
  if (args.length !== 1) throw badArgs('compaction command needs 1 argument');
  const revision = Number(parseInt64(args[0] ?? '', 10));
  await withSession(invocation, async ({ client, timeout }) => {
    await client.kv.compact(revision, { ...timeout, physical: flags.bool('physical') });
    writeOut(`compacted revision ${revision}\n`);
  });
}
