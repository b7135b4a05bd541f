// Owns waiting for something to become true, with a limit and a reason.
import { setTimeout as pause } from 'node:timers/promises';

/** The first answer that is not undefined. A failure of `look` counts as not yet. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  limitMs: number = 60_000,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  let last = 'not so';
  while (performance.now() < endMs) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await pause(100);
  }
  throw new Error(`${what}: not within ${limitMs / 1000} s (${last})`);
}
