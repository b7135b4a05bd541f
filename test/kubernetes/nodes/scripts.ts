// Owns running the shell scripts of this folder.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../support/paths.ts';

export const NODES_SCRIPTS: string = join(ROOT, 'test/kubernetes/nodes');

/** What network.sh printed. Throws when it failed. */
export function network(...args: readonly (string | number)[]): string {
  return execFileSync('sh', [join(NODES_SCRIPTS, 'network.sh'), ...args.map(String)], {
    encoding: 'utf8',
  });
}

export function takeDown(): void {
  execFileSync('sh', [join(NODES_SCRIPTS, 'down.sh')], { stdio: 'inherit' });
}
