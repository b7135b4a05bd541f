// Owns what is decided about the store's native addon, RocksDB: whether its npm package brings it for an architecture, and how
// the package's build files must be changed where it does not. Pure: addon.ts reads, compiles and writes.
import { type Architecture, NODE_ARCHITECTURES } from './image-config.ts';

export const ADDON_PACKAGE = '@nxtedition/rocksdb';

/** Files of the package with the flags of its build. */
export const BUILD_FILES = ['binding.gyp', 'deps/rocksdb/rocksdb.gyp'] as const;

/** What has to be known of an architecture to compile for it. */
interface Target {
  /** RocksDB's own build takes these; its checksums ask the processor whether it has the instructions before using them. */
  readonly march: string;
  /** Debian's name, which its cross compilers start with. */
  readonly triple: string;
}

const TARGETS: Readonly<Partial<Record<Architecture, Target>>> = {
  arm64: { march: 'armv8-a+crc+crypto', triple: 'aarch64-linux-gnu' },
};

/** Places in an ELF file, and numbers of processors in it (little endian). */
const ELF_MAGIC = '\x7fELF';
const ELF_MACHINE_OFFSET = 18;
const ELF_MACHINES = { amd64: 62, arm64: 183 } as const;

/**
 * Parts that the build for x86-64 takes from static libraries of the package author's machine, and that the server does not use:
 * - folly and its coroutines: other hash tables and mutexes, and reads in parallel through io_uring;
 * - io_uring: RocksDB asks for a symbol that the binding does not define before it uses it, so it never does.
 *
 * zstd stays: the deeper levels of a column with compaction by level are compressed, whatever the column's own option says.
 */
const LEFT_OUT = /^\s*"(?:USE_FOLLY|USE_COROUTINES|ROCKSDB_IOURING_PRESENT)=1",$/;

/** Where zstd's header and static library are, in the folder of the build and in the text for x86-64. */
export const ZSTD_FOLDER = 'zstd';
const FOREIGN_ZSTD = /\/usr\/lib\/x86_64-linux-gnu\/(?:include(?=")|(?=libzstd\.a"))/g;

/** The other static libraries of x86-64, each on a line of its own. */
const FOREIGN_LIBRARY = /^[^[\]{}]*\/usr\/lib\/x86_64-linux-gnu\/(?!libzstd\.a)lib[^[\]{}]*$/;

const FOREIGN_MARCH = /-march=znver1/g;

export type AddonPlan =
  | { readonly kind: 'shipped'; readonly file: string }
  | { readonly kind: 'build'; readonly file: string }
  | { readonly kind: 'impossible'; readonly reason: string };

/** What to do for one architecture. Files are given, and named in the answer, relative to the package. */
export function planAddon(files: readonly string[], architecture: Architecture): AddonPlan {
  const folder = `prebuilds/linux-${NODE_ARCHITECTURES[architecture]}/`;
  const shipped = files.find((each) => each.startsWith(folder) && each.endsWith('.node'));
  if (shipped !== undefined) return { kind: 'shipped', file: shipped };
  if (TARGETS[architecture] === undefined) {
    const reason = `${ADDON_PACKAGE} has no binary for ${architecture}, and flags to compile it are not known`;
    return { kind: 'impossible', reason };
  }
  const missing = BUILD_FILES.filter((each) => !files.includes(each));
  if (missing.length > 0) {
    const reason = `${ADDON_PACKAGE} has no binary for ${architecture}, nor ${missing.join(' and ')} to compile it`;
    return { kind: 'impossible', reason };
  }
  // The name that prebuildify gives and node-gyp-build, the loader, looks for.
  return { kind: 'build', file: `${folder}${ADDON_PACKAGE.replace('/', '+')}.node` };
}

/** One of BUILD_FILES without what only x86-64 has. Throws for a text that is not known well enough to be sure. */
export function adaptBuildFile(text: string, architecture: Architecture): string {
  const march = targetOf(architecture).march;
  const adapted = text
    .split('\n')
    .filter((line) => !LEFT_OUT.test(line) && !FOREIGN_LIBRARY.test(line))
    .join('\n')
    .replaceAll(FOREIGN_ZSTD, `<(module_root_dir)/${ZSTD_FOLDER}/`)
    .replaceAll(FOREIGN_MARCH, `-march=${march}`);
  const foreign = /x86[_-]64-linux|-march=(?!armv8)\S*|-m(?:sse|avx|bmi|pclmul|tune)\S*/.exec(
    adapted,
  );
  if (!text.includes('-march=znver1') || foreign !== null) {
    throw new Error(
      `the build files of ${ADDON_PACKAGE} are not those that addon-plan.ts knows${foreign === null ? '' : `: ${foreign[0]}`}`,
    );
  }
  return adapted;
}

/** The compilers, as variables for make: the machine's own ones, or Debian's for another architecture. Given ones win. */
export function compilerVariables(
  architecture: Architecture,
  machine: Architecture,
  given: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const prefix = architecture === machine ? '' : `${targetOf(architecture).triple}-`;
  return {
    CC: given['CC'] ?? `${prefix}gcc`,
    CXX: given['CXX'] ?? `${prefix}g++`,
    AR: given['AR'] ?? `${prefix}ar`,
    // No symbols but those the loader needs.
    LDFLAGS: `${given['LDFLAGS'] ?? ''} -s`.trim(),
  };
}

/** Whether the beginning of a file is that of a program or library for the architecture. */
export function isBinaryFor(head: Buffer, architecture: Architecture): boolean {
  if (head.length < ELF_MACHINE_OFFSET + 2) return false;
  const magic = head.toString('latin1', 0, ELF_MAGIC.length);
  return (
    magic === ELF_MAGIC && head.readUInt16LE(ELF_MACHINE_OFFSET) === ELF_MACHINES[architecture]
  );
}

function targetOf(architecture: Architecture): Target {
  const target = TARGETS[architecture];
  if (target === undefined) throw new Error(`flags for ${architecture} are not known`);
  return target;
}
