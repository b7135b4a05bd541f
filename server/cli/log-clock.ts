// Owns the time stamps of log lines: UTC with microseconds, as etcd writes them.

/** Largest difference to the wall clock before it is followed again, in milliseconds. */
const DRIFT_MS_MAX = 2;

let offsetMs = Date.now() - performance.now();

/** "2026-11-20T07:00:00.123456Z". The wall clock counts milliseconds only, so the digits below come from the
 *  monotonic clock, whose distance to the wall clock is measured again when the wall clock was changed. */
export function logTimestamp(): string {
  const wallMs = Date.now();
  const monotonicMs = performance.now();
  if (Math.abs(wallMs - monotonicMs - offsetMs) > DRIFT_MS_MAX) offsetMs = wallMs - monotonicMs;
  const timeMs = monotonicMs + offsetMs;
  const wholeMs = Math.floor(timeMs);
  const micros = Math.floor((timeMs - wholeMs) * 1000);
  return `${new Date(wholeMs).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}
