// Owns waiting for something to become true, with a limit and a reason; and how much longer to wait on a busy machine.
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** Programs that want to run for each processor, up to which limits are kept as they are: the suite's own are so many. */
const USUAL_LOAD = 4;
const PATIENCE_MAX = 8;

/** By what limits of time are multiplied now: 1, and more while others keep the machine busy. */
export function patience(): number {
  const [load = 0] = loadavg();
  return Math.min(Math.max(load / availableParallelism() / USUAL_LOAD, 1), PATIENCE_MAX);
}

/** The first answer that is not undefined. A failure of `look` counts as not yet. `limitMs` is that of a machine of one's own. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  limitMs: number = 60_000,
): Promise<T> {
  const sinceMs = performance.now();
  let last = 'not so';
  while (performance.now() < sinceMs + limitMs * patience()) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await pause(100);
  }
  throw new Error(`${what}: not within ${seconds(performance.now() - sinceMs)} (${last})`);
}

/** "1.5 s" */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
