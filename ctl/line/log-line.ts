// Owns the few log lines of the tools, in the shape of etcd's: one JSON object per line on standard error.
import { writeError } from './terminal.ts';

export function logLine(
  level: 'info' | 'warn' | 'fatal',
  message: string,
  fields: Readonly<Record<string, string | number>> = {},
): void {
  const ts = new Date().toISOString().replace('Z', '000Z');
  writeError(`${JSON.stringify({ level, ts, caller: 'ctl', msg: message, ...fields })}\n`);
}
