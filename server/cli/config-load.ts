// Owns the way from a command line, an environment and perhaps a file to a configuration, or to leaving the
// process: which of the three counts, and the exit codes and outputs etcd has. Touches nothing itself: files and
// the machine's address are asked for through the sources.

import type { ServerConfig } from './config.ts';
import { buildConfig } from './config-build.ts';
import { ConfigError, infoNote, type LogNote } from './config-error.ts';
import { parseConfigFile } from './config-file.ts';
import { type Environment, readEnvironment } from './env.ts';
import { FlagValues } from './flag-values.ts';
import { type CommandLine, parseCommandLine } from './flags.ts';
import { flagsUsage, SHORT_USAGE } from './usage.ts';

export interface LoadSources {
  /** The program's name first, as people started it. */
  readonly args: readonly string[];
  readonly environment: Environment;
  /** What --version prints. */
  readonly versionText: string;
  /** The text of a file. Throws ConfigError. */
  readFile(path: string): string;
  /** This machine's address as others see it; undefined when it cannot be told. */
  defaultHost(): string | undefined;
}

export type LoadOutcome =
  | {
      readonly kind: 'run';
      readonly config: ServerConfig;
      readonly notes: readonly LogNote[];
    }
  | {
      readonly kind: 'exit';
      readonly exitCode: number;
      readonly stdout: string;
      readonly stderr: string;
      readonly notes: readonly LogNote[];
    };

const SUBCOMMANDS: ReadonlySet<string> = new Set(['gateway', 'grpc-proxy']);

/** Decides what the process does. */
export function loadConfig(sources: LoadSources): LoadOutcome {
  const args = sources.args.slice(1);
  const first = args[0] ?? '';
  if (SUBCOMMANDS.has(first)) {
    return exit(1, '', `etcd ${first} is not supported by etcd-ts yet\n`);
  }
  const line = parseCommandLine(args);
  switch (line.kind) {
    case 'help':
      return exit(0, flagsUsage(), `${SHORT_USAGE}\n`);
    case 'error':
      return exit(2, '', `${line.message}\n${SHORT_USAGE}\n`);
    case 'flags':
      return loadFlags(sources, line);
  }
}

type Flags = Extract<CommandLine, { kind: 'flags' }>;

function loadFlags(sources: LoadSources, line: Flags): LoadOutcome {
  if (line.values.get('version') === true && line.rest.length === 0) {
    return exit(0, sources.versionText, '');
  }
  const notes: LogNote[] = [];
  try {
    return { kind: 'run', config: readConfig(sources, line, notes), notes };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (notes.at(-1)?.level !== 'fatal') {
      notes.push({
        level: 'warn',
        message: 'failed to verify flags',
        fields: { error: error.message },
      });
    }
    return { kind: 'exit', exitCode: 1, stdout: '', stderr: '', notes };
  }
}

function readConfig(sources: LoadSources, line: Flags, notes: LogNote[]): ServerConfig {
  const running = infoNote('Running: ', { args: sources.args });
  const extra = line.rest[0];
  if (extra !== undefined) {
    notes.push(running);
    throw new ConfigError(`${JSON.stringify(extra)} is not a valid flag`);
  }
  const onLine = line.values.get('config-file');
  const path = typeof onLine === 'string' && onLine !== '' ? onLine : configFileOf(sources);
  const defaultHost = sources.defaultHost();
  if (path !== '') {
    notes.push(running);
    const file = parseConfigFile(sources.readFile(path));
    const message =
      'loaded server configuration, other configuration command line flags and environment variables will be ignored if provided';
    notes.push(infoNote(message, { path }), ...file.notes);
    return buildConfig({ values: new FlagValues(file.values), fromFile: true, defaultHost, notes });
  }
  const environment = readEnvironment(sources.environment, line.values);
  notes.push(...environment.notes);
  if (environment.error !== undefined) throw environment.error;
  notes.push(running);
  const values = new FlagValues(new Map([...environment.values, ...line.values]));
  return buildConfig({ values, fromFile: false, defaultHost, notes });
}

function configFileOf(sources: LoadSources): string {
  return sources.environment['ETCD_CONFIG_FILE'] ?? '';
}

function exit(exitCode: number, stdout: string, stderr: string): LoadOutcome {
  return { kind: 'exit', exitCode, stdout, stderr, notes: [] };
}
