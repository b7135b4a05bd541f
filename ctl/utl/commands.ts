// Owns the commands of etcdutl. etcd: etcdutl/etcdutl.
import { isEtcdError } from '../../server/base/errors.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs, Exit, ExitError } from '../line/exit-error.ts';
import type { FlagSpec } from '../line/flag-set.ts';
import { logLine } from '../line/log-line.ts';
import { withDatabase } from './database-file.ts';
import { hashKv } from './hash-kv.ts';
import { formatOf, showHashKv, showStatus } from './output.ts';
import { planRestore } from './restore-plan.ts';
import { restoreSnapshot } from './snapshot-restore.ts';
import { snapshotStatus } from './snapshot-status.ts';

const RESTORE_FLAGS: readonly FlagSpec[] = [
  {
    name: 'data-dir',
    kind: 'text',
    initial: '',
    usage: 'directory to make; <name>.etcd if missing',
  },
  {
    name: 'wal-dir',
    kind: 'text',
    initial: '',
    usage: 'directory of the log, if it is to be apart',
  },
  {
    name: 'initial-cluster',
    kind: 'text',
    initial: 'default=http://localhost:2380',
    usage: 'the members of the new cluster',
  },
  {
    name: 'initial-cluster-token',
    kind: 'text',
    initial: 'etcd-cluster',
    usage: 'a word that makes the new cluster another one',
  },
  {
    name: 'initial-advertise-peer-urls',
    kind: 'text',
    initial: 'http://localhost:2380',
    usage: 'where other members reach this one',
  },
  { name: 'name', kind: 'text', initial: 'default', usage: 'the name of this member' },
  {
    name: 'skip-hash-check',
    kind: 'bool',
    initial: 'false',
    usage: 'take a file without a hash, such as a copied database',
  },
  {
    name: 'initial-memory-map-size',
    kind: 'uint',
    initial: '0',
    usage: 'taken for the sake of scripts; means nothing here',
  },
  { name: 'bump-revision', kind: 'uint', initial: '0', usage: 'how far the revision jumps ahead' },
  {
    name: 'mark-compacted',
    kind: 'bool',
    initial: 'false',
    usage: 'take everything before the jump for compacted; goes with --bump-revision',
  },
];

export const snapshotCommand: Command = {
  use: 'snapshot <subcommand>',
  short: 'Backups of the store',
  commands: [
    {
      use: 'restore <filename> --data-dir {output dir} [options]',
      short: 'Makes the data directory of a member from a snapshot',
      flags: RESTORE_FLAGS,
      run: restore,
    },
    {
      use: 'status <filename>',
      short: "Shows a snapshot's hash, revision, number of keys and size",
      run: status,
    },
  ],
};

export const hashKvCommand: Command = {
  use: 'hashkv <filename>',
  short: "Shows the hash of a file's keys and their history",
  flags: [{ name: 'rev', kind: 'int', initial: '0', usage: 'last revision to hash; 0 for all' }],
  run: showHash,
};

export const defragCommand: Command = notSupported(
  'defrag',
  'Gives the unused space of a stopped member back (not supported yet)',
);

export const migrateCommand: Command = notSupported(
  'migrate',
  'Prepares data for another version (not supported yet)',
);

async function status(invocation: Invocation): Promise<void> {
  const [path] = invocation.args;
  if (path === undefined || invocation.args.length > 1) {
    throw badArgs('snapshot status requires exactly one argument');
  }
  const format = formatOf(invocation.flags);
  showStatus(format, await withDatabase(path, snapshotStatus));
}

async function showHash(invocation: Invocation): Promise<void> {
  const { args, flags } = invocation;
  const [path] = args;
  if (path === undefined || args.length > 1) {
    throw new ExitError(Exit.error, `accepts 1 arg(s), received ${args.length}`);
  }
  const format = formatOf(flags);
  const revision = flags.int('rev');
  try {
    showHashKv(format, await withDatabase(path, (reader) => hashKv(reader, revision)));
  } catch (error) {
    // etcd: without the server around it, the store's own words.
    if (isEtcdError(error))
      throw new ExitError(Exit.error, error.message.slice('etcdserver: '.length));
    throw error;
  }
}

async function restore(invocation: Invocation): Promise<void> {
  const { args, flags } = invocation;
  const [snapshotPath] = args;
  if (snapshotPath === undefined || args.length > 1) {
    throw badArgs('snapshot restore requires exactly one argument');
  }
  const revisionBump = flags.int('bump-revision');
  if (revisionBump > 0 !== flags.bool('mark-compacted')) {
    throw badArgs('--mark-compacted required if --revision-bump > 0');
  }
  const name = flags.text('name');
  const dataDir = flags.text('data-dir') === '' ? `${name}.etcd` : flags.text('data-dir');
  const walDir = flags.text('wal-dir');
  const plan = planRestore({
    name,
    initialCluster: flags.text('initial-cluster'),
    initialClusterToken: flags.text('initial-cluster-token'),
    peerUrls: flags.text('initial-advertise-peer-urls'),
  });
  const fields = {
    path: snapshotPath,
    'wal-dir': walDir === '' ? `${dataDir}/member/wal` : walDir,
    'data-dir': dataDir,
    'snap-dir': `${dataDir}/member/snap`,
  };
  logLine('info', 'restoring snapshot', fields);
  const skipHashCheck = flags.bool('skip-hash-check');
  await restoreSnapshot({ snapshotPath, dataDir, walDir, skipHashCheck, revisionBump }, plan);
  logLine('info', 'restored snapshot', fields);
}

function notSupported(name: string, short: string): Command {
  return {
    use: name,
    short,
    run: () => Promise.reject(new ExitError(Exit.badFeature, `${name} is not supported yet`)),
  };
}
