// Owns which packages of node_modules go into the image: what package-lock.json says the dependencies need, less what is
// only needed to build them, and of each package only what is loaded.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { APP_ROOT, type Architecture, NODE_ARCHITECTURES } from './image-config.ts';
import type { Entry } from './tar-writer.ts';

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Named as dependencies by the packages that use them, and never loaded by a running program. */
const BUILD_ONLY: ReadonlySet<string> = new Set(['prebuildify', 'napi-macros', '@types/node']);

/** Parts of packages that are never loaded: sources of native code, types, documents, tests. */
const LEFT_OUT =
  /(?:\.d\.[cm]?ts|\.[cm]?ts|\.map|\.md|\.markdown|\.cc?|\.h|\.gyp|\.zip|\.sh|\.html|\.ya?ml)$|(?:^|\/)(?:deps|tests?|docs?|examples?|benchmarks?|\.github|\.[a-z]+rc|\.[a-z]+ignore|\.editorconfig)(?:\/|$)/;

/** Paths of packages, like "node_modules/pino", that the root's dependencies reach. */
export function productionPackages(
  packages: Readonly<Record<string, LockedPackage>>,
): readonly string[] {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const found = packages[path];
    const names = Object.keys({ ...found?.dependencies, ...found?.optionalDependencies });
    for (const name of names) {
      if (BUILD_ONLY.has(name)) continue;
      const target = resolvePackage(packages, path, name);
      // An optional dependency that is not for this platform is not installed.
      if (target === undefined || reached.has(target)) continue;
      reached.add(target);
      visit(target);
    }
  };
  visit('');
  return [...reached].sort();
}

/** Node's own way: the nearest node_modules on the way up. */
function resolvePackage(
  packages: Readonly<Record<string, LockedPackage>>,
  from: string,
  name: string,
): string | undefined {
  const levels = from === '' ? [] : from.slice('node_modules/'.length).split('/node_modules/');
  for (let depth = levels.length; depth >= 0; depth -= 1) {
    const candidate = [...levels.slice(0, depth), name]
      .map((level) => `node_modules/${level}`)
      .join('/');
    if (packages[candidate] !== undefined) return candidate;
  }
  return undefined;
}

export function packageEntries(root: string, architecture: Architecture): readonly Entry[] {
  const lock: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const paths = productionPackages(lock.packages);
  return paths.flatMap((path) => filesOf(root, path, architecture));
}

function filesOf(root: string, path: string, architecture: Architecture): readonly Entry[] {
  const entries: Entry[] = [];
  const platform = `linux-${NODE_ARCHITECTURES[architecture]}`;
  const directory = join(root, path);
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  for (const file of files) {
    // Packages inside of packages are reached on their own.
    if (/(?:^|\/)node_modules(?:\/|$)/.test(file) || LEFT_OUT.test(file)) continue;
    if (/^prebuilds\//.test(file) && !file.startsWith(`prebuilds/${platform}/`)) continue;
    const source = join(directory, file);
    if (!statSync(source).isFile()) continue;
    entries.push({ kind: 'copy', path: `${APP_ROOT}/${path}/${file}`, mode: 0o644, source });
  }
  const native = files.some((file) => file.startsWith('prebuilds/'));
  if (native && !entries.some((entry) => entry.path.includes(`/${platform}/`))) {
    throw new Error(`${path} has no binary for ${platform}: an image for it cannot be made`);
  }
  return entries;
}
