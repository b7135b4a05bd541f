// Owns where suites outside vitest find the repository: npm runs them in its root, whether they were built or not.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT: string = process.cwd();

if (!existsSync(join(ROOT, 'test/support/paths.ts'))) {
  throw new Error('run this in the root of the repository');
}

/** The launcher of the server under test; ETCD_TS_BIN names another build. */
export const SERVER_BIN: string = resolve(process.env['ETCD_TS_BIN'] ?? join(ROOT, 'bin/etcd'));

/** A file of the compatibility suite. */
export function compatFile(name: string): string {
  return join(ROOT, 'test/compat', name);
}
