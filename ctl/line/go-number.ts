// Owns Go's notation of integers and booleans on command lines, and the words with which strconv refuses them.

/** A text that is no number; the message is Go's. */
export class NumberError extends Error {
  override readonly name: string = 'NumberError';
}

interface IntegerKind {
  /** Go's function, which is named in messages. */
  readonly func: 'ParseInt' | 'ParseUint';
  readonly min: bigint;
  readonly max: bigint;
}

const INT64: IntegerKind = { func: 'ParseInt', min: -(1n << 63n), max: (1n << 63n) - 1n };
const UINT64: IntegerKind = { func: 'ParseUint', min: 0n, max: (1n << 64n) - 1n };

const DIGITS: Readonly<Record<number, RegExp>> = {
  2: /^[01]+$/,
  8: /^[0-7]+$/,
  10: /^[0-9]+$/,
  16: /^[0-9a-fA-F]+$/,
};

const PREFIXES: Readonly<Record<number, string>> = { 2: '0b', 8: '0o', 10: '', 16: '0x' };

/** Base 0 takes the base from a prefix, as flags do. Throws NumberError. */
export function parseInt64(text: string, base: 0 | 10 | 16): bigint {
  return parseInteger(text, base, INT64);
}

export function parseUint64(text: string, base: 0 | 10 | 16): bigint {
  return parseInteger(text, base, UINT64);
}

export function parseBool(text: string): boolean {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw refused('ParseBool', text, 'invalid syntax');
}

function parseInteger(text: string, base: 0 | 10 | 16, kind: IntegerKind): bigint {
  const signed = kind.func === 'ParseInt' && /^[+-]/.test(text);
  const magnitude = signed ? text.slice(1) : text;
  const [digits, actual] = base === 0 ? detectBase(magnitude) : [magnitude, base];
  if (DIGITS[actual]?.test(digits) !== true) throw refused(kind.func, text, 'invalid syntax');
  const value = BigInt(`${PREFIXES[actual]}${digits}`) * (text.startsWith('-') ? -1n : 1n);
  if (value < kind.min || value > kind.max) throw refused(kind.func, text, 'value out of range');
  return value;
}

function detectBase(text: string): readonly [digits: string, base: number] {
  const plain = text.replace(/(?<=\w)_(?=\w)/g, '');
  const match = /^0([xXbBoO]?)(.+)$/.exec(plain);
  if (match === null) return [plain, 10];
  const [, letter = '', digits = ''] = match;
  const base = { x: 16, b: 2, o: 8, '': 8 }[letter.toLowerCase()] ?? 8;
  return [digits, base];
}

function refused(func: string, text: string, why: string): NumberError {
  return new NumberError(`strconv.${func}: parsing ${JSON.stringify(text)}: ${why}`);
}
