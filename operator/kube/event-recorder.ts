// Owns the Events that people see with `kubectl describe`. Writing them never holds up or fails anything: they wait in a
// bounded queue, and a repeat adds to the count of the Event there is. One that was not written goes to the end of the queue
// and is tried again, so many times; an answer that will not change is the last. core/v1 and not events.k8s.io/v1: the same
// storage, and every version has it.
import { formatTime } from '../api/time.ts';
import type { KubeApi } from './kube-api.ts';
import { KubeError } from './kube-error.ts';
import {
  EVENT_ATTEMPTS_MAX,
  EVENT_RETRY_MS_MAX,
  EVENT_SERIES_MS,
  EVENTS_KNOWN_MAX,
  EVENTS_PENDING_MAX,
} from './limits.ts';
import { errorText, type Log } from './log.ts';
import { pause, retryWaitMs } from './pause.ts';

export interface Subject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface EventRecorderOptions {
  readonly log: Log;
  /** Which of several operators it is. */
  readonly instance: string;
  readonly onRecord?: (note: EventNote) => void;
  /** Ends what is being written. */
  readonly signal: AbortSignal;
}

interface Series {
  readonly name: string;
  readonly count: number;
  readonly lastAtMs: number;
}

interface Pending extends EventNote {
  readonly subject: Subject;
  readonly atMs: number;
  /** The same in each attempt: an Event that is there already was made by one whose answer was lost. */
  readonly name: string;
  readonly attempts: number;
}

type EventApi = Pick<KubeApi, 'create' | 'patch'>;

const EVENTS = { apiVersion: 'v1', plural: 'events' } as const;
/** Whom its Events name as their source. */
export const EVENT_COMPONENT = 'etcd-ts-operator';
const MESSAGE_LENGTH_MAX = 1024;

export class EventRecorder {
  readonly #api: EventApi;
  readonly #log: Log;
  readonly #instance: string;
  readonly #onRecord: (note: EventNote) => void;
  readonly #signal: AbortSignal;
  readonly #known: Map<string, Series>;
  readonly #pending: Pending[];
  #writing: Promise<void> | undefined;
  #counter: number;

  constructor(api: EventApi, options: EventRecorderOptions) {
    this.#api = api;
    this.#log = options.log;
    this.#instance = options.instance;
    this.#onRecord = options.onRecord ?? (() => {});
    this.#signal = options.signal;
    this.#known = new Map();
    this.#pending = [];
    this.#writing = undefined;
    this.#counter = 0;
  }

  record(subject: Subject, note: EventNote): void {
    this.#onRecord(note);
    const { namespace, name } = subject;
    const { type, reason, message } = note;
    this.#log(type === 'Normal' ? 'info' : 'warn', message, { namespace, name, reason });
    this.#counter += 1;
    const atMs = Date.now();
    const suffix = `${atMs.toString(16)}${(this.#counter % 4096).toString(16).padStart(3, '0')}`;
    this.#wait({ ...note, subject, atMs, name: `${name}.${suffix}`, attempts: 0 });
    this.#writing ??= this.#drain();
  }

  /** Fulfilled when all that was recorded is written or given up. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  #wait(event: Pending): void {
    if (this.#pending.length >= EVENTS_PENDING_MAX) this.#pending.shift();
    this.#pending.push(event);
  }

  async #drain(): Promise<void> {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      try {
        await this.#write(next);
      } catch (error) {
        await this.#recover(next, error);
      }
      if (this.#signal.aborted) break;
    }
    this.#writing = undefined;
  }

  async #recover(event: Pending, error: unknown): Promise<void> {
    const attempts = event.attempts + 1;
    if (this.#signal.aborted || attempts >= EVENT_ATTEMPTS_MAX || isFinal(error)) {
      const fields = { error: errorText(error), attempts, ...event.subject };
      this.#log('warn', 'an event was not written', fields);
      return;
    }
    // Behind the others: it may be the only one that cannot be written.
    this.#wait({ ...event, attempts });
    await pause(retryWaitMs(attempts, EVENT_RETRY_MS_MAX), this.#signal);
  }

  async #write(event: Pending): Promise<void> {
    const key = JSON.stringify([event.subject.uid, event.type, event.reason, event.message]);
    const series = this.#known.get(key);
    if (series !== undefined && event.atMs - series.lastAtMs < EVENT_SERIES_MS) {
      const lastAtMs = Math.max(event.atMs, series.lastAtMs);
      const next = { name: series.name, count: series.count + 1, lastAtMs };
      if (await this.#count(event, next)) {
        this.#known.set(key, next);
        return;
      }
    }
    await this.#create(event);
    this.#known.delete(key);
    this.#known.set(key, { name: event.name, count: 1, lastAtMs: event.atMs });
    const [oldest] = this.#known.keys();
    if (this.#known.size > EVENTS_KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
  }

  /** False when the Event has expired meanwhile. */
  async #count({ subject }: Pending, { name, count, lastAtMs }: Series): Promise<boolean> {
    try {
      const place = { ...EVENTS, namespace: subject.namespace, name };
      const lastTimestamp = formatTime(lastAtMs);
      await this.#api.patch(place, { count, lastTimestamp }, this.#signal);
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.isNotFound) return false;
      throw error;
    }
  }

  async #create({ subject, name, type, reason, message, atMs }: Pending): Promise<void> {
    const { namespace } = subject;
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: subject,
      type,
      reason,
      message: message.slice(0, MESSAGE_LENGTH_MAX),
      count: 1,
      firstTimestamp: formatTime(atMs),
      lastTimestamp: formatTime(atMs),
      source: { component: EVENT_COMPONENT },
      reportingComponent: EVENT_COMPONENT,
      reportingInstance: this.#instance,
    };
    try {
      await this.#api.create({ ...EVENTS, namespace }, event, this.#signal);
    } catch (error) {
      if (!(error instanceof KubeError && error.reason === 'AlreadyExists')) throw error;
    }
  }
}

/** Refused for what it is. A conflict and too many requests pass. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof KubeError)) return true;
  const { status } = error;
  return status >= 400 && status < 500 && status !== 409 && status !== 429;
}
