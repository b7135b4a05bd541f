// Owns what the kernel says of the servers under load: processor time and memory, from /proc.

import { readFileSync } from 'node:fs';

/** Clock ticks per second of /proc/<pid>/stat; Linux has shown 100 on every machine for decades. */
const TICKS_PER_SECOND = 100;

export interface Usage {
  /** User and system time of all the processes together. */
  readonly cpuSeconds: number;
  /** Largest resident size so far, summed. */
  readonly peakRssBytes: number;
  readonly rssBytes: number;
}

export function usageOf(pids: readonly number[]): Usage {
  let cpuSeconds = 0;
  let peakRssBytes = 0;
  let rssBytes = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold anything; the fields after it are numbers. utime and stime are 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    cpuSeconds += (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    peakRssBytes += kibibytesOf(status, 'VmHWM') * 1024;
    rssBytes += kibibytesOf(status, 'VmRSS') * 1024;
  }
  return { cpuSeconds, peakRssBytes, rssBytes };
}

function kibibytesOf(status: string, name: string): number {
  const line = status.split('\n').find((text) => text.startsWith(`${name}:`));
  return Number.parseInt(line?.slice(name.length + 1) ?? '0', 10);
}
