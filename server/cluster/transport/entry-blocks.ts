// Owns the encoded form of the entries sent in this turn. A leader sends the same entries to each follower; they are
// encoded once and copied for the rest.

import { at } from '../../base/assert.ts';
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { sizeEntry, writeEntry } from '../../proto/gen/raft.ts';
import type { Entry } from '../../raft/types.ts';
import { writeUint64Be } from './message-codec.ts';

const LENGTH_BYTES = 8;

interface Block {
  readonly entries: readonly Entry[];
  readonly bytes: Uint8Array;
}

export class EntryBlocks {
  /** By first entry: entries are never changed, so the same object means the same bytes. */
  readonly #blocks: Map<Entry, Block> = new Map();

  /** `entries`, each behind its length. */
  encode(entries: readonly Entry[]): Uint8Array {
    const first = entries[0];
    if (first === undefined) return EMPTY_BYTES;
    const known = this.#blocks.get(first);
    if (known !== undefined && isSame(entries, known.entries)) return known.bytes;
    const bytes = encodeEntries(entries);
    this.#blocks.set(first, { entries, bytes });
    return bytes;
  }

  /** Lets go of the memory; at the end of a turn. */
  clear(): void {
    if (this.#blocks.size > 0) this.#blocks.clear();
  }
}

function isSame(a: readonly Entry[], b: readonly Entry[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

function encodeEntries(entries: readonly Entry[]): Uint8Array {
  let sizeBytes = 0;
  for (let i = 0; i < entries.length; i++) sizeBytes += LENGTH_BYTES + sizeEntry(at(entries, i));
  const out = new Uint8Array(sizeBytes);
  let offset = 0;
  for (let i = 0; i < entries.length; i++) {
    const start = offset + LENGTH_BYTES;
    offset = writeEntry(at(entries, i), out, start);
    writeUint64Be(offset - start, out, start - LENGTH_BYTES);
  }
  return out;
}
