// Owns the program etcdutl: its commands, and starting it. etcd: etcdutl/ctl.go.
import { versionCommand } from './commands/version.ts';
import type { Command } from './line/command.ts';
import { runProgram } from './line/program.ts';
import { defragCommand, hashKvCommand, migrateCommand, snapshotCommand } from './utl/commands.ts';

const program: Command = {
  use: 'etcdutl',
  short: "Works on etcd's files from the command line.",
  sharedFlags: [
    {
      name: 'write-out',
      short: 'w',
      kind: 'text',
      initial: 'simple',
      usage: 'how results are shown: simple, fields, json or table',
    },
    {
      name: 'timeout',
      kind: 'duration',
      initial: '10s',
      usage: 'taken for the sake of scripts: files are read without a lock',
    },
  ],
  commands: [
    snapshotCommand,
    hashKvCommand,
    defragCommand,
    migrateCommand,
    versionCommand('etcdutl'),
  ],
};

await runProgram(program, process.argv.slice(2));
