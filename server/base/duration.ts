// Owns Go's notation of time spans ("1h30m", "100ms"), which etcd's flags, files and log lines use. Spans are
// numbers of nanoseconds here: exact up to 104 days, and off by a few nanoseconds above, which no flag notices.

/** A text that is no duration; the message is Go's. */
export class DurationError extends Error {
  override readonly name: string = 'DurationError';
}

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Go keeps a duration in 64 signed bits; larger ones are refused. */
const DURATION_NS_MAX = 2 ** 63;

const PART = /^(\d*)(\.\d*)?([^\d.]*)/;

/** Nanoseconds of a Go duration text such as "1.5h", "-3s" or "0". Throws DurationError. */
export function parseDurationNs(text: string): number {
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return 0;
  if (rest === '') throw new DurationError(`time: invalid duration "${text}"`);
  let total = 0;
  while (rest !== '') {
    const match = PART.exec(rest);
    const whole = match?.[1] ?? '';
    const fraction = match?.[2] ?? '';
    const unit = match?.[3] ?? '';
    if (whole === '' && fraction.length < 2) {
      throw new DurationError(`time: invalid duration "${text}"`);
    }
    if (unit === '') throw new DurationError(`time: missing unit in duration "${text}"`);
    const unitNs = UNIT_NS[unit];
    if (unitNs === undefined) {
      throw new DurationError(`time: unknown unit "${unit}" in duration "${text}"`);
    }
    // Scaling the unit down, not the digits, keeps the product an exact integer.
    const digits = fraction.slice(1);
    const fractionNs = Math.floor(Number(digits) * (unitNs / 10 ** digits.length));
    total += Number(whole) * unitNs + fractionNs;
    if (total >= DURATION_NS_MAX) throw new DurationError(`time: invalid duration "${text}"`);
    rest = rest.slice(whole.length + fraction.length + unit.length);
  }
  return negative ? -total : total;
}

/** The text Go prints for a duration: "1h0m0s", "1m30s", "100ms", "0s". */
export function formatDurationNs(durationNs: number): string {
  if (durationNs === 0) return '0s';
  if (durationNs < 0) return `-${formatDurationNs(-durationNs)}`;
  if (durationNs < 1e3) return `${durationNs}ns`;
  if (durationNs < 1e6) return `${decimal(durationNs, 1e3)}\u00b5s`;
  if (durationNs < 1e9) return `${decimal(durationNs, 1e6)}ms`;
  const minutes = Math.floor(durationNs / 60e9);
  const seconds = `${decimal(durationNs - minutes * 60e9, 1e9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

/** `durationNs` in units of `unitNs` without trailing zeros. */
function decimal(durationNs: number, unitNs: number): string {
  const whole = Math.floor(durationNs / unitNs);
  const fraction = durationNs - whole * unitNs;
  if (fraction === 0) return String(whole);
  const digits = String(fraction).padStart(String(unitNs).length - 1, '0');
  return `${whole}.${digits.replace(/0+$/, '')}`;
}
