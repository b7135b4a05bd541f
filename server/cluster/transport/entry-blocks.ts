// Owns the encoded form of the entries sent in this turn. A leader sends the same entries to each follower; they are
// encoded once and copied for the rest; large data is not even copied.

import { at } from '../../base/assert.ts';
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { sizeEntry, writeEntry } from '../../proto/gen/raft.ts';
import { writeUint64 } from '../../proto/writer.ts';
import type { Entry } from '../../raft/types.ts';
import type { FrameOutput } from './frame-output.ts';
import { INSERTED_DATA_BYTES } from './limits.ts';
import { writeUint64Be } from './message-codec.ts';

const LENGTH_BYTES = 8;

/** Field 4 of an entry, of bytes: its data, which comes last. */
const DATA_TAG = 0x22;

/** Entries, each behind its length: bytes to be copied, and data that goes in between. */
export interface EntryBlock {
  readonly copied: Uint8Array;
  /** Ascending by `at`, a place in `copied`. */
  readonly inserts: readonly { readonly at: number; readonly data: Uint8Array }[];
  readonly insertedBytes: number;
}

export const EMPTY_BLOCK: EntryBlock = { copied: EMPTY_BYTES, inserts: [], insertedBytes: 0 };

interface KnownBlock {
  readonly entries: readonly Entry[];
  readonly block: EntryBlock;
}

export class EntryBlocks {
  /** By first entry: entries are never changed, so the same object means the same bytes. */
  readonly #blocks: Map<Entry, KnownBlock> = new Map();

  encode(entries: readonly Entry[]): EntryBlock {
    const first = entries[0];
    if (first === undefined) return EMPTY_BLOCK;
    const known = this.#blocks.get(first);
    if (known !== undefined && isSame(entries, known.entries)) return known.block;
    const block = encodeEntries(entries);
    this.#blocks.set(first, { entries, block });
    return block;
  }

  /** Lets go of the memory; at the end of a turn. */
  clear(): void {
    if (this.#blocks.size > 0) this.#blocks.clear();
  }
}

export function writeBlock({ copied, inserts }: EntryBlock, out: FrameOutput): void {
  let from = 0;
  for (let i = 0; i < inserts.length; i++) {
    const { at: to, data } = at(inserts, i);
    out.copy(copied.subarray(from, to));
    out.insert(data);
    from = to;
  }
  out.copy(from === 0 ? copied : copied.subarray(from));
}

function isSame(a: readonly Entry[], b: readonly Entry[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

function encodeEntries(entries: readonly Entry[]): EntryBlock {
  let sizeBytes = 0;
  let insertedBytes = 0;
  for (let i = 0; i < entries.length; i++) {
    const entry = at(entries, i);
    sizeBytes += LENGTH_BYTES + sizeEntry(entry);
    if (entry.data.length >= INSERTED_DATA_BYTES) insertedBytes += entry.data.length;
  }
  const copied = new Uint8Array(sizeBytes - insertedBytes);
  const inserts: { at: number; data: Uint8Array }[] = [];
  let offset = 0;
  for (let i = 0; i < entries.length; i++) {
    const entry = at(entries, i);
    const start = offset + LENGTH_BYTES;
    let besideBytes = 0;
    if (entry.data.length < INSERTED_DATA_BYTES) {
      offset = writeEntry(entry, copied, start);
    } else {
      offset = writeHead(entry, copied, start);
      inserts.push({ at: offset, data: entry.data });
      besideBytes = entry.data.length;
    }
    writeUint64Be(offset - start + besideBytes, copied, start - LENGTH_BYTES);
  }
  return { copied, inserts, insertedBytes };
}

/** An entry up to its data. */
function writeHead(entry: Entry, out: Uint8Array, offset: number): number {
  const end = writeEntry({ ...entry, data: EMPTY_BYTES }, out, offset);
  out[end] = DATA_TAG;
  return writeUint64(entry.data.length, out, end + 1);
}
