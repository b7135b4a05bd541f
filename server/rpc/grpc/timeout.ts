// Owns reading the grpc-timeout header: up to eight digits and a unit letter.

import { TIMEOUT_DIGITS_MAX } from './limits.ts';

const DIGIT_0 = 48;

/**
 * Milliseconds of a grpc-timeout value, with fractions for microseconds and nanoseconds; NaN when malformed,
 * which the caller turns into grpc-go's refusal.
 */
export function parseGrpcTimeoutMs(text: string): number {
  const digits = text.length - 1;
  if (digits < 1 || digits > TIMEOUT_DIGITS_MAX) return Number.NaN;
  let amount = 0;
  for (let i = 0; i < digits; i++) {
    const digit = text.charCodeAt(i) - DIGIT_0;
    if (digit < 0 || digit > 9) return Number.NaN;
    amount = amount * 10 + digit;
  }
  switch (text[digits]) {
    case 'n':
      return amount / 1e6;
    case 'u':
      return amount / 1e3;
    case 'm':
      return amount;
    case 'S':
      return amount * 1e3;
    case 'M':
      return amount * 60e3;
    case 'H':
      return amount * 3600e3;
    default:
      return Number.NaN;
  }
}

/** Why `parseGrpcTimeoutMs` answered NaN, in grpc-go's words. */
export function explainMalformedTimeout(text: string): string {
  const quoted = JSON.stringify(text);
  if (text.length < 2)
    return `malformed grpc-timeout: transport: timeout string is too short: ${quoted}`;
  if (text.length > TIMEOUT_DIGITS_MAX + 1) {
    return `malformed grpc-timeout: transport: timeout string is too long: ${quoted}`;
  }
  if (!'numSMH'.includes(text.slice(-1))) {
    return `malformed grpc-timeout: transport: timeout unit is not recognized: ${quoted}`;
  }
  const number = JSON.stringify(text.slice(0, -1));
  return `malformed grpc-timeout: strconv.ParseInt: parsing ${number}: invalid syntax`;
}
