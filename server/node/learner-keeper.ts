// Owns what etcd leaves to a person: a learner that has caught up becomes a voter, and a learner that stands by takes the
// place of a voter that failed. Only decides, and only on the leader; whoever owns it carries one decision out at a time.
//
// Beyond etcd, off by default. Deciding needs no memory but for how long something has been so: a new leader comes to the
// same decisions, so a replacement cut in half by a change of leader is finished by the next one:
//
//   voters A B C, learner D; C silent for the time set -> promote D -> voters A B C D, C silent, an even number of voters
//                                                       -> remove C  -> voters A B D

export interface LearnerKeeperOptions {
  /** A learner at most this many entries behind the leader's log counts as caught up. */
  readonly lagEntriesMax: number;
  /** Promote a learner that stayed caught up for so long; 0: never. */
  readonly promoteAfterMs: number;
  /** Let a learner replace a voter that was silent for so long; 0: never. */
  readonly replaceAfterMs: number;
}

/** What the leader knows of one member. */
export interface MemberView {
  readonly id: bigint;
  readonly isLearner: boolean;
  /** Last entry known to be on its disk. */
  readonly match: number;
  /** It answers at present. */
  readonly isActive: boolean;
}

export type LearnerDecision =
  | { readonly kind: 'promote'; readonly id: bigint; readonly reason: 'caughtUp' | 'standby' }
  | { readonly kind: 'remove'; readonly id: bigint };

export class LearnerKeeper {
  readonly #options: LearnerKeeperOptions;
  /** Since when a learner has been caught up. */
  readonly #caughtUpSinceMs: Map<bigint, number> = new Map();
  /** Since when a voter has been silent. */
  readonly #silentSinceMs: Map<bigint, number> = new Map();

  constructor(options: LearnerKeeperOptions) {
    this.#options = options;
  }

  get isOff(): boolean {
    return this.#options.promoteAfterMs === 0 && this.#options.replaceAfterMs === 0;
  }

  /** Not the leader: what was seen before says nothing later. */
  reset(): void {
    this.#caughtUpSinceMs.clear();
    this.#silentSinceMs.clear();
  }

  /** The one thing to do now, if any. `members` are all of them, the leader included. */
  decide(
    nowMs: number,
    lastIndex: number,
    members: readonly MemberView[],
  ): LearnerDecision | undefined {
    this.#observe(nowMs, lastIndex, members);
    return this.#replace(nowMs, members) ?? this.#promote(nowMs, members);
  }

  #observe(nowMs: number, lastIndex: number, members: readonly MemberView[]): void {
    const learners = new Set<bigint>();
    const silent = new Set<bigint>();
    for (const { id, isLearner, match, isActive } of members) {
      const isCaughtUp = isActive && lastIndex - match <= this.#options.lagEntriesMax;
      if (isLearner && isCaughtUp) learners.add(id);
      if (!isLearner && !isActive) silent.add(id);
    }
    track(this.#caughtUpSinceMs, learners, nowMs);
    track(this.#silentSinceMs, silent, nowMs);
  }

  #replace(nowMs: number, members: readonly MemberView[]): LearnerDecision | undefined {
    const { replaceAfterMs } = this.#options;
    if (replaceAfterMs === 0) return undefined;
    const failed = longest(this.#silentSinceMs, nowMs, replaceAfterMs);
    if (failed === undefined) return undefined;
    const voters = members.filter((member) => !member.isLearner);
    const healthy = voters.filter((member) => member.isActive).length;
    // An even number of voters is better off without the silent one, as long as the rest has a quorum of its own.
    if (voters.length % 2 === 0) {
      return healthy >= quorum(voters.length - 1) ? { kind: 'remove', id: failed } : undefined;
    }
    const standby = longest(this.#caughtUpSinceMs, nowMs, 0);
    if (standby === undefined || healthy + 1 < quorum(voters.length + 1)) return undefined;
    return { kind: 'promote', id: standby, reason: 'standby' };
  }

  #promote(nowMs: number, members: readonly MemberView[]): LearnerDecision | undefined {
    const { promoteAfterMs } = this.#options;
    if (promoteAfterMs === 0) return undefined;
    const id = longest(this.#caughtUpSinceMs, nowMs, promoteAfterMs);
    if (id === undefined) return undefined;
    const voters = members.filter((member) => !member.isLearner);
    const healthy = voters.filter((member) => member.isActive).length;
    if (healthy + 1 < quorum(voters.length + 1)) return undefined;
    return { kind: 'promote', id, reason: 'caughtUp' };
  }
}

function quorum(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

/** Keeps the begin of what goes on, forgets what ended. */
function track(since: Map<bigint, number>, present: ReadonlySet<bigint>, nowMs: number): void {
  for (const id of since.keys()) if (!present.has(id)) since.delete(id);
  for (const id of present) if (!since.has(id)) since.set(id, nowMs);
}

/** The one that began first, if it has gone on for `atLeastMs`. */
function longest(
  since: ReadonlyMap<bigint, number>,
  nowMs: number,
  atLeastMs: number,
): bigint | undefined {
  let found: bigint | undefined;
  let foundMs = Number.POSITIVE_INFINITY;
  for (const [id, sinceMs] of since) {
    if (nowMs - sinceMs >= atLeastMs && sinceMs < foundMs) {
      found = id;
      foundMs = sinceMs;
    }
  }
  return found;
}
