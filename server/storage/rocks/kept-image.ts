// Owns the file in which something computed from the whole store waits for the next start: mvcc's index, see its
// index-image.ts. It is written when the store is closed as planned and removed when it was read or the store is
// written to, so that a start after a crash finds none.
//
//   head    what is it an image of: last revision, bytes in use, consistent index; a checksum
//   pieces  length (4 bytes) | crc-32 (4 bytes) | bytes
//
// Nothing is synced: after a loss of power the head or a piece does not fit, and the file is not used.

import { closeSync, openSync, readSync, renameSync, rmSync, writevSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { IMAGE_FILE } from './limits.ts';

/** Takes the image piece by piece. */
export interface PieceSink {
  write(bytes: Uint8Array): void;
}

/** Gives the pieces back in the same order. */
export interface PieceSource {
  /** Fills `target` with the next piece; false when that one is broken or of another size. */
  read(target: Uint8Array): boolean;
}

/** The state of a store; no two states of one store are equal in all of it. */
export interface ImageOrigin {
  readonly lastMain: number;
  readonly lastSub: number;
  readonly inUseBytes: number;
  readonly consistentIndex: Uint8Array;
}

const MAGIC = 'etcd-ts index 1\n';
const HEAD_BYTES = 64;
const PIECE_HEAD_WORDS = 2;

/** Writes the file; `produce` returning false means that there is nothing to keep. Throws what the disk throws. */
export function writeImage(
  directory: string,
  origin: ImageOrigin,
  produce: (sink: PieceSink) => boolean,
): boolean {
  const file = path.join(directory, IMAGE_FILE);
  const temporary = `${file}.tmp`;
  const descriptor = openSync(temporary, 'w', 0o600);
  let isKept = false;
  try {
    writeWhole(descriptor, [headOf(origin)]);
    isKept = produce({
      write: (bytes) => {
        const head = Uint32Array.of(bytes.length, crc32(bytes));
        writeWhole(descriptor, [new Uint8Array(head.buffer), bytes]);
      },
    });
  } finally {
    closeSync(descriptor);
    if (!isKept) rmSync(temporary, { force: true });
  }
  if (isKept) renameSync(temporary, file);
  return isKept;
}

export class KeptImage implements PieceSource {
  readonly #file: string;
  #descriptor: number;
  readonly #pieceHead: Uint32Array = new Uint32Array(PIECE_HEAD_WORDS);

  private constructor(file: string, descriptor: number) {
    this.#file = file;
    this.#descriptor = descriptor;
  }

  /** The image in a directory; undefined when there is none of this very state. */
  static open(directory: string, origin: ImageOrigin): KeptImage | undefined {
    const file = path.join(directory, IMAGE_FILE);
    let descriptor: number;
    try {
      descriptor = openSync(file, 'r');
    } catch {
      // None there, or one that cannot be read: the store is read instead.
      return undefined;
    }
    const image = new KeptImage(file, descriptor);
    const head = new Uint8Array(HEAD_BYTES);
    if (image.#readWhole(head) && Buffer.compare(head, headOf(origin)) === 0) return image;
    image.drop();
    return undefined;
  }

  read(target: Uint8Array): boolean {
    const head = this.#pieceHead;
    if (!this.#readWhole(new Uint8Array(head.buffer))) return false;
    const [length, checksum] = head;
    return length === target.length && this.#readWhole(target) && crc32(target) === checksum;
  }

  /** Lets go of the file, which stays. */
  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  /** Removes the file: it has served, or its store is about to change. */
  drop(): void {
    this.close();
    rmSync(this.#file, { force: true });
  }

  #readWhole(target: Uint8Array): boolean {
    try {
      return readSync(this.#descriptor, target) === target.length;
    } catch {
      // A disk that cannot give the image back may still give the store.
      return false;
    }
  }
}

function headOf({ lastMain, lastSub, inUseBytes, consistentIndex }: ImageOrigin): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 0, 'latin1');
  // In the machine's own order, as the pieces are: an image is not carried to another kind of machine.
  const numbers = Float64Array.of(lastMain, lastSub, inUseBytes);
  head.set(new Uint8Array(numbers.buffer), 16);
  head.set(consistentIndex.subarray(0, 16), 40);
  head.writeUInt32LE(crc32(head.subarray(0, HEAD_BYTES - 4)), HEAD_BYTES - 4);
  return head;
}

function writeWhole(descriptor: number, parts: readonly Uint8Array[]): void {
  let sizeBytes = 0;
  for (const part of parts) sizeBytes += part.length;
  const written = writevSync(descriptor, parts);
  if (written !== sizeBytes) throw new Error(`wrote ${written} of ${sizeBytes} bytes of an image`);
}
