// Goal: the store's native addon is compiled for the architectures that its package has no binary for, for no others, and
// without what only x86-64 has. Method: made-up listings of the package, and the build files of the installed one. A failure
// means an image without a working store, or, after an update of the package, flags that somebody has to look at again.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ADDON_PACKAGE,
  adaptBuildFile,
  BUILD_FILES,
  compilerVariables,
  isBinaryFor,
  planAddon,
} from '../../../scripts/image/addon-plan.ts';

const PACKAGE = join(import.meta.dirname, '../../../node_modules', ADDON_PACKAGE);
const ARM = 'prebuilds/linux-arm64/@nxtedition+rocksdb.node';
const X64 = 'prebuilds/linux-x64/@nxtedition+rocksdb.node';

describe('planAddon', () => {
  it('takes the binary of the package', () => {
    expect(planAddon([X64, ...BUILD_FILES], 'amd64')).toEqual({ kind: 'shipped', file: X64 });
    const special = 'prebuilds/linux-arm64/x.armv8.glibc.node';
    expect(planAddon([special], 'arm64')).toEqual({ kind: 'shipped', file: special });
  });

  it('compiles where there is none, into the place and name the loader knows', () => {
    const other = 'prebuilds/darwin-arm64/@nxtedition+rocksdb.node';
    const plan = planAddon([X64, other, 'prebuilds/linux-arm64', ...BUILD_FILES], 'arm64');
    expect(plan).toEqual({ kind: 'build', file: ARM });
  });

  it('says so where neither is possible', () => {
    expect(planAddon([ARM, ...BUILD_FILES], 'amd64')).toMatchObject({
      kind: 'impossible',
      reason: expect.stringContaining('flags to compile it are not known'),
    });
    expect(planAddon([X64, 'binding.gyp'], 'arm64')).toMatchObject({
      kind: 'impossible',
      reason: expect.stringContaining('deps/rocksdb/rocksdb.gyp'),
    });
  });

  it('finds binaries for x64 and sources in the installed package', () => {
    const files = readdirSync(PACKAGE, { recursive: true, encoding: 'utf8' });
    expect(planAddon(files, 'amd64').kind).toBe('shipped');
    const shipped = files.filter((file) => !file.startsWith('prebuilds/linux-arm64'));
    expect(planAddon(shipped, 'arm64').kind).toBe('build');
  });
});

describe('adaptBuildFile', () => {
  const [binding, rocksdb] = BUILD_FILES.map((file) => readFileSync(join(PACKAGE, file), 'utf8'));
  if (binding === undefined || rocksdb === undefined) throw new Error('two build files');
  const adapted = adaptBuildFile(rocksdb, 'arm64');

  it('compiles for any 64-bit Arm with the instructions for checksums in reach', () => {
    for (const text of [adapted, adaptBuildFile(binding, 'arm64')]) {
      expect(text).toContain('"-march=armv8-a+crc+crypto"');
      expect(text).not.toMatch(/znver|x86_64-linux/);
    }
  });

  it('leaves folly, coroutines and io_uring out, and the libraries for them', () => {
    expect(rocksdb).toMatch(/"USE_FOLLY=1"[\s\S]*libfolly\.a[\s\S]*liburing\.a/);
    expect(adapted).not.toMatch(/FOLLY|COROUTINES|IOURING|folly|uring|glog|gflags|unwind|libfmt/);
  });

  it('takes zstd, which levels of the store are compressed with, from a folder of its own', () => {
    expect(adapted).toContain('"ZSTD=1"');
    expect(adapted).toContain('"<(module_root_dir)/zstd/libzstd.a"');
    expect(adapted).toContain('"<(module_root_dir)/zstd/"');
  });

  it('changes nothing else: sources and the other definitions are the same', () => {
    const lines = new Set(adapted.split('\n'));
    const changed = rocksdb.split('\n').filter((line) => !lines.has(line));
    expect(changed.filter((line) => !/march|x86_64|FOLLY|COROUTINES|IOURING/.test(line))).toEqual(
      [],
    );
  });

  it('refuses what it does not know', () => {
    expect(() => adaptBuildFile('{}', 'arm64')).toThrow('are not those');
    expect(() => adaptBuildFile(`${binding}\n"-mavx2"`, 'arm64')).toThrow('-mavx2');
    expect(() => adaptBuildFile(`${binding}\n"-march=native"`, 'arm64')).toThrow('-march=native');
    expect(() => adaptBuildFile(`${binding}\n["/lib/x86_64-linux-gnu/a"]`, 'arm64')).toThrow('x86');
    expect(() => adaptBuildFile(binding, 'amd64')).toThrow('not known');
  });
});

describe('compilerVariables', () => {
  it('names the compilers of the machine, or those for another one', () => {
    const own = { CC: 'gcc', CXX: 'g++', AR: 'ar', LDFLAGS: '-s' };
    expect(compilerVariables('arm64', 'arm64', {})).toEqual(own);
    expect(compilerVariables('arm64', 'amd64', {})).toEqual({
      CC: 'aarch64-linux-gnu-gcc',
      CXX: 'aarch64-linux-gnu-g++',
      AR: 'aarch64-linux-gnu-ar',
      LDFLAGS: '-s',
    });
  });

  it('leaves given ones', () => {
    const given = { CC: 'clang', CXX: 'clang++', AR: 'llvm-ar', LDFLAGS: '-fuse-ld=lld' };
    const variables = compilerVariables('arm64', 'amd64', given);
    expect(variables).toEqual({ ...given, LDFLAGS: '-fuse-ld=lld -s' });
  });
});

it('isBinaryFor tells machines apart', () => {
  const head = (machine: number): Buffer => {
    const bytes = Buffer.alloc(64);
    bytes.write('\x7fELF', 'latin1');
    bytes.writeUInt16LE(machine, 18);
    return bytes;
  };
  expect(isBinaryFor(head(183), 'arm64')).toBe(true);
  expect(isBinaryFor(head(62), 'arm64')).toBe(false);
  expect(isBinaryFor(head(62), 'amd64')).toBe(true);
  expect(isBinaryFor(Buffer.from('#!/bin/sh, and some more text'), 'amd64')).toBe(false);
  expect(isBinaryFor(head(183).subarray(0, 10), 'arm64')).toBe(false);
});
