// Owns the environment as a second place to set flags: ETCD_ and the flag's name in capitals. A flag that is set
// in both places is refused. etcd: pkg/flags/flag.go. Gets the variables as an object; only main.ts touches
// process.env.
import { ConfigError, infoNote, type LogNote, warnNote } from './config-error.ts';
import {
  environmentName,
  FLAGS,
  type FlagValue,
  FlagValueError,
  parseFlagValue,
} from './flag-values.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentFlags {
  readonly values: ReadonlyMap<string, FlagValue>;
  readonly notes: readonly LogNote[];
  /** Set when the configuration is refused. */
  readonly error: ConfigError | undefined;
}

/** etcd: the double parenthesis is part of the text that people search for. */
const CONFLICT =
  'conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))';

/** The flags that `environment` sets beyond those `given` on the command line. */
export function readEnvironment(
  environment: Environment,
  given: ReadonlyMap<string, FlagValue>,
): EnvironmentFlags {
  const values = new Map<string, FlagValue>();
  const notes: LogNote[] = [];
  const used = new Set<string>();
  let error: ConfigError | undefined;
  if (environment['ETCD_VERSION']) {
    const fields = { key: 'ETCD_VERSION', value: environment['ETCD_VERSION'] };
    notes.push(warnNote('cannot set special environment variable', fields));
    used.add('ETCD_VERSION');
  }
  for (const flag of FLAGS.values()) {
    const key = environmentName(flag.name);
    const text = environment[key] ?? '';
    if (text === '' || flag.options.fileOnly || given.has(flag.name) || used.has(key)) continue;
    used.add(key);
    try {
      values.set(flag.name, parseFlagValue(flag, text));
      const shown = flag.name.includes('password') ? '[hidden]' : text;
      const fields = { 'variable-name': key, 'variable-value': shown };
      notes.push(infoNote('recognized and used environment variable', fields));
    } catch (cause) {
      if (!(cause instanceof FlagValueError)) throw cause;
      error = new ConfigError(`invalid value "${text}" for ${key}: ${cause.message}`, { cause });
    }
  }
  const conflict = noteOthers(environment, given, used, notes);
  return { values, notes, error: conflict ?? error };
}

/** Notes variables that are not flags; the error for one that a flag of the command line shadows. */
function noteOthers(
  environment: Environment,
  given: ReadonlyMap<string, FlagValue>,
  used: ReadonlySet<string>,
  notes: LogNote[],
): ConfigError | undefined {
  const shadowed = new Set([...given.keys()].map(environmentName));
  for (const [key, value] of Object.entries(environment)) {
    if (!key.startsWith('ETCD_') || used.has(key)) continue;
    if (shadowed.has(key)) {
      notes.push({ level: 'fatal', message: CONFLICT, fields: { 'environment-variable': key } });
      return new ConfigError(CONFLICT);
    }
    const fields = { 'environment-variable': `${key}=${value}` };
    notes.push(warnNote('unrecognized environment variable', fields));
  }
  return undefined;
}
