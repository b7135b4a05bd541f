// Owns JSON as Go's encoding/json writes it: 64-bit integers as numbers, bytes in base64, <, > and & escaped.

export type Json =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly Json[]
  | JsonObject;

/** Members in the order in which they are written; those that are undefined are left out. */
export interface JsonObject {
  readonly [name: string]: Json;
}

export function jsonText(value: Json): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return stringText(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${stringText(name)}:${jsonText(member)}`);
  return `{${members.join(',')}}`;
}

/** Go's omitempty: leaves out zeros, empty texts, bytes and lists. */
export function withoutEmpty(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => !isEmpty(member)));
}

function isEmpty(value: Json): boolean {
  if (value === undefined || value === null || value === false) return true;
  if (value === 0 || value === 0n || value === '') return true;
  if (value instanceof Uint8Array) return value.length === 0;
  return typeof value === 'object' && isList(value) && value.length === 0;
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

function stringText(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => {
    const code = char.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${code}`;
  });
}
