// Owns bringing the store's native addon, RocksDB, for an architecture that its npm package has no binary for: compiles the
// package's own sources with node-gyp and puts the result where the loader looks. Does nothing where there is a binary.
// addon-plan.ts says when and with which flags.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  ADDON_PACKAGE,
  adaptBuildFile,
  BUILD_FILES,
  compilerVariables,
  isBinaryFor,
  planAddon,
  ZSTD_FOLDER,
} from './addon-plan.ts';
import { fetchDebianPackages } from './debian-packages.ts';
import { type Architecture, NODE_ARCHITECTURES, parseArchitecture } from './image-config.ts';

export interface AddonOptions {
  /** The repository's root, with node_modules. */
  readonly root: string;
  /** Below the root, since the build resolves packages: where objects and the result stay for the next time. */
  readonly cache: string;
  readonly architecture: Architecture;
}

/** What the target of the build is called in binding.gyp. */
const PRODUCT = 'build/Release/leveldown.node';

/** The addon's file, which exists afterwards. Compiling takes an hour of processor time; errors say what is missing. */
export function ensureAddon(options: AddonOptions): string {
  const { root, architecture } = options;
  const source = join(root, 'node_modules', ADDON_PACKAGE);
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const plan = planAddon(files, architecture);
  if (plan.kind === 'impossible') throw new Error(plan.reason);
  const target = join(source, plan.file);
  if (plan.kind === 'shipped') return target;
  const product = compile(source, options);
  if (!isBinaryFor(readFileSync(product), architecture)) {
    throw new Error(`${product} is not for ${architecture}: the compiler is for another machine`);
  }
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(product, `${target}.new`);
  renameSync(`${target}.new`, target);
  return target;
}

/** In a folder named after all that decides about the result but the compiler: what was begun goes on, and what is done stays. */
function compile(source: string, { cache, architecture }: AddonOptions): string {
  const texts = BUILD_FILES.map((file) => ({
    file,
    text: adaptBuildFile(readFileSync(join(source, file), 'utf8'), architecture),
  }));
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(join(source, 'package.json'), 'utf8'),
  );
  const key = createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 8);
  const folder = join(cache, `addon-${architecture}-${version}-${key}`);
  const product = join(folder, PRODUCT);
  if (existsSync(product)) return product;
  const variables = compilerVariables(architecture, parseArchitecture(process.arch), process.env);
  needCompiler(variables['CXX'], architecture);
  mkdirSync(folder, { recursive: true });
  for (const part of readdirSync(source)) {
    if (part !== 'deps' && !/\.(?:cc|h)$|^package\.json$/.test(part)) continue;
    cpSync(join(source, part), join(folder, part), { recursive: true, preserveTimestamps: true });
  }
  for (const { file, text } of texts) writeFileSync(join(folder, file), text);
  bringZstd(join(folder, ZSTD_FOLDER), architecture, cache);
  console.error(`compiling ${ADDON_PACKAGE} ${version} for ${architecture} in ${folder}`);
  execFileSync(process.execPath, [nodeGyp(), 'configure', 'build', ...flags(architecture)], {
    cwd: folder,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 2, 2],
  });
  return product;
}

/** The header and the static library, of Debian's package for the architecture. */
function bringZstd(target: string, architecture: Architecture, cache: string): void {
  const [found] = fetchDebianPackages(['libzstd-dev'], architecture, cache);
  if (found === undefined) throw new Error('there is no libzstd-dev');
  const files = readdirSync(join(found.root, 'usr'), { recursive: true, encoding: 'utf8' });
  mkdirSync(target, { recursive: true });
  for (const file of files.filter((each) => /^include\/[^/]+\.h$|\/libzstd\.a$/.test(each))) {
    // With the package's own time, for which make looks.
    cpSync(join(found.root, 'usr', file), join(target, basename(file)), {
      preserveTimestamps: true,
    });
  }
}

function needCompiler(compiler = '', architecture: Architecture): void {
  try {
    // May have arguments, or "ccache" before it.
    execFileSync('sh', ['-c', `${compiler} --version`], { stdio: 'pipe' });
  } catch (error) {
    throw new Error(
      `${ADDON_PACKAGE} has no binary for ${architecture} and has to be compiled, but ${compiler} does not start: install it (on Debian g++, or g++-aarch64-linux-gnu on another machine) or name another with CC, CXX and AR`,
      { cause: error },
    );
  }
}

function flags(architecture: Architecture): readonly string[] {
  const prefix = dirname(dirname(process.execPath));
  // Headers that came with Node; node-gyp loads them from nodejs.org otherwise. They are the same for every architecture.
  const hasHeaders = existsSync(join(prefix, 'include/node/node_api.h'));
  return [
    `--arch=${NODE_ARCHITECTURES[architecture]}`,
    `--jobs=${process.env['JOBS'] ?? 'max'}`,
    ...(hasHeaders ? [`--nodedir=${prefix}`] : []),
  ];
}

/** npm names its own to what it starts; without npm it is found beside Node. */
function nodeGyp(): string {
  const npm = join(dirname(dirname(process.execPath)), 'lib/node_modules/npm');
  const path =
    process.env['npm_config_node_gyp'] ?? join(npm, 'node_modules/node-gyp/bin/node-gyp.js');
  if (!existsSync(path)) throw new Error(`there is no node-gyp at ${path}: start this through npm`);
  return path;
}
