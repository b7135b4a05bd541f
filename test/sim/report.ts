// Owns what people read about a run.

import type { SimOptions } from './scenario.ts';
import type { SimResult } from './simulate.ts';

/** The command that plays the same run again. */
export function replayCommand({ seed, ticks, members, plots }: SimOptions): string {
  const size = members === undefined ? '' : ` --members ${members}`;
  const only = plots === true ? ' --plots' : '';
  return `npm run sim -- --seed ${seed} --ticks ${ticks}${size}${only}`;
}

/** What is wrong with a run, or with a run and its repetition; undefined when nothing is. */
export function report(
  options: SimOptions,
  result: SimResult,
  repeated: SimResult | undefined,
): string | undefined {
  if (result.failure !== undefined) {
    return [
      `seed ${options.seed} failed: ${result.failure.message}`,
      `last events (seconds, member, event, numbers):`,
      ...result.tail,
      `seed ${options.seed} failed: ${result.failure.message.split('\n')[0]}`,
      `replay: ${replayCommand(options)}`,
    ].join('\n');
  }
  if (repeated === undefined || repeated.digest === result.digest) return undefined;
  return [
    `seed ${options.seed} is not deterministic: ${result.digest} and ${repeated.digest}`,
    `replay: ${replayCommand(options)}`,
  ].join('\n');
}

/** One line per run. */
export function summary(result: SimResult, tookMs: number): string {
  const { scenario, world, counts, faultCounts, watchEvents, expirations, membershipChanges } =
    result;
  const seconds = world.queue.nowUs / 1e6;
  let requests = 0;
  for (const count of counts.values()) requests += count;
  let faults = 0;
  for (const count of faultCounts.values()) faults += count;
  const { stats, raftChecker, storeChecker, network } = world;
  return [
    `seed ${scenario.seed}: ${scenario.members} members, ${seconds.toFixed(0)} s in ${tookMs.toFixed(0)} ms`,
    `(${((seconds * 1000) / tookMs).toFixed(0)}x)`,
    `entries ${raftChecker.committedIndex}, revision ${world.model.revision}, elections ${raftChecker.elections},`,
    `messages ${network.sent} (${network.lost} lost, ${network.duplicated} twice),`,
    `requests ${requests}, faults ${faults}, crashes ${stats.crashes}, snapshots ${stats.snapshotsDelivered},`,
    `digests ${storeChecker.hashesCompared}, events ${watchEvents}, expired ${expirations}, member changes ${membershipChanges}`,
  ].join(' ');
}
