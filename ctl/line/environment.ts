// Owns flags from the environment: --dial-timeout is ETCDCTL_DIAL_TIMEOUT. A flag that is also on the command line is a
// conflict, and other variables with the prefix are told. etcd: pkg/flags/flag.go; the lines are its logger's.

import { Exit, SilentExit } from './exit-error.ts';
import { FlagError, type FlagSet } from './flag-set.ts';
import { logLine } from './log-line.ts';

/** Throws SilentExit for a conflict. Values that do not fit their flag are passed over, as etcdctl does. */
export function setFromEnvironment(
  flags: FlagSet,
  options: {
    readonly prefix: string;
    readonly names: readonly string[];
    readonly environment: Readonly<Record<string, string | undefined>>;
    /** Variables that belong to the command itself. */
    readonly known: readonly string[];
  },
): void {
  const { prefix, names, environment, known } = options;
  const byVariable = new Map(names.map((name) => [variableOf(prefix, name), name]));
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || value === '' || !variable.startsWith(`${prefix}_`)) continue;
    const name = byVariable.get(variable);
    if (name === undefined) {
      if (known.includes(variable)) continue;
      const text = `${variable}=${value}`;
      logLine('warn', 'unrecognized environment variable', { 'environment-variable': text });
    } else if (flags.changed(name)) {
      logLine(
        'fatal',
        'conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))',
        { 'environment-variable': variable },
      );
      throw new SilentExit(Exit.error);
    }
  }
  // All conflicts are found before anything is set: what is set counts as changed.
  for (const [variable, name] of byVariable) setQuietly(flags, name, environment[variable]);
}

export function variableOf(prefix: string, flag: string): string {
  return `${prefix}_${flag.toUpperCase().replaceAll('-', '_')}`;
}

function setQuietly(flags: FlagSet, name: string, value: string | undefined): void {
  if (value === undefined || value === '') return;
  try {
    flags.set(name, value);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
  }
}
