// Owns the shape of the log that this folder writes to. The composition root says where lines go.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** The text of whatever was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
