// Owns messages that wait for a connection: first in, first out, never more than a fixed number.

import { at } from '../../base/assert.ts';
import type { Message } from '../../raft/types.ts';

/** So many taken places are given back at once: moving the rest down costs less, the rarer it is. */
const TRIM_COUNT = 1024;

export class MessageQueue {
  readonly #countMax: number;
  readonly #messages: Message[] = [];
  #head = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#messages.length - this.#head;
  }

  /** False when it is full. */
  push(message: Message): boolean {
    if (this.count >= this.#countMax) return false;
    this.#messages.push(message);
    return true;
  }

  /** The message `position` places behind the first one. */
  peek(position: number): Message {
    return at(this.#messages, this.#head + position);
  }

  /** Takes the first `count` messages away. */
  drop(count: number): void {
    this.#head += count;
    if (this.#head >= this.#messages.length) this.clear();
    else if (this.#head >= TRIM_COUNT) {
      this.#messages.splice(0, this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#messages.length = 0;
    this.#head = 0;
  }
}
