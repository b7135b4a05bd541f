// Owns waiting that can be cut short, and how long to wait before another try.
import { RETRY_MS_MIN } from './limits.ts';

/** Fulfilled after the time, or as soon as `signal` is aborted. */
export function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, waitMs);
    signal.addEventListener('abort', end);
  });
}

/** Doubles with the failures in a row, up to `mostMs`; with chance, so that not all come back at once. */
export function retryWaitMs(failures: number, mostMs: number): number {
  const longestMs = Math.min(mostMs, RETRY_MS_MIN * 2 ** (failures - 1));
  return Math.round(longestMs * (0.5 + Math.random() / 2));
}
