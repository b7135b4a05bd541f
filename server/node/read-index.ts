// Owns linearizable reads: all reads that arrive in one turn share one read index, and are served once the store has
// applied it. Raft thesis section 6.4. etcd: server/etcdserver/v3_server.go linearizableReadLoop.

import { EtcdError } from '../base/errors.ts';
import type { ReadState } from '../raft/types.ts';
import { PENDING_READS_MAX, READ_INDEX_RETRY_MS } from './limits.ts';

/** Whoever waits for a linearizable read. Called exactly once; must not throw. */
export interface ReadListener {
  /** `askedMs`: since when it waits, on the monotonic clock; none when the node was not asked yet. */
  onReadable(error: EtcdError | undefined, askedMs?: number): void;
}

/** Reads that asked together. */
interface ReadBatch {
  readonly listeners: ReadListener[];
  readonly deadlineMs: number;
  /** Contexts sent for this batch, oldest first; an answer to any of them counts. */
  readonly contexts: string[];
  retryAtMs: number;
  /** -1 until the answer is here. */
  index: number;
}

/** What the queue needs of the node. */
export interface ReadIndexPort {
  /** A fresh context: 8 bytes, unique in the cluster. */
  nextContext(): Uint8Array;
  /** Asks raft; nothing happens when there is no leader. */
  readIndex(context: Uint8Array): void;
  appliedIndex(): number;
  /** A question went unanswered for the retry time; it is asked again. */
  onSlow(): void;
  /** A batch ended without being served. */
  onFailed(): void;
}

export class ReadIndexQueue {
  readonly #port: ReadIndexPort;
  readonly #timeoutMs: number;
  #arrived: ReadListener[] = [];
  /** Asked or answered, oldest first. */
  readonly #batches: ReadBatch[] = [];
  #pendingCount = 0;

  constructor(port: ReadIndexPort, timeoutMs: number) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
  }

  get hasArrived(): boolean {
    return this.#arrived.length > 0;
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** Takes a read; false when too many wait already. */
  add(listener: ReadListener): boolean {
    if (this.#pendingCount >= PENDING_READS_MAX) return false;
    this.#pendingCount++;
    this.#arrived.push(listener);
    return true;
  }

  /** End of the turn: one request for everything that arrived. */
  ask(nowMs: number): void {
    if (this.#arrived.length === 0) return;
    const batch: ReadBatch = {
      listeners: this.#arrived,
      deadlineMs: nowMs + this.#timeoutMs,
      contexts: [],
      retryAtMs: 0,
      index: -1,
    };
    this.#arrived = [];
    this.#batches.push(batch);
    this.#send([batch], nowMs);
  }

  /** Answers from raft. */
  answered(states: readonly ReadState[]): void {
    for (const state of states) {
      const context = contextText(state.context);
      for (const batch of this.#batches) {
        if (batch.index < 0 && batch.contexts.includes(context)) batch.index = state.index;
      }
    }
  }

  /** Serves every batch whose index is applied. */
  serve(): void {
    const applied = this.#port.appliedIndex();
    while (true) {
      const position = this.#batches.findIndex((b) => b.index >= 0 && b.index <= applied);
      if (position < 0) return;
      const [batch] = this.#batches.splice(position, 1);
      if (batch !== undefined) this.#finish(batch, undefined);
    }
  }

  /** Asks again for what is unanswered, fails what has waited too long. */
  tick(nowMs: number): void {
    while (this.#batches.length > 0 && (this.#batches[0] as ReadBatch).deadlineMs <= nowMs) {
      const batch = this.#batches.shift();
      if (batch !== undefined) this.#finish(batch, new EtcdError('timeout'));
    }
    const due = this.#batches.filter((batch) => batch.index < 0 && batch.retryAtMs <= nowMs);
    if (due.length > 0) this.#port.onSlow();
    this.#send(due, nowMs);
  }

  /** The first commit of a term: what was asked of an earlier leader is asked again. */
  retryUnanswered(nowMs: number): void {
    this.#send(
      this.#batches.filter((batch) => batch.index < 0),
      nowMs,
    );
  }

  /** Ends all waiting reads: the leader changed, or the member stops. */
  failAll(error: EtcdError): void {
    // Taken before anybody is told: a listener may ask anew at once.
    const batches = this.#batches.splice(0);
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const batch of batches) this.#finish(batch, error);
    for (const listener of arrived) this.#end(listener, error);
  }

  /** One question for all of them: while there is no leader batches gather, and each would be asked for again. */
  #send(batches: readonly ReadBatch[], nowMs: number): void {
    if (batches.length === 0) return;
    const context = this.#port.nextContext();
    const text = contextText(context);
    for (const batch of batches) {
      batch.contexts.push(text);
      batch.retryAtMs = nowMs + READ_INDEX_RETRY_MS;
    }
    this.#port.readIndex(context);
  }

  #finish(batch: ReadBatch, error: EtcdError | undefined): void {
    if (error !== undefined) this.#port.onFailed();
    const askedMs = batch.deadlineMs - this.#timeoutMs;
    for (const listener of batch.listeners) this.#end(listener, error, askedMs);
  }

  #end(listener: ReadListener, error: EtcdError | undefined, askedMs?: number): void {
    this.#pendingCount--;
    listener.onReadable(error, askedMs);
  }
}

/** Contexts as map keys: eight bytes as text. */
function contextText(context: Uint8Array): string {
  return String.fromCharCode(...context);
}
