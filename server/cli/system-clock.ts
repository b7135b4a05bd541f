// Owns the process's clock: the one place where a member learns the time.
import type { Clock } from '../base/clock.ts';

export const SYSTEM_CLOCK: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
