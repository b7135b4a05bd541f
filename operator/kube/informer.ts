// Owns keeping the cache of one kind equal to what the API server has: list, then watch from there, for ever.
//
//   list -> watch -> (ended by the server) -> watch from the last resource version -> ...
//     ^        |
//     |        +-- 410 Gone (at once, whatever failed before), or listed long ago
//     +-- any other failure, and an end at once: wait (doubling, with chance), then go on where it was; the wait ends when
//         the informer of another kind reaches the server
//
// No failure ends it: an informer that stops in silence shows the operator a world that stands still.
import type { ObjectMeta } from '../api/meta.ts';
import type { KubeApi, Selection } from './kube-api.ts';
import { KubeError } from './kube-error.ts';
import { RELIST_AFTER_MS, RETRY_MS_MAX, RETRY_MS_MIN, WATCH_MS_MIN } from './limits.ts';
import { errorText, type Log } from './log.ts';
import type { ObjectCache } from './object-cache.ts';
import type { Outage } from './outage.ts';
import { retryWaitMs } from './pause.ts';
import type { Resource } from './resource.ts';

interface Stored {
  readonly metadata: ObjectMeta;
}

export interface InformerOptions<T extends Stored> {
  readonly api: Pick<KubeApi, 'list' | 'watch'>;
  readonly resource: Resource<T>;
  readonly selection: Selection;
  readonly cache: ObjectCache<T>;
  readonly log: Log;
  readonly onChange: (object: T) => void;
  /** One for all informers of a server. */
  readonly outage: Outage;
}

export class Informer<T extends Stored> {
  readonly #options: InformerOptions<T>;
  readonly #synced: Promise<void>;
  #markSynced: () => void;
  #isSynced: boolean;
  #resourceVersion: string;
  #listedAtMs: number;
  #failures: number;
  /** The server has taken the watch that runs, or ran last. */
  #isOpen: boolean;
  /** It failed to since it last did. */
  #isCutOff: boolean;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#markSynced = () => {};
    this.#synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
    this.#isSynced = false;
    this.#resourceVersion = '';
    this.#listedAtMs = 0;
    this.#failures = 0;
    this.#isOpen = false;
    this.#isCutOff = false;
  }

  /** Fulfilled once everything was listed for the first time. */
  get synced(): Promise<void> {
    return this.#synced;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Ends when `signal` is aborted, and never fails. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal);
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { api, resource, selection } = this.#options;
    this.#isOpen = false;
    if (this.#resourceVersion === '' || Date.now() - this.#listedAtMs > RELIST_AFTER_MS) {
      await this.#relist(signal);
    }
    const from = {
      ...selection,
      resourceVersion: this.#resourceVersion,
      signal,
      onOpened: () => this.#opened(),
    };
    const sinceMs = performance.now();
    let isTold = false;
    for await (const event of api.watch(resource, from)) {
      this.#failures = 0;
      isTold = true;
      if (event.kind === 'changed') this.#changed(event.object);
      if (event.kind === 'deleted') this.#deleted(event.object);
      if (event.resourceVersion !== '') this.#resourceVersion = event.resourceVersion;
    }
    const isShort = !isTold && performance.now() - sinceMs < WATCH_MS_MIN;
    if (isShort && !signal.aborted) throw new KubeError('the watch ended at once');
    this.#failures = 0;
  }

  #opened(): void {
    this.#isOpen = true;
    if (!this.#isCutOff) return;
    this.#isCutOff = false;
    this.#options.outage.over();
  }

  async #relist(signal: AbortSignal): Promise<void> {
    const { api, resource, selection, cache } = this.#options;
    const { items, resourceVersion } = await api.list(resource, selection, signal);
    const uids = new Set(items.map(({ metadata }) => metadata.uid));
    for (const object of [...cache.all()]) {
      // Not what we wrote after the list was made: that is newer than the list.
      if (!uids.has(object.metadata.uid)) this.#deleted(object, resourceVersion);
    }
    for (const object of items) this.#changed(object);
    this.#resourceVersion = resourceVersion;
    this.#listedAtMs = Date.now();
    this.#isSynced = true;
    this.#markSynced();
  }

  #changed(object: T): void {
    const put = this.#options.cache.put(object);
    const before = put === false ? object : put.before;
    const isSame = before?.metadata.resourceVersion === object.metadata.resourceVersion;
    // Our own write, which the cache had from its answer, or a list of what is known.
    if (put !== false && !isSame) this.#options.onChange(object);
  }

  #deleted(object: T, goneAt: string | undefined = object.metadata.resourceVersion): void {
    if (this.#options.cache.remove(object, goneAt)) this.#options.onChange(object);
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { log, resource, outage } = this.#options;
    // Not when it was open and ended at once: two informers would end each other's waits without end.
    if (!this.#isOpen) this.#isCutOff = true;
    if (error instanceof KubeError && error.isExpired) {
      log('info', 'listing again: the watch is too old', { kind: resource.plural });
      this.#resourceVersion = '';
      // It answers: whatever failed before is over. Two of these in a row are a failure of their own.
      if (Date.now() - this.#listedAtMs > RETRY_MS_MIN) return;
    }
    this.#failures += 1;
    const waitMs = retryWaitMs(this.#failures, RETRY_MS_MAX);
    const fields = { kind: resource.plural, error: errorText(error), retryInMs: waitMs };
    log('warn', 'a watch broke', fields);
    await outage.wait(waitMs, signal);
  }
}
