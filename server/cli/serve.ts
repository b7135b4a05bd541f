// Owns running a member: the composition root. Placeholder until the pieces are joined.
import type { ServerConfig } from './config.ts';
import { configFields } from './config-print.ts';
import type { Logging } from './logging.ts';

/** Runs a member until it is told to stop. Rejects when it cannot start. */
export function serve(config: ServerConfig, logging: Logging): Promise<void> {
  logging.logger('cli/serve.ts').info('starting an etcd server', configFields(config));
  return Promise.reject(new Error('the server is not joined yet'));
}
