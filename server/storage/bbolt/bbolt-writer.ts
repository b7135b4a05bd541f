// Owns writing a bbolt database in one pass from sorted pairs: the form in which the data leaves the member, as a
// snapshot or to a peer. Pages follow each other from page 2 on; the metas, which need the root and the number of
// pages, are written last, so a file cut short is not taken for a database.
import type { DiskFile, FileSystem } from '../file-system.ts';
import { NODE_FILE_SYSTEM } from '../node-file-system.ts';
import type { Pair } from './bbolt-reader.ts';
import { BLOCK_BYTES, PAGE_BYTES } from './limits.ts';
import { BUCKET_ELEMENT, BUCKET_HEADER_BYTES, viewOf, writeMeta, writeU64 } from './page.ts';
import { PageBuffer } from './page-buffer.ts';
import { type BuiltTree, TreeBuilder } from './tree-builder.ts';

/** One bucket to write. */
export interface BucketSource {
  readonly name: Uint8Array;
  /** Its pairs, ascending over all lists. The byte strings must not change while the file is written. */
  readonly batches: Iterable<readonly Pair[]> | AsyncIterable<readonly Pair[]>;
}

export interface BboltFile {
  readonly sizeBytes: number;
  readonly pairCount: number;
}

export interface BboltWriterOptions {
  readonly fileSystem?: FileSystem;
  /** False leaves the file to the page cache: for one that is read once and deleted. */
  readonly durable?: boolean;
}

/**
 * Writes a file holding `buckets`, which come ascending by name. Yields to the event loop after every MiB. When it
 * throws, the file is there in part and is no database.
 */
export async function writeBboltFile(
  path: string,
  buckets: Iterable<BucketSource> | AsyncIterable<BucketSource>,
  options: BboltWriterOptions = {},
): Promise<BboltFile> {
  const file = (options.fileSystem ?? NODE_FILE_SYSTEM).open(path, 'create');
  try {
    const pages = new PageBuffer(PAGE_BYTES, BLOCK_BYTES + PAGE_BYTES);
    const root = new TreeBuilder(pages, BUCKET_ELEMENT);
    let pairCount = 0;
    for await (const bucket of buckets) {
      const tree = new TreeBuilder(pages, 0);
      for await (const batch of bucket.batches) {
        pairCount += batch.length;
        for (const [key, value] of batch) {
          tree.add(key, value);
          if (pages.length >= BLOCK_BYTES) await flush(file, pages);
        }
      }
      root.add(bucket.name, bucketValue(tree.finish(PAGE_BYTES / 4)));
    }
    const built = root.finish(0);
    await flush(file, pages);
    if (built.kind === 'page') writeMetas(file, built.rootPage, pages.pageCount);
    if (options.durable !== false) await sync(file);
    return { sizeBytes: pages.pageCount * PAGE_BYTES, pairCount };
  } finally {
    file.close();
  }
}

/** What the bucket of buckets holds for one: root page and sequence, and for a small one its only page. */
function bucketValue(tree: BuiltTree): Uint8Array {
  const inline = tree.kind === 'inline' ? tree.page : new Uint8Array(0);
  const value = new Uint8Array(BUCKET_HEADER_BYTES + inline.length);
  if (tree.kind === 'page') writeU64(viewOf(value), 0, tree.rootPage);
  value.set(inline, BUCKET_HEADER_BYTES);
  return value;
}

function writeMetas(file: DiskFile, rootPage: number, pageCount: number): void {
  const bytes = new Uint8Array(2 * PAGE_BYTES);
  const meta = { pageSize: PAGE_BYTES, rootPage, pageCount };
  writeMeta(bytes, 0, { ...meta, txid: 2 });
  writeMeta(bytes.subarray(PAGE_BYTES), 1, { ...meta, txid: 1 });
  file.write(bytes, bytes.length, 0);
}

function flush(file: DiskFile, pages: PageBuffer): Promise<void> {
  return new Promise((resolve, reject) => {
    file.writeLater(pages.bytes, pages.length, pages.offset, (error) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      pages.clear();
      resolve();
    });
  });
}

function sync(file: DiskFile): Promise<void> {
  return new Promise((resolve, reject) => {
    file.sync((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
