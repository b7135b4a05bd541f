// Owns reading all revisions in a thread while the event loop's thread rebuilds its index from them: the scan of a start
// costs as much as the rebuilding, 1.5 us per record, and this way they go on at the same time. It shows the store
// as it is at its start, so whoever writes to the store drops it first.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { RevisionRecord } from '../../base/backend.ts';
import type { Borrower, Generation } from './generation.ts';
import { PREFETCH_WAIT_MS } from './limits.ts';
import { isRevisionKey, isTombstoneKey, mainOf, subOf } from './revision-key.ts';
import { ChunkReader, ScanRing } from './scan-ring.ts';
import { threadScript } from './thread-script.ts';

/** What the thread is told at its start. */
export interface PrefetchJob {
  readonly handle: bigint;
  readonly directory: string;
  readonly fromMain: number;
  readonly ring: SharedArrayBuffer;
  readonly port: MessagePort;
}

export class RevisionPrefetch implements Borrower {
  readonly whenClosed: Promise<void>;
  readonly #ring: ScanRing;
  readonly #port: MessagePort;
  readonly #worker: Worker;
  #chunk: ChunkReader;
  /** Where the next row is expected. */
  #main: number;
  #sub: number;
  #isAtEnd: boolean;

  /** Reads the records from a main revision on. */
  constructor(generation: Generation, fromMain: number) {
    const { port1, port2 } = new MessageChannel();
    this.#ring = new ScanRing();
    this.#port = port1;
    const job: PrefetchJob = {
      handle: generation.handle,
      directory: generation.path,
      fromMain,
      ring: this.#ring.buffer,
      port: port2,
    };
    const options = { workerData: job, transferList: [port2], name: 'prefetch' };
    this.#worker = new Worker(threadScript('prefetch-worker'), options);
    // Its failure shows as chunks that do not come; the store is then scanned without it.
    this.#worker.on('error', () => undefined);
    this.#worker.unref();
    this.whenClosed = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve());
    });
    this.#chunk = new ChunkReader(new Uint8Array(0));
    this.#main = fromMain;
    this.#sub = 0;
    this.#isAtEnd = false;
    generation.lend(this);
  }

  /**
   * The next records, blocking until they are there: `limit`, or fewer at the end. Undefined when the caller wants
   * others than the next ones, or when the thread does not deliver: then it is of no more use.
   */
  take(fromMain: number, fromSub: number, limit: number): RevisionRecord[] | undefined {
    if (fromMain !== this.#main || fromSub !== this.#sub) return undefined;
    const records: RevisionRecord[] = [];
    while (records.length < limit && !this.#isAtEnd) {
      if (!this.#chunk.next()) {
        if (!this.#receive()) return undefined;
        continue;
      }
      const key = this.#chunk.key;
      if (!isRevisionKey(key)) return undefined;
      this.#main = mainOf(key);
      this.#sub = subOf(key);
      const tombstone = isTombstoneKey(key);
      records.push({ main: this.#main, sub: this.#sub, tombstone, value: this.#chunk.value });
      this.#sub += 1;
    }
    return records;
  }

  async close(): Promise<void> {
    this.#port.close();
    await this.#worker.terminate();
    await this.whenClosed;
  }

  /** False when the thread is late. */
  #receive(): boolean {
    const chunk = this.#ring.receive(this.#port, PREFETCH_WAIT_MS);
    if (chunk === 'late') return false;
    if (chunk === 'end') this.#isAtEnd = true;
    else this.#chunk = new ChunkReader(chunk);
    return true;
  }
}
