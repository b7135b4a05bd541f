// Goal: the rules of CONTRIBUTING.md and docs/adr hold in every file. Method: all sources are read as text; imports are
// compared with the table below, which is the one of the architecture. A failure names file and line, and is mended in the
// file: the tables here change only together with the decision they stand for.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

/** Which folders a folder may import: their values, or only their types. */
interface Allowed {
  readonly values: readonly string[];
  readonly types?: readonly string[];
}

/** A longer list raises this; nothing lowers it. */
const END_TO_END_TESTS_MIN = 157;

const SERVER =
  'base proto raft mvcc lease auth alarm apply storage http2 cluster node rpc http listen';

const IMPORTS: Readonly<Record<string, Allowed>> = {
  'server/base': { values: [] },
  'server/proto': { values: server('base') },
  'server/raft': { values: server('base') },
  'server/mvcc': { values: server('base') },
  'server/lease': { values: server('base') },
  'server/auth': { values: server('base') },
  'server/alarm': { values: server('base') },
  'server/http2': { values: server('base') },
  'server/apply': { values: server('base proto mvcc lease auth alarm') },
  'server/storage': { values: server('base proto'), types: server('raft mvcc') },
  'server/cluster': { values: server('base proto'), types: server('raft') },
  'server/node': {
    values: server('base proto raft apply mvcc lease auth alarm'),
    types: server('storage cluster'),
  },
  'server/rpc': { values: server('base proto http2 node'), types: server('apply mvcc') },
  'server/http': { values: server('base proto node') },
  'server/listen': { values: server('base http2'), types: server('rpc http') },
  'server/cli': { values: server(SERVER) },
  client: { values: server('base proto') },
  ctl: { values: ['client', 'server/base', 'server/proto', 'server/storage', 'server/cluster'] },
  'operator/api': { values: [] },
  'operator/specs': { values: ['operator/api'] },
  'operator/reconcile': { values: ['operator/api', 'operator/specs'] },
  'operator/kube': { values: ['operator/api'] },
  'operator/member': { values: ['operator/api', 'client'] },
  'operator/controller': {
    values: ['operator/api', 'operator/reconcile'],
    types: ['operator/kube', 'operator/member'],
  },
  'operator/cli': {
    values: ['api', 'specs', 'reconcile', 'kube', 'member', 'controller'].map(
      (name) => `operator/${name}`,
    ),
  },
};

function server(names: string): readonly string[] {
  return names.split(' ').map((name) => `server/${name}`);
}

/** Folders outside of the table. They may import whatever they measure, generate or test. */
const FREE = ['scripts', 'bench', 'test'];

/** Where a package may be imported; everything else is not imported at all. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@nxtedition/rocksdb': ['server/storage'],
  '@grpc/grpc-js': ['client', 'test'],
  '@kubernetes/client-node': ['operator/kube'],
  pino: ['server/cli', 'operator/cli'],
  'js-yaml': ['server/cli', 'operator/cli', 'scripts', 'test'],
  vitest: ['test', '.'],
  // Comes with vitest.
  rolldown: ['test'],
  'fast-check': ['test'],
};

const PURE = [
  ...server('raft mvcc lease auth alarm apply http2'),
  ...['api', 'specs', 'reconcile'].map((name) => `operator/${name}`),
];

/** Pure folders that have no asynchronous code either. */
const SYNC = [...server('raft lease auth alarm'), 'operator/reconcile'];

/** Folders under server/ that may use Buffer: they hold bytes of the network or the disk. */
const BUFFER = server('storage proto rpc listen http cli');

