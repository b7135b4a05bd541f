// Owns what a result must be read with: machine, versions, commit.

import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

const [LOAD_AT_START = 0] = loadavg();

export function machineText(): string {
  const list = cpus();
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  return `${list.length} processors, ${list[0]?.model.trim() ?? 'unknown'}, ${gibibytes} GiB of memory`;
}

/** Runnable tasks before the comparison began: what else the machine was doing. */
export function otherWorkText(): string {
  return `load average ${LOAD_AT_START.toFixed(1)} before the first round`;
}

export function kernelText(): string {
  return `${process.platform} ${release()} ${process.arch}`;
}

export function commitText(directory: string): string {
  const head = firstLine('git', ['-C', directory, 'rev-parse', '--short', 'HEAD']);
  const changes = firstLine('git', [
    '-C',
    directory,
    'status',
    '--porcelain',
    '--untracked-files=no',
  ]);
  return changes === '' ? head : `${head} with local changes`;
}

/** What `<binary> --version` says first. */
export function versionText(binary: string): string {
  return firstLine(binary, ['--version']);
}

function firstLine(command: string, argv: readonly string[]): string {
  try {
    return (
      execFileSync(command, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .trim()
        .split('\n')[0] ?? ''
    );
  } catch {
    return 'unknown';
  }
}
