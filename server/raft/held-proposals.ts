// Owns proposals of other members that arrived while nobody takes any: a leader is handing over, or the next one is not
// known yet. Their senders believe that they are on their way and never send them again, so they wait here for a moment
// instead of getting lost. (etcd-io/raft drops them, and their clients wait for a time-out.)

import { HELD_PROPOSAL_BYTES_MAX } from './limits.ts';
import type { Message } from './types.ts';

interface Held {
  readonly message: Message;
  readonly sizeBytes: number;
  ticksLeft: number;
}

const NO_MESSAGES: readonly Message[] = [];

export class HeldProposals {
  #list: Held[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  /** Keeps a proposal for `ticks`; false when there is no room. */
  add(message: Message, ticks: number): boolean {
    let sizeBytes = 0;
    for (const entry of message.entries) sizeBytes += entry.data.length;
    if (this.#bytes + sizeBytes > HELD_PROPOSAL_BYTES_MAX) return false;
    this.#bytes += sizeBytes;
    this.#list.push({ message, sizeBytes, ticksLeft: ticks });
    return true;
  }

  /** Hands everything over, in the order of arrival. */
  takeAll(): readonly Message[] {
    if (this.#list.length === 0) return NO_MESSAGES;
    const messages = this.#list.map((held) => held.message);
    this.#list = [];
    this.#bytes = 0;
    return messages;
  }

  /** A tick has passed: what has waited too long goes, its client was told so or will be soon. */
  tick(): void {
    if (this.#list.length === 0) return;
    for (const held of this.#list) {
      held.ticksLeft--;
      if (held.ticksLeft <= 0) this.#bytes -= held.sizeBytes;
    }
    this.#list = this.#list.filter((held) => held.ticksLeft > 0);
  }
}
