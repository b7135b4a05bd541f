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

/** Decides at every sample; the caller samples every `sampleIntervalMs` and reports how a compaction ended. */
export interface AutoCompactor {
  readonly sampleIntervalMs: number;
  /** The revision to compact at now, or undefined. `revision` is the store's current one. */
  sample(nowMs: number, revision: number): number | undefined;
  /** The compaction last asked for is done, or was not needed any more. */
  succeeded(nowMs: number): void;
  /** Not the leader for a while: what was sampled before does not count. */
  reset(nowMs: number): void;
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
 * Example, retention 1 h: a sample each 6 minutes; the first compaction after 1 h, at the revision of the first sample;
 * then one an hour. With a retention of 10 h the first comes after 10 h, then one an hour, each 10 h back.
 */
class PeriodicCompactor implements AutoCompactor {
  readonly sampleIntervalMs: number;
  readonly #compactIntervalMs: number;
  readonly #retentionMs: number;
  readonly #samplesMax: number;
  #samples: number[] = [];
  #lastSuccessMs: number;
  #waitMs: number;

  constructor(retentionMs: number, nowMs: number) {
    this.#retentionMs = retentionMs;
    this.#compactIntervalMs = Math.min(retentionMs, HOUR_MS);
    this.sampleIntervalMs = this.#compactIntervalMs / SAMPLES_PER_INTERVAL;
    this.#samplesMax = Math.floor(retentionMs / this.sampleIntervalMs) + 1;
    this.#lastSuccessMs = nowMs;
    this.#waitMs = retentionMs;
  }

  sample(nowMs: number, revision: number): number | undefined {
    this.#samples.push(revision);
    if (this.#samples.length > this.#samplesMax) this.#samples.shift();
    if (nowMs - this.#lastSuccessMs < this.#waitMs) return undefined;
    return this.#samples[0];
  }

  succeeded(nowMs: number): void {
    this.#lastSuccessMs = nowMs;
    this.#waitMs = this.#compactIntervalMs;
  }

  reset(nowMs: number): void {
    this.#samples = [];
    this.#lastSuccessMs = nowMs;
    this.#waitMs = this.#retentionMs;
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

  sample(_nowMs: number, revision: number): number | undefined {
    const target = revision - this.#retention;
    if (target <= 0 || target === this.#done) return undefined;
    this.#asked = target;
    return target;
  }

  succeeded(_nowMs: number): void {
    this.#done = this.#asked;
  }

  reset(_nowMs: number): void {
    this.#asked = 0;
  }
}
