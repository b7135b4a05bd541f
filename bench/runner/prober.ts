// Owns the process that watches a server's attention from outside: `node dist/bench/runner/prober.js ENDPOINT SECONDS`. It asks
// for a missing key a hundred times per second and does nothing else, because whatever else a process does would make it
// read an answer late that was there in time. Prints one line of JSON, a ProbeReport.

import { constants, setPriority } from 'node:os';
import { Connection } from '../load/connection.ts';
import { probeRead } from './admin.ts';

const PROBE_MS = 10;

export interface ProbeReport {
  readonly answers: number;
  /** The longest answer, asked for at fixed times whether or not the last one has come. */
  readonly worstMs: number;
  readonly p999Ms: number;
  /** The longest this process itself was late at a timer. It is part of `worstMs` when both happen at once. */
  readonly lateMs: number;
}

async function probe(connection: Connection, seconds: number): Promise<ProbeReport> {
  const answersMs: number[] = [];
  const pending = new Set<Promise<void>>();
  let lateMs = 0;
  let dueAt = performance.now();
  const endAt = dueAt + 1000 * seconds;
  while (dueAt < endAt) {
    dueAt += PROBE_MS;
    const waitMs = Math.max(0, dueAt - performance.now());
    await sleep(waitMs);
    const sentAt = performance.now();
    if (waitMs > 0) lateMs = Math.max(lateMs, sentAt - dueAt);
    // A late timer of this process is not the server's.
    dueAt = Math.max(dueAt, sentAt - PROBE_MS);
    const answer = probeRead(connection).then(() => {
      answersMs.push(performance.now() - sentAt);
      pending.delete(answer);
    });
    pending.add(answer);
  }
  await Promise.all(pending);
  answersMs.sort((a, b) => a - b);
  return {
    answers: answersMs.length,
    worstMs: answersMs.at(-1) ?? 0,
    p999Ms: answersMs[Math.floor(0.999 * answersMs.length)] ?? 0,
    lateMs,
  };
}

/** On a machine with work for more processors than it has, an answer would lie unread while others run. */
function askForPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST);
  } catch {
    // Not everybody may; how late the process was is in the report.
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

async function main([endpoint = '', seconds = '0']: readonly string[]): Promise<void> {
  askForPriority();
  const connection = await Connection.open(endpoint);
  const report = await probe(connection, Number(seconds));
  console.log(JSON.stringify(report));
  connection.close();
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
