// Owns reading the values of flags from texts: Go's notation of numbers, booleans and durations, and what Go's
// flag package says about texts it cannot read. Reads defaults from the same table, so both take one path.
import { must } from '../base/assert.ts';
import { DurationError, parseDurationNs } from '../base/duration.ts';
import type { EndpointUrl } from './config.ts';
import { parseEndpointUrls, UrlError } from './endpoint-url.ts';
import { parseFeatureGates } from './feature-gates.ts';
import { FLAG_GROUPS, type FlagKind, type FlagOptions } from './flag-table.ts';
import { INT64_END, maybeGoBool, parseGoInteger, UINT32_END, UINT64_END } from './go-syntax.ts';

/** A value that a flag cannot take; the message is the reason Go gives. */
export class FlagValueError extends Error {
  override readonly name: string = 'FlagValueError';
}

/** Durations are numbers of nanoseconds. */
export type FlagValue = string | boolean | number | readonly EndpointUrl[] | readonly string[];

export interface Flag {
  readonly name: string;
  readonly kind: FlagKind;
  readonly defaultText: string;
  readonly usage: string;
  readonly options: FlagOptions;
}

/** Every flag by name, file-only ones included. */
export const FLAGS: ReadonlyMap<string, Flag> = new Map(
  FLAG_GROUPS.flatMap((group) =>
    group.rows.map(([name, kind, defaultText, usage, options = {}]) => [
      name,
      { name, kind, defaultText, usage, options },
    ]),
  ),
);

/** ETCD_LISTEN_PEER_URLS for listen-peer-urls. */
export function environmentName(flagName: string): string {
  return `ETCD_${flagName.toUpperCase().replaceAll('-', '_')}`;
}

/** The value that `text` stands for. Throws FlagValueError. */
export function parseFlagValue(flag: Flag, text: string): FlagValue {
  const { choices } = flag.options;
  if (choices !== undefined && !choices.includes(text)) throw new FlagValueError('invalid value');
  switch (flag.kind) {
    case 'string':
      return text;
    case 'bool':
      return readBool(text);
    case 'int':
      return readInteger(text, -INT64_END, INT64_END);
    case 'uint':
      return readInteger(text, 0n, UINT64_END);
    case 'uint32':
      return readUint32(text);
    case 'duration':
      return readDuration(text);
    case 'urls':
      return text === '' ? [] : readUrls(text);
    case 'origins':
      return text === '' || text === '*' ? ['*'] : readUrls(text).map((url) => url.text);
    case 'list':
      return text === '' ? [] : text.split(',');
    case 'set':
      return text === '' ? [] : [...new Set(text.split(','))].sort();
    case 'features':
      return readFeatures(text);
    case 'void':
      return '';
  }
}

function readBool(text: string): boolean {
  const value = maybeGoBool(text);
  if (value === undefined) throw new FlagValueError('parse error');
  return value;
}

function readInteger(text: string, min: bigint, end: bigint): number {
  const value = parseGoInteger(text, min, end);
  if (value === 'syntax') throw new FlagValueError('parse error');
  if (value === 'range') throw new FlagValueError('value out of range');
  return value;
}

/** etcd: pkg/flags/uint32.go reports Go's number errors in full, unlike the flag package. */
function readUint32(text: string): number {
  const value = parseGoInteger(text, 0n, UINT32_END);
  if (typeof value === 'number') return value;
  const reason = value === 'range' ? 'value out of range' : 'invalid syntax';
  throw new FlagValueError(`strconv.ParseUint: parsing "${text}": ${reason}`);
}

function readDuration(text: string): number {
  try {
    return parseDurationNs(text);
  } catch (error) {
    if (error instanceof DurationError) throw new FlagValueError('parse error', { cause: error });
    throw error;
  }
}

function readUrls(text: string): readonly EndpointUrl[] {
  try {
    return parseEndpointUrls(text);
  } catch (error) {
    if (error instanceof UrlError) throw new FlagValueError(error.message, { cause: error });
    throw error;
  }
}

function readFeatures(text: string): string {
  const parsed = parseFeatureGates(text);
  if (parsed.kind === 'error') throw new FlagValueError(parsed.message);
  return text;
}

/** The values that were given, and the defaults of all others. */
export class FlagValues {
  readonly #given: ReadonlyMap<string, FlagValue>;

  constructor(given: ReadonlyMap<string, FlagValue>) {
    this.#given = given;
  }

  isGiven(name: string): boolean {
    return this.#given.has(name);
  }

  givenNames(): readonly string[] {
    return [...this.#given.keys()];
  }

  /** The value, whatever its kind. */
  get(name: string): FlagValue {
    const given = this.#given.get(name);
    if (given !== undefined) return given;
    const flag = must(FLAGS.get(name), `flag ${name}`);
    return parseFlagValue(flag, flag.defaultText);
  }

  text(name: string): string {
    const value = this.get(name);
    return typeof value === 'string' ? value : wrongKind(name);
  }

  isOn(name: string): boolean {
    const value = this.get(name);
    return typeof value === 'boolean' ? value : wrongKind(name);
  }

  count(name: string): number {
    const value = this.get(name);
    return typeof value === 'number' ? value : wrongKind(name);
  }

  durationMs(name: string): number {
    return this.count(name) / 1e6;
  }

  /** etcd: an empty list leaves the default in place. */
  urls(name: string): readonly EndpointUrl[] {
    const urls = readUrlItems(name, this.#items(name));
    if (urls.length > 0) return urls;
    const flag = must(FLAGS.get(name), `flag ${name}`);
    const fallback = parseFlagValue(flag, flag.defaultText);
    return typeof fallback === 'object' ? readUrlItems(name, fallback) : wrongKind(name);
  }

  list(name: string): readonly string[] {
    const texts: string[] = [];
    for (const item of this.#items(name))
      texts.push(typeof item === 'string' ? item : wrongKind(name));
    return texts;
  }

  #items(name: string): readonly (EndpointUrl | string)[] {
    const value = this.get(name);
    return typeof value === 'object' ? value : wrongKind(name);
  }
}

function readUrlItems(
  name: string,
  items: readonly (EndpointUrl | string)[],
): readonly EndpointUrl[] {
  const urls: EndpointUrl[] = [];
  for (const item of items) urls.push(typeof item === 'string' ? wrongKind(name) : item);
  return urls;
}

function wrongKind(name: string): never {
  throw new TypeError(`flag ${name} was read as a kind it is not`);
}
