// Owns when to compact on its own: after a time (periodic) or beyond a count of revisions. It only decides; the node
// proposes the compaction. Only the leader's compactor runs. etcd: server/etcdserver/api/v3compactor.

export interface AutoCompaction {
  readonly mode: 'periodic' | 'revision';
  /** periodic: milliseconds; revision: how many revisions to keep. 0 switches it off. */
  readonly retention: number;
}

const HOUR_MS = 3_600_000;
/** etcd: revision.go revInterval. */
const REVISION_INTERVAL_MS = 300_000;
/** etcd: periodic.go retryDivisor: samples per compaction interval. */
const SAMPLES_PER_INTERVAL = 10;

/**
 * Decides at every sample; the caller samples at once, then every `sampleIntervalMs`, and reports how a compaction
 * ended. Every member samples, so that a new leader goes on where the former one ended.
 */
export interface AutoCompactor {
  readonly sampleIntervalMs: number;
  /** The revision to compact at now, or undefined. `revision` is the store's; only the leader may compact. */
  sample(nowMs: number, revision: number, isLeader: boolean): number | undefined;
  /** The compaction last asked for is done, or was not needed any more. */
  succeeded(): void;
}

/** The compactor for a configuration, or undefined when it is off. */
export function createAutoCompactor(
  config: AutoCompaction,
  nowMs: number,
): AutoCompactor | undefined {
  if (config.retention === 0) return undefined;
  return config.mode === 'periodic'
    ? new PeriodicCompactor(config.retention, nowMs)
    : new RevisionCompactor(config.retention);
}

/**
 * Compacts at the revision that was current one retention ago.
 *
 * Example, retention 1 h: a sample at once and each 6 minutes; the first compaction after 1 h, at the revision of the
 * first sample; then one an hour. With a retention of 10 h the first comes after 10 h, then one an hour, each 10 h back.
 * One that fails is tried again at the next sample.
 */
class PeriodicCompactor implements AutoCompactor {
  readonly sampleIntervalMs: number;
  readonly #compactIntervalMs: number;
  readonly #samplesMax: number;
  readonly #samples: number[] = [];
  /** When the last compaction that succeeded was asked for. */
  #lastSuccessMs: number;
  #waitMs: number;
  #askedMs = 0;
  #asked = 0;
  #done = 0;

  constructor(retentionMs: number, nowMs: number) {
    this.#compactIntervalMs = Math.min(retentionMs, HOUR_MS);
    this.sampleIntervalMs = this.#compactIntervalMs / SAMPLES_PER_INTERVAL;
    this.#samplesMax = Math.floor(retentionMs / this.sampleIntervalMs) + 1;
    this.#lastSuccessMs = nowMs;
    this.#waitMs = retentionMs;
  }

  sample(nowMs: number, revision: number, isLeader: boolean): number | undefined {
    this.#samples.push(revision);
    if (this.#samples.length > this.#samplesMax) this.#samples.shift();
    const [target] = this.#samples;
    // Timers are not exact: what comes a moment too early must not wait for the next sample.
    const waitMs = this.#waitMs - this.sampleIntervalMs / 2;
    if (!isLeader || nowMs - this.#lastSuccessMs < waitMs) return undefined;
    if (target === undefined || target === this.#done) return undefined;
    this.#waitMs = this.#compactIntervalMs;
    this.#askedMs = nowMs;
    this.#asked = target;
    return target;
  }

  succeeded(): void {
    this.#lastSuccessMs = this.#askedMs;
    this.#done = this.#asked;
  }
}

/** Keeps the newest `retention` revisions, looking every five minutes. */
class RevisionCompactor implements AutoCompactor {
  readonly sampleIntervalMs: number = REVISION_INTERVAL_MS;
  readonly #retention: number;
  #asked = 0;
  #done = 0;

  constructor(retention: number) {
    this.#retention = retention;
  }

  sample(_nowMs: number, revision: number, isLeader: boolean): number | undefined {
    const target = revision - this.#retention;
    if (!isLeader || target <= 0 || target === this.#done) return undefined;
    this.#asked = target;
    return target;
  }

  succeeded(): void {
    this.#done = this.#asked;
  }
}
