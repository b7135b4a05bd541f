// Owns the entry of the etcd command: command line, environment and file in; a running member, or an exit code and
// its output, out. The only reader of process.argv and process.env on the server side.
import { readFileSync, statSync } from 'node:fs';
import type { Logger } from '../base/logger.ts';
import { setCollectorFlag } from './collector-flag.ts';
import { ConfigError, type LogNote } from './config-error.ts';
import { type LoadOutcome, loadConfig } from './config-load.ts';
import { findDefaultHost } from './default-host.ts';
import { CONFIG_FILE_BYTES_MAX } from './limits.ts';
import { type Logging, openLogging } from './logging.ts';
import { versionText } from './usage.ts';

const CALLER = 'cli/main.ts';

await main();

async function main(): Promise<void> {
  const outcome = loadConfig({
    args: ['etcd', ...process.argv.slice(2)],
    environment: process.env,
    versionText: versionText(process.platform, process.arch, process.versions.node),
    readFile: readConfigFile,
    defaultHost: findDefaultHost,
  });
  if (outcome.kind === 'exit') {
    leave(outcome);
    return;
  }
  const logging = openConfigured(outcome);
  if (logging === undefined) return;
  const logger = logging.logger(CALLER);
  writeNotes(logger, outcome.notes);
  superviseFailures(logging, logger);
  try {
    setCollectorFlag();
    // Loaded only now: --version and a bad flag answer without the server and its native code.
    const { serve } = await import('./serve.ts');
    await serve(outcome.config, logging);
  } catch (error) {
    fail(logging, logger, 'failed to start etcd', error);
  }
}

/** The loggers that the configuration asks for; undefined after the process was told to end for want of them. */
function openConfigured(outcome: Extract<LoadOutcome, { kind: 'run' }>): Logging | undefined {
  try {
    return openLogging(outcome.config.log);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const note: LogNote = {
      level: 'warn',
      message: 'failed to verify flags',
      fields: { error: error.message },
    };
    leave({ kind: 'exit', exitCode: 1, stdout: '', stderr: '', notes: [...outcome.notes, note] });
    return undefined;
  }
}

function leave(outcome: Extract<LoadOutcome, { kind: 'exit' }>): void {
  if (outcome.notes.length > 0) {
    const logging = openLogging({ level: 'info', format: 'json', outputs: ['stderr'] });
    writeNotes(logging.logger(CALLER), outcome.notes);
    logging.flush();
  }
  process.stderr.write(outcome.stderr);
  process.stdout.write(outcome.stdout);
  process.exitCode = outcome.exitCode;
}

function writeNotes(logger: Logger, notes: readonly LogNote[]): void {
  for (const note of notes) logger[note.level](note.message, note.fields);
}

/** A broken invariant or a promise nobody owned: what is in memory is not to be trusted any more. */
function superviseFailures(logging: Logging, logger: Logger): void {
  process.on('uncaughtException', (error) => {
    fail(logging, logger, 'uncaught error', error);
  });
  process.on('unhandledRejection', (reason) => {
    fail(logging, logger, 'unhandled rejection', reason);
  });
}

function fail(logging: Logging, logger: Logger, message: string, error: unknown): never {
  logger.fatal(message, { error });
  logging.flush();
  process.exit(1);
}

/** Throws ConfigError with the words of Go's os package where it has some. */
function readConfigFile(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > CONFIG_FILE_BYTES_MAX) {
      throw new ConfigError(`${path} has ${size} bytes, more than ${CONFIG_FILE_BYTES_MAX}`);
    }
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const reason = missing ? 'no such file or directory' : String(cause);
    throw new ConfigError(`open ${path}: ${reason}`, { cause });
  }
}
