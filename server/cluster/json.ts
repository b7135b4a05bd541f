// Owns JSON as Go writes and reads it where bytes are compared or ids exceed what a number holds: member records,
// conf states, conf change contexts.

/** Text that is not the JSON it should be: from disk or from a peer. */
export class JsonFormatError extends Error {
  override readonly name: string = 'JsonFormatError';
}

/** A JSON string as Go's encoder writes it. etcd: encoding/json escapes <, >, & and the two line separators. */
export function goJsonString(text: string): string {
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd');
  return JSON.stringify(wellFormed).replace(/[<>&\u2028\u2029]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A JSON array of strings as Go's encoder writes it. */
export function goJsonStrings(texts: readonly string[]): string {
  return `[${texts.map(goJsonString).join(',')}]`;
}

/** Strings or integers outside of strings; the latter are those that JSON.parse would round. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs;
const BIG = '\u0000integer ';

/** JSON.parse that gives integers of 16 digits and more as bigint. Throws JsonFormatError. */
export function parseJson(text: string): unknown {
  const marked = text.replace(TOKEN, (token) =>
    /^-?\d{16,}$/.test(token) ? `"\\u0000integer ${token}"` : token,
  );
  try {
    return JSON.parse(marked, (_key, value: unknown) =>
      typeof value === 'string' && value.startsWith(BIG) ? toBigInt(value) : value,
    );
  } catch (cause) {
    throw new JsonFormatError(`not JSON: ${text.slice(0, 200)}`, { cause });
  }
}

function toBigInt(marked: string): bigint | string {
  const digits = marked.slice(BIG.length);
  return /^-?\d+$/.test(digits) ? BigInt(digits) : marked;
}

/** An object of a parsed text. Throws JsonFormatError. */
export function readObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new JsonFormatError(`not an object: ${typeof value}`);
  }
  return value as Record<string, unknown>;
}

/** An unsigned 64-bit integer, 0n when absent. Throws JsonFormatError. */
export function readId(value: unknown, name: string): bigint {
  if (value === undefined || value === null) return 0n;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value === 'bigint' && value >= 0n && value < 2n ** 64n) return value;
  throw new JsonFormatError(`${name} is not an unsigned 64-bit integer`);
}

/** A string, empty when absent. Throws JsonFormatError. */
export function readString(value: unknown, name: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new JsonFormatError(`${name} is not a string`);
  return value;
}

/** A boolean, false when absent. Throws JsonFormatError. */
export function readBoolean(value: unknown, name: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw new JsonFormatError(`${name} is not a boolean`);
  return value;
}

/** A list of strings, empty when absent or null. Throws JsonFormatError. */
export function readStrings(value: unknown, name: string): string[] {
  return readList(value, name).map((item) => readString(item, name));
}

/** A list of ids, empty when absent or null. Throws JsonFormatError. */
export function readIds(value: unknown, name: string): bigint[] {
  return readList(value, name).map((item) => readId(item, name));
}

function readList(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new JsonFormatError(`${name} is not a list`);
  return value;
}
