// Owns reading a configuration file, YAML or JSON, into the same values that flags give. Keys it does not know
// are named in a warning and otherwise ignored, because people keep their files from one release to the next.
// etcd: server/embed/config.go, where keys are the flags' names but for the TLS, discovery and socket sections.
import { load } from 'js-yaml';
import { ConfigError, type LogNote, warnNote } from './config-error.ts';
import { FLAGS, type Flag, type FlagValue, FlagValueError, parseFlagValue } from './flag-values.ts';

export interface FileFlags {
  readonly values: ReadonlyMap<string, FlagValue>;
  readonly notes: readonly LogNote[];
}

const SECTIONS: ReadonlySet<string> = new Set([
  'client-transport-security',
  'peer-transport-security',
  'discovery-config',
  'socket-options',
]);

const FLAG_OF_KEY: ReadonlyMap<string, Flag> = flagsByKey();

/** The flags that the text of a file sets. Throws ConfigError. */
export function parseConfigFile(text: string): FileFlags {
  const values = new Map<string, FlagValue>();
  const unknown: string[] = [];
  for (const [key, value] of topLevel(text)) {
    if (!SECTIONS.has(key)) {
      readKey(key, value, values, unknown);
      continue;
    }
    if (value === null) continue;
    if (!isRecord(value)) throw new ConfigError(`invalid ${key}`);
    for (const [inner, innerValue] of Object.entries(value)) {
      readKey(`${key}.${inner}`, innerValue, values, unknown);
    }
  }
  const notes =
    unknown.length === 0
      ? []
      : [warnNote('ignoring unknown keys of the configuration file', { keys: unknown })];
  return { values, notes };
}

function topLevel(text: string): [string, unknown][] {
  if (text.trim() === '') return [];
  let content: unknown;
  try {
    content = load(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`error converting YAML to JSON: ${reason}`, { cause });
  }
  if (content === null || content === undefined) return [];
  if (!isRecord(content)) throw new ConfigError('a configuration file must be a mapping of keys');
  return Object.entries(content);
}

/** Reads one key into `values`, or notes it in `unknown`. A key without a value is as good as absent. */
function readKey(
  key: string,
  value: unknown,
  values: Map<string, FlagValue>,
  unknown: string[],
): void {
  const flag = FLAG_OF_KEY.get(key);
  if (flag === undefined) {
    unknown.push(key);
    return;
  }
  if (value === null || value === undefined) return;
  const text = flagText(flag, value);
  if (text === undefined) {
    throw new ConfigError(`cannot read ${JSON.stringify(value)} as the ${flag.kind} ${key}`);
  }
  try {
    values.set(flag.name, parseFlagValue(flag, text));
  } catch (cause) {
    if (!(cause instanceof FlagValueError)) throw cause;
    if (flag.kind === 'urls') {
      throw new ConfigError(`unexpected error setting up ${key}: ${cause.message}`, { cause });
    }
    if (flag.name === 'initial-cluster-state') {
      throw new ConfigError(`unexpected clusterState "${text}"`, { cause });
    }
    throw new ConfigError(`invalid value "${text}" for ${key}: ${cause.message}`, { cause });
  }
}

/** The value as it would stand on a command line; undefined when it has the wrong type. */
function flagText(flag: Flag, value: unknown): string | undefined {
  switch (flag.kind) {
    case 'bool':
      if (typeof value === 'boolean') return String(value);
      return typeof value === 'string' ? YAML_1_1_BOOLS[value.toLowerCase()] : undefined;
    case 'int':
    case 'uint':
    case 'uint32':
      return typeof value === 'number' && Number.isInteger(value) ? integerText(value) : undefined;
    case 'duration':
      if (typeof value === 'string') return value;
      return typeof value === 'number' && Number.isInteger(value)
        ? `${integerText(value)}ns`
        : undefined;
    case 'urls':
    case 'origins':
    case 'list':
    case 'set':
      return listText(value);
    case 'string':
    case 'features':
    case 'void':
      return scalarText(value);
  }
}

/** etcd reads YAML 1.1, where these are booleans too. */
const YAML_1_1_BOOLS: Readonly<Record<string, string>> = {
  yes: 'true',
  on: 'true',
  no: 'false',
  off: 'false',
};

/** Without an exponent, whatever the size. */
function integerText(value: number): string {
  return BigInt(value).toString();
}

/** A list of texts, or one text with commas as on a command line. etcd takes only one of the two, by key. */
function listText(value: unknown): string | undefined {
  if (!Array.isArray(value)) return scalarText(value);
  const items = value.map(scalarText);
  return items.includes(undefined) ? undefined : items.join(',');
}

/** A text, or a number or a boolean where a text is wanted. Go's decoder refuses a list there, and so do we. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function flagsByKey(): ReadonlyMap<string, Flag> {
  const flags = new Map<string, Flag>();
  for (const flag of FLAGS.values()) {
    const key = flag.options.fileKey ?? flag.name;
    if (key !== '') flags.set(key, flag);
  }
  return flags;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
