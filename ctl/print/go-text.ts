// Owns Go's ways of writing values as text: quoted strings, hexadecimal ids, sizes for people.
import { maybeUtf8Text, utf8Text } from '../../server/base/bytes.ts';

/** What Go calls printable: letters, marks, numbers, punctuation, symbols, and the plain space. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** Go's %q. Bytes that are not UTF-8 are written as \xNN. */
export function quoted(text: string | Uint8Array): string {
  if (typeof text === 'string') return `"${[...text].map(escaped).join('')}"`;
  const whole = maybeUtf8Text(text);
  return whole === undefined ? quotedBytes(text) : quoted(whole);
}

function escaped(char: string): string {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  if (PRINTABLE.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

/** Splits at the bytes that do not belong to a character. */
function quotedBytes(bytes: Uint8Array): string {
  let text = '';
  let i = 0;
  while (i < bytes.length) {
    const length = [1, 2, 3, 4].find(
      (n) => i + n <= bytes.length && maybeUtf8Text(bytes.subarray(i, i + n)) !== undefined,
    );
    if (length === undefined) {
      text += `\\x${hex(bytes[i] ?? 0, 2)}`;
      i++;
    } else {
      text += escaped(utf8Text(bytes.subarray(i, i + length)));
      i += length;
    }
  }
  return `"${text}"`;
}

/** Go's %x of a uint64. */
export function hexId(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16);
}

/** Go's %016x of an int64: a negative one has its sign. */
export function hexLease(id: bigint): string {
  const text = (id < 0n ? -id : id).toString(16);
  return id < 0n ? `-${text.padStart(15, '0')}` : text.padStart(16, '0');
}

/** Each byte as \xNN. */
export function escapedHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${hex(byte, 2)}`).join('');
}

/** A size in decimal units: "25 kB". etcd: go-humanize. */
export function humanSize(sizeBytes: number): string {
  if (sizeBytes < 10) return `${sizeBytes} B`;
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const exponent = Math.floor(Math.log(sizeBytes) / Math.log(1000));
  const value = Math.floor((sizeBytes / 1000 ** exponent) * 10 + 0.5) / 10;
  const digits = value < 10 ? value.toFixed(1) : String(roundHalfToEven(value));
  return `${digits} ${units[exponent] ?? ''}`;
}

/** Go's %.0f: 20.5 becomes 20, 21.5 becomes 22. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Go's %v of strings: [a b]. */
export function listText(list: readonly string[]): string {
  return `[${list.join(' ')}]`;
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}
