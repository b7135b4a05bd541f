// Owns time as it passes, for the controller.
import type { ControllerClock } from '../controller/ports.ts';

export const SYSTEM_CLOCK: ControllerClock = {
  nowMs: () => Date.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
  deadline: (delayMs) => AbortSignal.timeout(delayMs),
};
