// Owns the program etcdctl: its commands, and starting it. etcd: etcdctl/ctlv3/ctl.go.
import { alarmCommand } from './commands/alarm.ts';
import { authCommand } from './commands/auth.ts';
import { compactionCommand } from './commands/compaction.ts';
import { defragCommand } from './commands/defrag.ts';
import { delCommand } from './commands/del.ts';
import { downgradeCommand } from './commands/downgrade.ts';
import { electCommand } from './commands/elect.ts';
import { endpointCommand } from './commands/endpoint.ts';
import { getCommand } from './commands/get.ts';
import { leaseCommand } from './commands/lease.ts';
import { lockCommand } from './commands/lock.ts';
import { makeMirrorCommand } from './commands/make-mirror.ts';
import { memberCommand } from './commands/member.ts';
import { moveLeaderCommand } from './commands/move-leader.ts';
import { checkCommand, completionCommand } from './commands/not-supported.ts';
import { optionsCommand } from './commands/options.ts';
import { putCommand } from './commands/put.ts';
import { roleCommand } from './commands/role.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { txnCommand } from './commands/txn.ts';
import { userCommand } from './commands/user.ts';
import { versionCommand } from './commands/version.ts';
import { watchCommand } from './commands/watch.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import type { Command } from './line/command.ts';
import { runProgram } from './line/program.ts';

const program: Command = {
  use: 'etcdctl',
  short: 'Talks to etcd from the command line.',
  sharedFlags: GLOBAL_FLAGS,
  commands: [
    getCommand,
    putCommand,
    delCommand,
    txnCommand,
    compactionCommand,
    watchCommand,
    leaseCommand,
    memberCommand,
    endpointCommand,
    alarmCommand,
    defragCommand,
    snapshotCommand,
    moveLeaderCommand,
    downgradeCommand,
    lockCommand,
    electCommand,
    authCommand,
    userCommand,
    roleCommand,
    makeMirrorCommand,
    checkCommand,
    completionCommand,
    optionsCommand,
    versionCommand('etcdctl'),
  ],
};

await runProgram(program, process.argv.slice(2));
