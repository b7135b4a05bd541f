// Goal: the simulator sees what it is there for. Method: each deliberate error of mutants.ts is put into the server, and a
// bounded number of seeds must find it. A failure means that schedules or checks have become too weak, or that the text
// of an error is not in the sources any more.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const LOADER = new URL('../support/ts-loader.mjs', import.meta.url).href;
const BUSY_MACHINE_MS = 120_000;

describe('a deliberate error', () => {
  it.each(Object.entries(MUTANTS))(
    '%s is found',
    (name) => {
      const flags = ['--seeds', '1-40', '--ticks', '600', '--plots', '--once', '--quiet', '--stop'];
      const args = ['--import', LOADER, MAIN, ...flags, '--mutant', name];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^seed \d+ failed: /m);
      expect(status).toBe(1);
    },
    BUSY_MACHINE_MS,
  );
});