const IMPURE =
  /(?<![.\w#$])(?:Date|performance|crypto|setTimeout|setInterval|setImmediate|clearTimeout|clearInterval|clearImmediate|queueMicrotask|process|console|fetch)(?![\w$]|\s*\??:)|Math\.random/;
const ASYNCHRONOUS = /(?<![.\w#$])(?:async|await|Promise)(?![\w$])/;

/** Files longer than the limit, with the reason. */
const LONG_FILES: ReadonlySet<string> = new Set([
  // One row per flag.
  'server/cli/flag-table.ts',
]);

const LINES_MAX = 600;
const README_LINES_MAX = 60;

interface Source {
  /** Path from the root, with slashes. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** The text without comments and without what is in strings. */
  readonly code: string;
}

const TOP = ['server', 'client', 'ctl', 'operator', 'scripts', 'bench', 'test'];
const SKIPPED: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  'coverage',
  '.git',
  '.cache',
]);

const allFiles: readonly string[] = walk(ROOT);
const sources: readonly Source[] = allFiles
  .filter((path) => /\.m?[jt]s$/.test(path))
  .filter((path) => TOP.includes(path.split('/')[0] ?? '') || !path.includes('/'))
  .filter((path) => !isGenerated(path))
  .map(readSource);

describe('the checks themselves', () => {
  it('see code and nothing else', () => {
    const text = `// Date
const a = 'Date'; /* Date
 Date */ const b = \`Date\`; const c = x / Date.now() / 2;
const d = { fetch: 1 }.fetch + /'Date'/.source; process.exit(1);
`;
    const sample = { path: 'x.ts', folder: 'x', text, code: codeOf(text) };
    expect(matches([sample], IMPURE)).toEqual([
      expect.stringContaining('const c = x / Date.now() / 2;'),
      expect.stringContaining('process.exit(1);'),
    ]);
    expect(sample.code.split('\n')).toHaveLength(5);
  });

  it('tell imports of types from imports of values', () => {
    const text = `import type { A } from './a.ts';
import { type B, type C } from './b.ts';
import {
  type D,
  e,
} from './d.ts';
import './f.ts';
export { g } from './g.ts';
const h = await import('./h.ts');
`;
    const found = imports({ path: 'x.ts', folder: 'x', text, code: codeOf(text) });
    expect(found.map(({ specifier, typeOnly, line }) => [specifier, typeOnly, line])).toEqual([
      ['./a.ts', true, 1],
      ['./b.ts', true, 2],
      ['./d.ts', false, 3],
      ['./f.ts', false, 7],
      ['./g.ts', false, 8],
      ['./h.ts', false, 9],
    ]);
  });
});

describe('imports', () => {
  it('follow the table of folders', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      const allowed = IMPORTS[source.folder];
      if (allowed === undefined) continue;
      for (const { target, typeOnly, line } of relativeImports(source)) {
        const folder = folderOf(target);
        if (folder === source.folder || allowed.values.includes(folder)) continue;
        if (typeOnly && allowed.types?.includes(folder) === true) continue;
        wrong.push(`${source.path}:${line} imports ${typeOnly ? 'types of ' : ''}${folder}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('know every folder', () => {
    const unknown = sources.filter(
      ({ path, folder }) =>
        path.includes('/') && IMPORTS[folder] === undefined && !FREE.includes(folder),
    );
    expect(unknown.map((source) => source.path)).toEqual([]);
  });

  it('have no cycles between folders', () => {
    const finished = new Set<string>();
    const visit = (folder: string, path: readonly string[]): void => {
      if (path.includes(folder)) throw new Error(`cycle: ${[...path, folder].join(' > ')}`);
      if (finished.has(folder)) return;
      const { values = [], types = [] } = IMPORTS[folder] ?? {};
      for (const next of [...values, ...types]) visit(next, [...path, folder]);
      finished.add(folder);
    };
    for (const folder of Object.keys(IMPORTS)) visit(folder, []);
  });

  it('of packages stay in their folders', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      for (const { specifier, line } of imports(source)) {
        if (/^(?:\.|node:)/.test(specifier)) continue;
        const name = packageOf(specifier);
        if (PACKAGES[name]?.includes(source.folder) === true) continue;
        wrong.push(`${source.path}:${line} imports ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('in operator never reach the server, and the other way round', () => {
    for (const [folder, { values, types = [] }] of Object.entries(IMPORTS)) {
      for (const target of [...values, ...types]) {
        if (folder.startsWith('server/')) expect(target).toMatch(/^server\//);
        if (folder.startsWith('operator/')) expect(target).not.toMatch(/^server\//);
      }
    }
  });
});

describe('purity', () => {
  it('has no clocks, randomness, timers or I/O in pure folders', () => {
    const pure = sources.filter((source) => PURE.includes(source.folder));
    const impureImports = pure.flatMap((source) =>
      imports(source)
        .filter(({ specifier }) => specifier.startsWith('node:'))
        .map(({ specifier, line }) => `${source.path}:${line} imports ${specifier}`),
    );
    expect([...impureImports, ...matches(pure, IMPURE)]).toEqual([]);
  });

  it('has no asynchronous code in synchronous folders', () => {
    const sync = sources.filter((source) => SYNC.includes(source.folder));
    expect(matches(sync, ASYNCHRONOUS)).toEqual([]);
  });

  it('keeps Buffer where bytes come from outside', () => {
    const other = sources.filter(
      (source) => source.path.startsWith('server/') && !BUFFER.includes(source.folder),
    );
    expect(matches(other, /(?<![.\w#$])Buffer(?![\w$])/)).toEqual([]);
  });
});

describe('files', () => {
  it('open with a comment that says what they own', () => {
    const bare = sources.filter(({ text }) => !/^(?:#!.*\n)?\/[/*]/.test(text));
    expect(bare.map((source) => source.path)).toEqual([]);
  });

  it(`have at most ${LINES_MAX} lines`, () => {
    const long = sources.filter(
      ({ path, text }) => text.split('\n').length > LINES_MAX + 1 && !LONG_FILES.has(path),
    );
    expect(long.map((source) => source.path)).toEqual([]);
  });

  it('have names in kebab case', () => {
    const name = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*$/;
    const wrong = sources.filter(({ path }) => !path.split('/').every((part) => name.test(part)));
    expect(wrong.map((source) => source.path)).toEqual([]);
  });

  it('export by name and own what they export', () => {
    // Vitest reads a default export; a declaration file describes somebody else's module.
    const others = sources.filter(
      ({ path }) => path !== 'vitest.config.ts' && !path.endsWith('.d.ts'),
    );
    const wrong = [
      ...matches(others, /^\s*export\s+default\b/),
      ...matches(others, /^\s*export\s+(?:type\s+)?(?:\*|\{[^}]*\}\s*from)/),
    ];
    expect(wrong).toEqual([]);
  });

  it('leave nothing to do without an issue, and no test out', () => {
    const others = sources.filter((source) => source.path !== 'test/tidy.test.ts');
    const undone = textMatches(others, /\b(?:TODO|FIXME|XXX)\b(?!.*#\d)/);
    const left = matches(others, /\b(?:it|test|describe)\.(?:only|skip|todo)\b/);
    expect([...undone, ...left]).toEqual([]);
  });

  it('name no place of one machine', () => {
    const texts = allFiles
      .filter((path) => /\.(?:[cm]?[jt]s|md|json|ya?ml|sh|txt|proto)$|^bin\/|^\.ci\//.test(path))
      .filter((path) => path !== 'test/tidy.test.ts' && path !== 'package-lock.json')
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
    expect(textMatches(texts, /(?<![\w.])\/(?:work|home|Users)\/\w/)).toEqual([]);
  });
});

describe('documents', () => {
  it('describe every folder', () => {
    const folders = new Set(
      sources.map((source) => source.folder).filter((folder) => IMPORTS[folder] !== undefined),
    );
    const missing = [...folders].filter((folder) => !allFiles.includes(`${folder}/README.md`));
    expect(missing).toEqual([]);
    const long = [...folders]
      .map((folder) => `${folder}/README.md`)
      .filter(
        (path) => readFileSync(join(ROOT, path), 'utf8').split('\n').length > README_LINES_MAX + 1,
      );
    expect(long).toEqual([]);
  });

  it('show how to start and how to test', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    expect(readme).toMatch(/npm (?:ci|install) && npm start/);
    expect(readme).toMatch(/npm (?:ci|install) && npm test/);
  });

  it("run what stays in the shell's own process, which is the one npm passes signals to", () => {
    const manifest = readFileSync(join(ROOT, 'package.json'), 'utf8');
    for (const script of ['start', 'cluster', 'operator']) {
      expect(manifest).toMatch(new RegExp(`"${script}": "exec `));
    }
  });

  it('lock the packages of every platform', () => {
    // npm leaves out what its registry does not have, and then npm ci refuses the file everywhere.
    const lock: unknown = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const paths = keysAt(lock, 'packages');
    const wanted = paths.flatMap((path) => keysAt(lock, 'packages', path, 'optionalDependencies'));
    const missing = wanted.filter((name) => !paths.some((path) => path.endsWith(`/${name}`)));
    expect(missing).toEqual([]);
  });

  it("lose none of etcd's end-to-end tests that pass", () => {
    const lines = readFileSync(join(ROOT, 'test/compat/e2e-pass.txt'), 'utf8').split('\n');
    const tests = lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '');
    expect(new Set(tests).size).toBe(tests.length);
    expect(tests.length).toBeGreaterThanOrEqual(END_TO_END_TESTS_MIN);
  });

  it('give a reason for every dependency', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const reasons = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
    const missing = [
      ...keysAt(manifest, 'dependencies'),
      ...keysAt(manifest, 'devDependencies'),
    ].filter((name) => !reasons.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });
});

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Static, re-exporting, dynamic and type imports, and files that workers are started from. */
function imports(source: Source): readonly Import[] {
  const found: Import[] = [];
  const patterns = [
    /^\s*(?:import|export)\s+(type\s+)?([^'";]*?\s+from\s+)?'([^']+)'/gm,
    /(?<![\w.])()()import\(\s*'([^']+)'/g,
    /new URL\(()()\s*'(\.[^']+\.ts)'/g,
  ];
  for (const pattern of patterns) {
    for (const match of source.text.matchAll(pattern)) {
      const [, keyword, names = '', specifier = ''] = match;
      const listed = /\{([^}]*)\}/.exec(names)?.[1]?.split(',') ?? [''];
      const allTypes = listed.every((name) => name.trim() === '' || /^\s*type\s/.test(name));
      found.push({
        specifier,
        typeOnly: keyword !== undefined && keyword !== '' ? true : names.includes('{') && allTypes,
        line: lineOf(source.text, match.index),
      });
    }
  }
  return found;
}

function relativeImports(source: Source): readonly (Import & { readonly target: string })[] {
  return imports(source)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map((found) => {
      const absolute = resolve(ROOT, dirname(source.path), found.specifier);
      return { ...found, target: relative(ROOT, absolute) };
    });
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** "server/rpc" for server/rpc/grpc/x.ts, "client" for client/x.ts, "." for files at the root. */
function folderOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  if (!path.includes('/')) return '.';
  const twoLevels = top === 'server' || top === 'operator';
  return twoLevels && path.split('/').length > 2 ? `${top}/${second}` : top;
}

/** Lines of code that match, as "path:line code". */
function matches(list: readonly Source[], pattern: RegExp): readonly string[] {
  return textMatches(
    list.map(({ path, code }) => ({ path, text: code })),
    pattern,
  );
}

function textMatches(
  list: readonly { readonly path: string; readonly text: string }[],
  pattern: RegExp,
): readonly string[] {
  const found: string[] = [];
  for (const { path, text } of list) {
    if (!new RegExp(pattern, `${pattern.flags}m`).test(text)) continue;
    for (const [index, line] of text.split('\n').entries()) {
      if (pattern.test(line)) found.push(`${path}:${index + 1} ${line.trim()}`);
    }
  }
  return found;
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length + (text[index] === '\n' ? 1 : 0);
}

function walk(directory: string): readonly string[] {
  const found: string[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name) || entry.name.endsWith('.etcd')) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found.push(...walk(path));
    else if (entry.isFile()) found.push(relative(ROOT, path));
  }
  return found;
}

function isGenerated(path: string): boolean {
  return path.split('/').includes('gen');
}

function readSource(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return { path, folder: folderOf(path), text, code: codeOf(text) };
}

/** Blanks comments, strings and regular expressions, keeping lines. One expression finds whichever starts first. A slash
 *  starts a regular expression where no value can end before it. Templates are blanked whole. */
function codeOf(text: string): string {
  const literal =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|(?<=[=(,:[!&|?{};]\s*|return\s+)\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;
  return text.replace(literal, (found) => found.replace(/[^\n]/g, ' '));
}

/** The keys of what lies under a path of keys; none when there is nothing. */
function keysAt(value: unknown, ...path: readonly string[]): readonly string[] {
  const [key, ...rest] = path;
  if (typeof value !== 'object' || value === null) return [];
  if (key === undefined) return Object.keys(value);
  return key in value ? keysAt(Reflect.get(value, key), ...rest) : [];
}
