// Owns the time stamps of log lines: UTC with microseconds, as etcd writes them.

/** Largest difference to the wall clock before it is followed again, in milliseconds. */
const DRIFT_MS_MAX = 2;

/** A step back of the wall clock up to here is waited out, so that lines stay in order; beyond it is followed. */
const STEP_BACK_MS_MAX = 1000;

let offsetMs = Date.now() - performance.now();
let lastMs = Number.NEGATIVE_INFINITY;

/** "2026-11-20T07:00:00.123456Z". The wall clock counts milliseconds only, so the digits below come from the
 *  monotonic clock, whose distance to the wall clock is measured again when the wall clock was changed. */
export function logTimestamp(): string {
  const timeMs = nowMs();
  const wholeMs = Math.floor(timeMs);
  const micros = Math.floor((timeMs - wholeMs) * 1000);
  return `${new Date(wholeMs).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}

function nowMs(): number {
  const earlierMs = performance.now();
  const wallMs = Date.now();
  const monotonicMs = performance.now();
  // A thread that lost its processor between the two clocks has read them at different times.
  const isOneMoment = monotonicMs - earlierMs < DRIFT_MS_MAX / 2;
  const isOff = Math.abs(wallMs - monotonicMs - offsetMs) > DRIFT_MS_MAX;
  if (isOneMoment && isOff) offsetMs = wallMs - monotonicMs;
  const timeMs = monotonicMs + offsetMs;
  const isStepBack = timeMs < lastMs && lastMs - timeMs < STEP_BACK_MS_MAX;
  lastMs = isStepBack ? lastMs : timeMs;
  return lastMs;
}
