// Owns Go's notation of booleans and integers, which etcd's flags and files are written in.

/** One above the largest value. */
export const INT64_END: bigint = 2n ** 63n;
export const UINT32_END: bigint = 2n ** 32n;
export const UINT64_END: bigint = 2n ** 64n;

/** Go's strconv.ParseBool; undefined for other texts. */
export function maybeGoBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
  return /^(?:0|f|F|false|FALSE|False)$/.test(text) ? false : undefined;
}

/** A decimal, hexadecimal, octal or binary number from `min` up to but without `end`, or what is wrong with it.
 *  Numbers beyond 2^53 - 1 become that: no limit of ours is that large, and people write the largest 64-bit
 *  number to mean "unlimited". */
export function parseGoInteger(
  text: string,
  min: bigint,
  end: bigint,
): number | 'syntax' | 'range' {
  const match = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][0-9_]*)$/.exec(text);
  if (match === null || (min === 0n && match[1] !== '')) return 'syntax';
  const digits = (match[2] ?? '').replaceAll('_', '');
  if (/^0[xXbBoO]$/.test(digits)) return 'syntax';
  const size = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = match[1] === '-' ? -size : size;
  if (value >= end || value < min) return 'range';
  return Math.min(Math.max(Number(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}
