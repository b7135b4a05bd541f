// Owns a watcher of everything that lives through crashes: it goes on after the last revision it saw, and keeps what it saw.

import { utf8Text } from '../../server/base/bytes.ts';
import { EventType } from '../../server/proto/gen/kv.ts';
import type { WatchResponse } from '../../server/proto/gen/rpc.ts';
import type { EtcdCalls, Watching } from '../support/etcd-calls.ts';
import type { Value } from './history.ts';

const POLL_MS = 10;

export interface SeenChange {
  readonly key: string;
  readonly value: Value;
}

export class WatchFollower {
  readonly #seen: Map<number, SeenChange[]>;
  readonly #wrong: string[];
  #revision: number;
  #watching: Watching | undefined;

  constructor() {
    this.#seen = new Map();
    this.#wrong = [];
    this.#revision = 1;
    this.#watching = undefined;
  }

  /** Everything up to here was seen. */
  get revision(): number {
    return this.#revision;
  }

  seenAt(revision: number): readonly SeenChange[] {
    return this.#seen.get(revision) ?? [];
  }

  /** Goes on with a member that was (re)started. */
  follow(calls: EtcdCalls): void {
    const everything = Uint8Array.of(0);
    this.#watching = calls.watch(
      { key: everything, rangeEnd: everything, startRevision: this.#revision + 1 },
      (response) => this.#take(response),
      () => undefined,
    );
  }

  unfollow(): void {
    this.#watching?.cancel();
    this.#watching = undefined;
  }

  /** Waits until `revision` was seen. Returns what is wrong. */
  async catchUp(revision: number, timeoutMs: number): Promise<readonly string[]> {
    const endMs = performance.now() + timeoutMs;
    while (this.#revision < revision && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    if (this.#revision < revision) {
      this.#wrong.push(`the watcher saw revision ${this.#revision}, not ${revision}`);
    }
    return this.#wrong.splice(0);
  }

  #take(response: WatchResponse): void {
    if (response.canceled) this.#wrong.push(`the watcher was cancelled: ${response.cancelReason}`);
    for (const { type, kv } of response.events) {
      if (kv === undefined) continue;
      const { modRevision } = kv;
      if (modRevision < this.#revision) {
        this.#wrong.push(`revision ${modRevision} came after ${this.#revision}`);
      }
      if (modRevision > this.#revision + 1) {
        this.#wrong.push(`revision ${modRevision} came right after ${this.#revision}`);
      }
      this.#revision = modRevision;
      const changes = this.#seen.get(modRevision) ?? [];
      const value = type === EventType.delete ? undefined : utf8Text(kv.value);
      this.#seen.set(modRevision, [...changes, { key: utf8Text(kv.key), value }]);
    }
  }
}
