// Owns running all suites of this folder, one after the other; a failure of one does not keep the others from running.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SUITES = ['transcripts', 'clientv3', 'e2e'];

const failed = SUITES.filter((suite) => {
  console.log(`== ${suite}`);
  const program = join(import.meta.dirname, `${suite}.js`);
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', program], {
    stdio: 'inherit',
  });
  return status !== 0;
});
console.log(`compatibility: ${SUITES.length - failed.length} passed, ${failed.length} failed`);
if (failed.length > 0) process.exitCode = 1;
