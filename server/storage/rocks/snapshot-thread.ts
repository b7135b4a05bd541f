// Owns the event loop's side of writing a snapshot in a thread: starting it, opening its gate between two commits, and
// keeping the database open until it ends. At 1 M records of 340 bytes the work is 2.2 s of processor time, which
// the event loop has better uses for.

import { Worker } from 'node:worker_threads';
import type { BboltFile } from '../bbolt/bbolt-writer.ts';
import { SnapshotExportError } from './errors.ts';
import type { Borrower, Generation } from './generation.ts';
import { VIEW_GATE_MS } from './limits.ts';
import type { RocksBackend } from './rocks-backend.ts';
import { threadScript } from './thread-script.ts';
import { ViewGate } from './view-gate.ts';

/** What the thread is told at its start. */
export interface SnapshotJob {
  readonly handle: bigint;
  readonly directory: string;
  readonly file: string;
  readonly durable: boolean;
  readonly gate: SharedArrayBuffer;
}

/** What the thread says: first `atGate`, then one of the others. */
export type SnapshotReply =
  | { readonly kind: 'atGate' }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'written'; readonly written: BboltFile }
  | { readonly kind: 'failed'; readonly message: string };

export interface SnapshotThreadOptions {
  readonly store: RocksBackend;
  readonly file: string;
  readonly durable: boolean;
  /** Its abort ends the thread: the work is not done then, or fails. */
  readonly signal?: AbortSignal | undefined;
  /** Called in the turn in which the snapshot's content is fixed. */
  onView(): void;
}

/** Writes the file, or returns undefined, with nothing done and `onView` not called, when no thread is to be had. */
export async function exportInThread(
  options: SnapshotThreadOptions,
): Promise<BboltFile | undefined> {
  const { store, signal } = options;
  const thread = new SnapshotThread(store.liveGeneration, options);
  const end = (): void => void thread.close();
  signal?.addEventListener('abort', end);
  try {
    if (!(await thread.start())) return undefined;
    await store.whenCommitted(signal);
    if (signal?.aborted === true || !thread.openGate(store)) return undefined;
    options.onView();
    return await thread.result;
  } finally {
    signal?.removeEventListener('abort', end);
    await thread.close();
  }
}

class SnapshotThread implements Borrower {
  readonly whenClosed: Promise<void>;
  readonly #generation: Generation;
  readonly #gate: ViewGate;
  readonly #worker: Worker;
  readonly #replies: SnapshotReply[];
  #onReply: () => void;
  #isOver: boolean;

  constructor(generation: Generation, options: SnapshotThreadOptions) {
    this.#generation = generation;
    this.#gate = new ViewGate();
    this.#replies = [];
    this.#onReply = () => undefined;
    this.#isOver = false;
    const job: SnapshotJob = {
      handle: generation.handle,
      directory: generation.path,
      file: options.file,
      durable: options.durable,
      gate: this.#gate.buffer,
    };
    this.#worker = new Worker(threadScript('snapshot-worker'), {
      workerData: job,
      name: 'snapshot',
    });
    this.#worker.on('message', (reply: SnapshotReply) => this.#take(reply));
    this.#worker.on('error', (error) => this.#take({ kind: 'failed', message: error.message }));
    this.whenClosed = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#isOver = true;
        this.#onReply();
        resolve();
      });
    });
    generation.lend(this);
  }

  /** Waits until the thread is at its gate. False: it failed before that. */
  async start(): Promise<boolean> {
    return (await this.#reply()).kind === 'atGate';
  }

  /** Fixes the thread's view at this moment, if the store still uses the database the thread is attached to. */
  openGate(store: RocksBackend): boolean {
    if (store.liveGeneration !== this.#generation || this.#isOver) return false;
    return this.#gate.open(store.firstRevisionKey(), VIEW_GATE_MS);
  }

  get result(): Promise<BboltFile> {
    return this.#reply().then((reply) => {
      if (reply.kind === 'written') return reply.written;
      const reason = reply.kind === 'failed' ? reply.message : reply.kind;
      throw new SnapshotExportError(`cannot write the snapshot: ${reason}`);
    });
  }

  async close(): Promise<void> {
    this.#gate.cancel();
    await this.#worker.terminate();
    await this.whenClosed;
  }

  #take(reply: SnapshotReply): void {
    this.#replies.push(reply);
    this.#onReply();
  }

  async #reply(): Promise<SnapshotReply> {
    for (;;) {
      const reply = this.#replies.shift();
      if (reply !== undefined) return reply;
      if (this.#isOver) return { kind: 'failed', message: 'the thread ended' };
      await new Promise<void>((resolve) => {
        this.#onReply = resolve;
      });
    }
  }
}
