// Owns how configuration code reports: a refusal, and lines to be logged once there is a logger.
import type { LogFields } from '../base/logger.ts';

/** A configuration that is refused. Texts that etcd has are etcd's. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}

/** A line noted while the configuration is read, when no logger exists yet. */
export interface LogNote {
  readonly level: 'info' | 'warn' | 'fatal';
  readonly message: string;
  readonly fields: LogFields;
}

export function infoNote(message: string, fields: LogFields = {}): LogNote {
  return { level: 'info', message, fields };
}

export function warnNote(message: string, fields: LogFields = {}): LogNote {
  return { level: 'warn', message, fields };
}
