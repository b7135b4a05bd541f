// Owns writing a tar archive (POSIX ustar) as a stream of chunks. Sorted entries, one time, numeric owners: the same
// entries give the same bytes, and so the same layer digest.
import { createReadStream, statSync } from 'node:fs';

interface Placed {
  /** Absolute, as it will be in the image. */
  readonly path: string;
  /** User and group; root when left out. */
  readonly owner?: number;
}

export type Entry =
  | (Placed & { readonly kind: 'directory'; readonly mode: number })
  | (Placed & { readonly kind: 'file'; readonly mode: number; readonly content: string | Buffer })
  /** Copied from a file of this machine when the archive is written. */
  | (Placed & { readonly kind: 'copy'; readonly mode: number; readonly source: string })
  | (Placed & { readonly kind: 'link'; readonly target: string });

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
/** Eleven octal digits. */
const SIZE_MAX = 8 ** 11 - 1;
const TYPE_FLAGS = { file: '0', copy: '0', link: '2', directory: '5' } as const;

/** Sorted by path, with the directories on the way to each entry that nobody named. The last of two equal paths wins. */
export function completeEntries(entries: readonly Entry[]): readonly Entry[] {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) {
    const parts = entry.path.split('/').slice(1, -1);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const path = `/${parts.slice(0, depth).join('/')}`;
      if (!byPath.has(path)) byPath.set(path, { kind: 'directory', path, mode: 0o755 });
    }
    byPath.set(entry.path, entry);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

export async function* tarChunks(entries: readonly Entry[]): AsyncGenerator<Buffer> {
  for (const entry of completeEntries(entries)) {
    const size = sizeOf(entry);
    yield tarHeader(entry, size);
    if (entry.kind === 'file') yield Buffer.from(entry.content);
    if (entry.kind === 'copy') yield* fileChunks(entry.source, size);
    yield Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

function sizeOf(entry: Entry): number {
  if (entry.kind === 'file') return Buffer.byteLength(entry.content);
  return entry.kind === 'copy' ? statSync(entry.source).size : 0;
}

async function* fileChunks(source: string, size: number): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of createReadStream(source)) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a stream without encoding gives buffers');
    read += chunk.length;
    yield chunk;
  }
  // The header with the size is out already: an archive with another amount of data would be garbage from here on.
  if (read !== size) throw new Error(`${source} changed while it was read`);
}

export function tarHeader(entry: Entry, size: number): Buffer {
  if (size > SIZE_MAX) throw new Error(`${entry.path} is too big for a tar archive`);
  const header = Buffer.alloc(BLOCK_BYTES);
  const { name, prefix } = splitName(entry);
  const owner = entry.owner ?? 0;
  header.write(name, 0);
  header.write(octal(entry.kind === 'link' ? 0o777 : entry.mode, 8), 100);
  header.write(octal(owner, 8), 108);
  header.write(octal(owner, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(TYPE_FLAGS[entry.kind], 156);
  if (entry.kind === 'link') {
    if (Buffer.byteLength(entry.target) > NAME_BYTES)
      throw new Error(`${entry.target} is too long`);
    header.write(entry.target, 157);
  }
  header.write('ustar\u000000', 257);
  header.write(prefix, 345);
  // The sum counts its own field as spaces.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** A long path is split at a slash into a prefix of 155 and a name of 100 bytes. */
function splitName(entry: Entry): { readonly name: string; readonly prefix: string } {
  const path = entry.path.slice(1) + (entry.kind === 'directory' ? '/' : '');
  if (Buffer.byteLength(path) <= NAME_BYTES) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    const fits = Buffer.byteLength(name) <= NAME_BYTES && Buffer.byteLength(prefix) <= PREFIX_BYTES;
    if (fits && name !== '') return { name, prefix };
  }
  throw new Error(`${entry.path} is too long for a tar archive`);
}
