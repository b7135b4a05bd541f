// Goal: the image has the packages that a running program loads, and not those for building or testing. Method: small lock
// files and the repository's own. A failure means an image that does not start, or one that is too big.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageEntries, productionPackages } from '../../../scripts/image/production-packages.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('productionPackages', () => {
  it('follows dependencies through nested and hoisted packages, and not those for development', () => {
    expect(
      productionPackages({
        '': { dependencies: { a: '1' } },
        'node_modules/a': { dependencies: { b: '1', prebuildify: '1' } },
        'node_modules/a/node_modules/b': { dependencies: { c: '1' } },
        'node_modules/b': {},
        'node_modules/c': { dependencies: { a: '1' }, optionalDependencies: { absent: '1' } },
        'node_modules/dev': {},
        'node_modules/prebuildify': {},
      }),
    ).toEqual(['node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/c']);
  });

  it('finds packages with a scope', () => {
    expect(
      productionPackages({
        '': { dependencies: { '@x/a': '1' } },
        'node_modules/@x/a': { dependencies: { '@y/b': '1' } },
        'node_modules/@x/a/node_modules/@y/b': {},
      }),
    ).toEqual(['node_modules/@x/a', 'node_modules/@x/a/node_modules/@y/b']);
  });

  it('has every dependency of package.json and none of the development ones', () => {
    const paths = packageEntries(ROOT, 'amd64').map(({ path }) => path);
    const manifest: {
      readonly dependencies: Record<string, string>;
      readonly devDependencies: Record<string, string>;
    } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const has = (name: string): boolean =>
      paths.includes(`/opt/etcd-ts/node_modules/${name}/package.json`);
    expect(Object.keys(manifest.dependencies).filter((name) => !has(name))).toEqual([]);
    expect(Object.keys(manifest.devDependencies).filter(has)).toEqual([]);
    expect(paths.filter((path) => path.endsWith('.node'))).toEqual([
      expect.stringContaining('/linux-x64/'),
    ]);
  });

  it('says so when native code has no binary for an architecture', () => {
    const root = mkdtempSync(join(tmpdir(), 'packages-'));
    try {
      const binary = 'node_modules/a/prebuilds/linux-x64/a.node';
      mkdirSync(dirname(join(root, binary)), { recursive: true });
      writeFileSync(join(root, binary), '');
      const packages = { '': { dependencies: { a: '1' } }, 'node_modules/a': {} };
      writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
      expect(packageEntries(root, 'amd64').map(({ path }) => path)).toEqual([
        `/opt/etcd-ts/${binary}`,
      ]);
      expect(() => packageEntries(root, 'arm64')).toThrow('no binary for linux-arm64');
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
