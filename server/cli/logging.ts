// Owns where and how log lines are written: pino behind the logger port, with the line shape of etcd:
// {"level","ts","caller","msg",...fields}. Lines are written at once and in order, so that nothing is lost when
// the process dies; levels that are off cost a comparison.
import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';
import type { LogFields, Logger } from '../base/logger.ts';
import type { LogConfig, LogLevel } from './config.ts';
import { ConfigError } from './config-error.ts';
import { logTimestamp } from './log-clock.ts';
import { LogSampler } from './log-sampler.ts';

/** The loggers of a process. */
export interface Logging {
  /** A logger whose lines name `caller`: the source file, as in "node/node.ts". */
  logger(caller: string): Logger;
  /** Everything written so far is handed to the system. */
  flush(): void;
}

type LineLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

const RANKS: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
  panic: 4,
  fatal: 4,
};

/** Opens the outputs. Throws ConfigError when one cannot be opened. */
export function openLogging(config: LogConfig): Logging {
  const outputs = config.outputs.map(openOutput);
  const stream: DestinationStream = {
    write(line: string): void {
      const text = config.format === 'console' ? consoleLine(line) : line;
      for (const output of outputs) output.write(text);
    },
  };
  const root = pino(
    {
      level: config.level === 'panic' ? 'fatal' : config.level,
      base: null,
      timestamp: () => `,"ts":"${logTimestamp()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const sampler = new LogSampler();
  const rank = RANKS[config.level];
  return {
    logger: (caller) => new LineLogger(root.child({ caller }), sampler, rank),
    flush: () => {
      for (const output of outputs) output.flushSync();
    },
  };
}

type Output = ReturnType<typeof destination>;

function openOutput(name: string): Output {
  const target = name === 'stderr' ? 2 : name === 'stdout' ? 1 : name;
  try {
    return destination({ dest: target, sync: true, append: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`couldn't open sink "${name}": ${reason}`, { cause });
  }
}

/** Writes the lines of one caller. */
class LineLogger implements Logger {
  readonly #pino: PinoLogger;
  readonly #sampler: LogSampler;
  readonly #rank: number;

  constructor(parent: PinoLogger, sampler: LogSampler, rank: number) {
    this.#pino = parent;
    this.#sampler = sampler;
    this.#rank = rank;
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#rank <= RANKS.debug) this.#write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    if (this.#rank <= RANKS.info) this.#write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#rank <= RANKS.warn) this.#write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    if (this.#rank <= RANKS.error) this.#write('error', message, fields);
  }

  fatal(message: string, fields?: LogFields): void {
    this.#write('fatal', message, fields);
  }

  #write(level: LineLevel, message: string, fields: LogFields | undefined): void {
    if (level !== 'fatal' && !this.#sampler.admit(message, Date.now())) return;
    const line: Record<string, unknown> = { msg: message };
    for (const key in fields) line[key] = fieldValue(fields[key]);
    if (level === 'fatal') {
      const stack = stackOf(fields);
      if (stack !== undefined) line['stacktrace'] = stack;
    }
    this.#pino[level](line);
  }
}

/** Errors are printed by their message, ids by their digits; everything else as JSON has it. */
function fieldValue(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === 'bigint' ? value.toString() : value;
}

function stackOf(fields: LogFields | undefined): string | undefined {
  const error = fields?.['error'];
  return error instanceof Error ? error.stack : undefined;
}

/** The console form of a line: the four known keys and the rest as JSON, separated by tabs. */
function consoleLine(line: string): string {
  const { level, ts, caller, msg, ...fields }: Record<string, unknown> = JSON.parse(line);
  const rest = Object.keys(fields).length === 0 ? '' : `\t${JSON.stringify(fields)}`;
  return `${ts}\t${level}\t${caller}\t${msg}${rest}\n`;
}
