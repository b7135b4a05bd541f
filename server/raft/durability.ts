// Owns what is on disk and what is on its way there: how far the log was handed out, how far it is durable, and the
// messages that may only leave once the state they promise is durable.
//
// Writes complete in the order they were handed out, so a write is remembered by one number: up to which index the
// log is durable once it completes. Cutting the log lowers that number in every write under way. This is what makes
// the overwritten-tail race harmless:
//
//   1. entries 5..6 of term 2 are handed out with token 1
//   2. a leader of term 3 replaces 5; the new 5 is handed out with token 2        -> token 1 now vouches up to 4
//   3. a leader of term 4 brings back 5..6 of term 2, handed out with token 3     -> token 2 now vouches up to 4
//   4. persisted(1): index and term of what completed equal what the log holds, yet the disk is still going to hold
//      the other 5 for a while. Because token 1 vouches up to 4 only, nothing is wrongly taken as durable.
//
// (etcd-io/raft compares terms instead and drops late acknowledgements; see newStorageAppendRespMsg there.)

import { assert } from '../base/assert.ts';
import { type Message, MessageType } from './types.ts';

interface Write {
  readonly token: number;
  /** The log up to here is durable once this write is. */
  durableTo: number;
  /** Released with this write. */
  readonly messages: Message[];
}

const NO_MESSAGES: readonly Message[] = [];

export class Durability {
  /** The log up to here has been handed out, as it is now. */
  #handedOutTo: number;
  /** The log up to here is on disk, as it is now. Invariant: durableTo <= handedOutTo. */
  #durableTo: number;
  /** Under way, oldest first. */
  #writes: Write[];
  /** Promise state that no Ready has carried yet. */
  #waiting: Message[];

  constructor(lastIndex: number) {
    this.#handedOutTo = lastIndex;
    this.#durableTo = lastIndex;
    this.#writes = [];
    this.#waiting = [];
  }

  get handedOutTo(): number {
    return this.#handedOutTo;
  }

  get durableTo(): number {
    return this.#durableTo;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get writeCount(): number {
    return this.#writes.length;
  }

  /** Holds `message` back until all state up to now is durable. */
  wait(message: Message): void {
    const last = this.#waiting.length - 1;
    const previous = this.#waiting[last];
    if (previous !== undefined && covers(message, previous)) {
      // An acknowledgement says everything the one before it said: one per write is enough.
      if (message.index > previous.index) this.#waiting[last] = message;
      return;
    }
    this.#waiting.push(message);
  }

  /** The log was cut at `index`: nothing from there on is, or will become, durable through a write under way. */
  truncated(index: number): void {
    const keep = index - 1;
    if (this.#handedOutTo > keep) this.#handedOutTo = keep;
    if (this.#durableTo > keep) this.#durableTo = keep;
    for (const write of this.#writes) {
      if (write.durableTo > keep) write.durableTo = keep;
    }
  }

  /** The log was replaced by a snapshot: durable up to `index` only when a write with the snapshot completes. */
  replaced(index: number): void {
    this.truncated(index);
    this.#handedOutTo = index;
  }

  /** A Ready hands out everything up to `lastIndex`; returns the messages that need not wait for any write. */
  handOut(token: number, lastIndex: number, mustSync: boolean): readonly Message[] {
    const waiting = this.#waiting;
    this.#handedOutTo = lastIndex;
    if (mustSync) {
      this.#writes.push({ token, durableTo: lastIndex, messages: waiting });
      this.#waiting = [];
      return NO_MESSAGES;
    }
    if (waiting.length === 0) return NO_MESSAGES;
    this.#waiting = [];
    const newest = this.#writes[this.#writes.length - 1];
    if (newest === undefined) return waiting;
    for (const message of waiting) newest.messages.push(message);
    return NO_MESSAGES;
  }

  /** Every write up to `token` is durable; returns the messages this sets free, oldest first. */
  persisted(token: number): readonly Message[] {
    let count = 0;
    let freed: Message[] | undefined;
    for (const write of this.#writes) {
      if (write.token > token) break;
      count++;
      if (write.durableTo > this.#durableTo) this.#durableTo = write.durableTo;
      if (freed === undefined) freed = write.messages;
      else for (const message of write.messages) freed.push(message);
    }
    if (count > 0) this.#writes = this.#writes.slice(count);
    assert(
      this.#durableTo <= this.#handedOutTo,
      `durable up to ${this.#durableTo}, handed out up to ${this.#handedOutTo}`,
    );
    return freed ?? NO_MESSAGES;
  }
}

function covers(message: Message, previous: Message): boolean {
  return (
    message.type === MessageType.appResp &&
    previous.type === MessageType.appResp &&
    !message.reject &&
    !previous.reject &&
    message.to === previous.to &&
    message.term === previous.term
  );
}
