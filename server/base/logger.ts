// Owns the logger port. Folders log through this interface; only the cli folders know the library behind it.

/** Values of a log line beside its message. BigInt ids are printed as lowercase hex by the caller. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One method per level of etcd's logs. `fatal` logs only; leaving the process is the caller's act. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
}

/** A logger that says nothing: for tests and tools. */
export const SILENT_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
};
