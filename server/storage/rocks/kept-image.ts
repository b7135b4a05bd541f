// Owns the file beside a database that holds an image of mvcc's index (see its index-image.ts), so that a start need not
// read every record. What the image is of, and whether it fits the database, its maker knows; here it is pieces.
//
//   what the file is, 16 bytes
//   pieces: length (4 bytes) | crc-32 (4 bytes) | bytes                 little endian
//
// It is written under another name, synced and renamed, so the file is the one before or this one, whole; a piece that the
// disk changed since does not fit its checksum. The writing goes on while the member serves: it is asynchronous, and
// synced in pieces like a table (table-writeback.ts). The file goes with its generation.

import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { utf8Bytes } from '../../base/bytes.ts';
import { syncDirectory } from './files.ts';
import { IMAGE_FILE, IMAGE_FREE_BYTES_MIN, WRITEBACK_PIECE_BYTES } from './limits.ts';

const MAGIC = utf8Bytes('etcd-ts index 2\n');
const PIECE_HEAD_BYTES = 8;

/** Writes an image piece by piece; one call at a time. Everything throws what the disk throws. */
export class ImageFile {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #head: Buffer = Buffer.alloc(PIECE_HEAD_BYTES);
  #sizeBytes = 0;
  #syncedBytes = 0;

  private constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  /** Undefined on a disk that is nearly full: what is left is for the data. */
  static async begin(directory: string): Promise<ImageFile | undefined> {
    const { bavail, bsize } = await statfs(directory);
    if (bavail * bsize < IMAGE_FREE_BYTES_MIN) return undefined;
    const file = path.join(directory, IMAGE_FILE);
    const image = new ImageFile(file, await open(temporaryOf(file), 'w', 0o600));
    try {
      await image.#append([MAGIC]);
      return image;
    } catch (error) {
      await image.abandon();
      throw error;
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The bytes must not change before the promise resolves. */
  async write(piece: Uint8Array): Promise<void> {
    this.#head.writeUInt32LE(piece.length, 0);
    this.#head.writeUInt32LE(crc32(piece), 4);
    await this.#append([this.#head, piece]);
    if (this.#sizeBytes - this.#syncedBytes < WRITEBACK_PIECE_BYTES) return;
    this.#syncedBytes = this.#sizeBytes;
    await this.#handle.datasync();
  }

  /** Makes this the image that the next start finds, durably. */
  async publish(): Promise<void> {
    try {
      await this.#handle.datasync();
    } finally {
      await this.#handle.close();
    }
    await rename(temporaryOf(this.#file), this.#file);
    await syncDirectory(path.dirname(this.#file));
  }

  /** Removes what was written; the image before stays. */
  async abandon(): Promise<void> {
    await this.#handle.close();
    await rm(temporaryOf(this.#file), { force: true });
  }

  async #append(parts: readonly Uint8Array[]): Promise<void> {
    let sizeBytes = 0;
    for (const part of parts) sizeBytes += part.length;
    const { bytesWritten } = await this.#handle.writev(parts);
    if (bytesWritten !== sizeBytes) {
      throw new Error(`wrote ${bytesWritten} of ${sizeBytes} bytes of an image`);
    }
    this.#sizeBytes += sizeBytes;
  }
}

/** Reads an image. */
export class KeptImage {
  readonly #descriptor: number;
  readonly #head: Buffer = Buffer.alloc(PIECE_HEAD_BYTES);
  #piece: Buffer = Buffer.alloc(0);
  #leftBytes: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#leftBytes = fstatSync(descriptor).size;
  }

  /** Whether a directory has an image; it may be damaged. */
  static isKept(directory: string): boolean {
    return existsSync(path.join(directory, IMAGE_FILE));
  }

  /** The image in a directory, if there is one. It must be closed. */
  static open(directory: string): KeptImage | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(path.join(directory, IMAGE_FILE), 'r');
    } catch {
      // None there, or one that cannot be read: the database is read instead.
      return undefined;
    }
    const image = new KeptImage(descriptor);
    const magic = Buffer.alloc(MAGIC.length);
    if (image.#fill(magic) && magic.equals(MAGIC)) return image;
    image.close();
    return undefined;
  }

  /** The next piece, valid until the next call; undefined at the end and where the file is damaged. */
  next(): Uint8Array | undefined {
    if (!this.#fill(this.#head)) return undefined;
    const length = this.#head.readUInt32LE(0);
    if (length > this.#leftBytes) return undefined;
    if (length > this.#piece.length) this.#piece = Buffer.alloc(2 * length);
    const piece = this.#piece.subarray(0, length);
    return this.#fill(piece) && crc32(piece) === this.#head.readUInt32LE(4) ? piece : undefined;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #fill(target: Uint8Array): boolean {
    try {
      const isFull = readSync(this.#descriptor, target) === target.length;
      this.#leftBytes -= target.length;
      return isFull;
    } catch {
      // A disk that cannot give the image back may still give the database.
      return false;
    }
  }
}

/** Removes the image of a directory, if there is one, and what a crash left of one being written. */
export function removeImage(directory: string): void {
  const file = path.join(directory, IMAGE_FILE);
  rmSync(file, { force: true });
  rmSync(temporaryOf(file), { force: true });
}

function temporaryOf(file: string): string {
  return `${file}.tmp`;
}
