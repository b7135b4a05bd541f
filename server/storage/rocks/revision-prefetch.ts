// Owns reading all revisions in threads while the event loop's thread rebuilds its index from them: taking a record out of
// the store costs twice as much as putting it into the index, so two threads take turns, segment by segment, and all of it
// goes on at the same time. They show the store as it is at their start, so whoever writes to the store drops them first.
//
//   revisions   | segment 0 | segment 1 | segment 2 | segment 3 | ...
//   read by       lane 0      lane 1      lane 0      lane 1            taken in this order

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { at } from '../../base/assert.ts';
import type { RevisionRecord } from '../../base/backend.ts';
import type { Borrower, Generation } from './generation.ts';
import { PREFETCH_LANES, PREFETCH_SEGMENT_RECORDS, PREFETCH_WAIT_MS } from './limits.ts';
import { isRevisionKey, isTombstoneKey, mainOf, subOf } from './revision-key.ts';
import { ChunkReader, ScanRing } from './scan-ring.ts';
import { threadScript } from './thread-script.ts';

/** Main revisions [fromMain, fromMain + count * span), in `count` segments; the last has no end. */
export interface Segments {
  readonly fromMain: number;
  readonly span: number;
  readonly count: number;
}

/** What a thread is told at its start. */
export interface PrefetchJob {
  readonly handle: bigint;
  readonly directory: string;
  readonly segments: Segments;
  /** It reads the segments lane, lane + PREFETCH_LANES, ... */
  readonly lane: number;
  readonly ring: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** One thread and what it has read. */
class Lane {
  readonly whenEnded: Promise<void>;
  readonly #ring: ScanRing;
  readonly #port: MessagePort;
  readonly #worker: Worker;

  constructor({ handle, path }: Generation, segments: Segments, lane: number) {
    const { port1, port2 } = new MessageChannel();
    this.#ring = new ScanRing();
    this.#port = port1;
    const ring = this.#ring.buffer;
    const job: PrefetchJob = { handle, directory: path, segments, lane, ring, port: port2 };
    const options = { workerData: job, transferList: [port2], name: 'prefetch' };
    this.#worker = new Worker(threadScript('prefetch-worker'), options);
    // Its failure shows as chunks that do not come; the store is then scanned without it.
    this.#worker.on('error', () => undefined);
    this.#worker.unref();
    this.whenEnded = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve());
    });
  }

  /** The next chunk, 'end' behind each segment, 'late' when none comes. */
  receive(): Uint8Array | 'end' | 'late' {
    return this.#ring.receive(this.#port, PREFETCH_WAIT_MS);
  }

  async close(): Promise<void> {
    this.#port.close();
    await this.#worker.terminate();
    await this.whenEnded;
  }
}

export class RevisionPrefetch implements Borrower {
  readonly whenClosed: Promise<void>;
  readonly #lanes: readonly Lane[];
  readonly #segmentCount: number;
  #segment: number;
  #chunk: ChunkReader;
  /** Where the next row is expected. */
  #main: number;
  #sub: number;

  /** Reads the records from a main revision on: about `recordCount` up to `lastMain`. */
  constructor(
    generation: Generation,
    { fromMain, lastMain, recordCount }: PrefetchRange,
    segmentRecords: number = PREFETCH_SEGMENT_RECORDS,
  ) {
    const mains = Math.max(1, lastMain - fromMain + 1);
    const count = Math.min(mains, Math.max(1, Math.ceil(recordCount / segmentRecords)));
    const segments = { fromMain, span: Math.ceil(mains / count), count };
    this.#segmentCount = count;
    this.#lanes = Array.from(
      { length: Math.min(PREFETCH_LANES, count) },
      (_, lane) => new Lane(generation, segments, lane),
    );
    this.whenClosed = Promise.all(this.#lanes.map(({ whenEnded }) => whenEnded)).then();
    this.#segment = 0;
    this.#chunk = new ChunkReader(new Uint8Array(0));
    this.#main = fromMain;
    this.#sub = 0;
    generation.lend(this);
  }

  /**
   * The next records, blocking until they are there: `limit`, or fewer at the end. Undefined when the caller wants
   * others than the next ones, or when a thread does not deliver: then it is of no more use.
   */
  take(fromMain: number, fromSub: number, limit: number): RevisionRecord[] | undefined {
    if (fromMain !== this.#main || fromSub !== this.#sub) return undefined;
    const records: RevisionRecord[] = [];
    while (records.length < limit && this.#segment < this.#segmentCount) {
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
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  /** False when the thread is late. */
  #receive(): boolean {
    const chunk = at(this.#lanes, this.#segment % this.#lanes.length).receive();
    if (chunk === 'late') return false;
    if (chunk === 'end') this.#segment++;
    else this.#chunk = new ChunkReader(chunk);
    return true;
  }
}

export interface PrefetchRange {
  readonly fromMain: number;
  readonly lastMain: number;
  /** An estimate. */
  readonly recordCount: number;
}
