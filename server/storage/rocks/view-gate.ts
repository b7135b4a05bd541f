// Owns how a thread gets its view of the store at a moment the event loop chooses. An iterator shows the state of its
// creation, and only the thread that uses it can create it; so the thread waits at the gate, the event loop opens it
// between two commits and stands still until the thread says that its iterators are there.
//
//   thread:  waiting ─────── blocked ──────▶ (opened) create iterators, say `ready` ──▶ reads for seconds
//   loop:    ... commits ... open ── blocked 0.1 ms ──▶ sees `ready` ──▶ commits go on
//
// When the thread is not there in time the loop cancels, and goes on without it.

import { REVISION_KEY_BYTES, TOMBSTONE_KEY_BYTES } from './revision-key.ts';

const STATE = 0;
const KEY_LENGTH = 1;
const WORDS = 2;

const WAITING = 0;
const OPENED = 1;
const READY = 2;
const CANCELED = 3;

export class ViewGate {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #key: Uint8Array;

  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(4 * WORDS + TOMBSTONE_KEY_BYTES);
    this.#words = new Int32Array(this.buffer, 0, WORDS);
    this.#key = new Uint8Array(this.buffer, 4 * WORDS, TOMBSTONE_KEY_BYTES);
  }

  /** The loop: lets the thread create its iterators, from the first revision that is live. False: canceled. */
  open(firstRevision: Uint8Array | undefined, timeoutMs: number): boolean {
    if (firstRevision !== undefined) this.#key.set(firstRevision);
    this.#words[KEY_LENGTH] = firstRevision?.length ?? 0;
    Atomics.store(this.#words, STATE, OPENED);
    Atomics.notify(this.#words, STATE);
    Atomics.wait(this.#words, STATE, OPENED, timeoutMs);
    return Atomics.compareExchange(this.#words, STATE, OPENED, CANCELED) !== OPENED;
  }

  /** The loop: the thread is not wanted any more. */
  cancel(): void {
    Atomics.store(this.#words, STATE, CANCELED);
    Atomics.notify(this.#words, STATE);
  }

  /** The thread: blocks until the gate opens. False: canceled. */
  pass(): boolean {
    Atomics.wait(this.#words, STATE, WAITING);
    return Atomics.load(this.#words, STATE) === OPENED;
  }

  /** The thread: what `open` was given. */
  firstRevision(): Uint8Array | undefined {
    const length = this.#words[KEY_LENGTH];
    return length === REVISION_KEY_BYTES ? this.#key.slice(0, REVISION_KEY_BYTES) : undefined;
  }

  /** The thread: its iterators are there. False: too late, canceled. */
  ready(): boolean {
    const before = Atomics.compareExchange(this.#words, STATE, OPENED, READY);
    Atomics.notify(this.#words, STATE);
    return before === OPENED;
  }
}
