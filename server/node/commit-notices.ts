// Owns when the members hear of a commit that no entries carry to them: at once while writes are rare, so that watchers
// there wait for nothing, and after a moment where writes follow each other, because the next one brings the news along.

import type { Clock } from '../base/clock.ts';
import type { RawNode } from '../raft/raw-node.ts';
import { COMMIT_NOTICE_HOLD_MS } from './limits.ts';
import type { Scheduler } from './scheduler.ts';

type Raft = Pick<RawNode, 'lastIndex' | 'committed' | 'holdsNotice' | 'noticeCommit'>;

export class CommitNotices {
  readonly #raft: Raft;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #wake: () => void;
  #lastIndex = 0;
  #committed = 0;
  #committedMs = Number.NEGATIVE_INFINITY;
  /** The newest entries came so soon after a commit that they could carry the news of it. */
  #isBusy = false;
  #heldSinceMs: number | undefined = undefined;
  #isPlanned = false;

  constructor(
    raft: Raft,
    time: { readonly clock: Clock; readonly scheduler: Scheduler },
    wake: () => void,
  ) {
    this.#raft = raft;
    this.#clock = time.clock;
    this.#scheduler = time.scheduler;
    this.#wake = wake;
  }

  /** To be called after each turn of the loop. True when there is news that is to leave now. */
  afterTurn(): boolean {
    const { lastIndex, committed, holdsNotice } = this.#raft;
    if (!holdsNotice) this.#heldSinceMs = undefined;
    const hasMoved = lastIndex !== this.#lastIndex || committed !== this.#committed;
    if (!hasMoved && !holdsNotice) return false;
    const nowMs = this.#clock.monotonicMs();
    if (lastIndex !== this.#lastIndex) {
      this.#isBusy = nowMs - this.#committedMs <= COMMIT_NOTICE_HOLD_MS;
      this.#lastIndex = lastIndex;
    }
    if (committed !== this.#committed) {
      this.#committedMs = nowMs;
      this.#committed = committed;
    }
    return holdsNotice && this.#isDue(nowMs);
  }

  #isDue(nowMs: number): boolean {
    this.#heldSinceMs ??= nowMs;
    if (!this.#isBusy || nowMs - this.#heldSinceMs >= COMMIT_NOTICE_HOLD_MS) return true;
    this.#plan();
    return false;
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#scheduler.after(COMMIT_NOTICE_HOLD_MS, () => {
      this.#isPlanned = false;
      if (!this.#raft.holdsNotice || this.#heldSinceMs === undefined) return;
      // Most of the time entries have carried what was held when this was planned.
      if (this.#clock.monotonicMs() - this.#heldSinceMs < COMMIT_NOTICE_HOLD_MS) this.#plan();
      else this.#wake();
    });
  }
}
