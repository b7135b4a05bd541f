// Owns where log lines go: JSON to standard error, one line each, written at once.
import { destination, pino } from 'pino';
import type { Log } from '../kube/log.ts';

export function openLog(level: string): Log {
  const logger = pino(
    {
      level,
      messageKey: 'msg',
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    },
    destination({ dest: 2, sync: true }),
  );
  return (at, message, fields = {}) => {
    logger[at](fields, message);
  };
}
