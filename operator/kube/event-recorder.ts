// Owns the Events that people see with `kubectl describe`. Writing them never holds up or fails anything: they wait in a
// bounded queue, and a repeat adds to the count of the Event there is. core/v1 and not events.k8s.io/v1: the same storage,
// and every version has it.
import { formatTime } from '../api/time.ts';
import { isJson, recordAt, textAt } from './decode.ts';
import type { KubeApi } from './kube-api.ts';
import { KubeError } from './kube-error.ts';
import { EVENT_SERIES_MS, EVENTS_KNOWN_MAX, EVENTS_PENDING_MAX } from './limits.ts';
import { errorText, type Log } from './log.ts';

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
  count: number;
  lastAtMs: number;
}

interface Pending extends EventNote {
  readonly subject: Subject;
  readonly atMs: number;
}

const EVENTS = { apiVersion: 'v1', plural: 'events' } as const;
/** Whom its Events name as their source. */
export const EVENT_COMPONENT = 'etcd-ts-operator';
const MESSAGE_LENGTH_MAX = 1024;

export class EventRecorder {
  readonly #api: KubeApi;
  readonly #log: Log;
  readonly #instance: string;
  readonly #onRecord: (note: EventNote) => void;
  readonly #signal: AbortSignal;
  readonly #known: Map<string, Series>;
  readonly #pending: Pending[];
  #writing: Promise<void> | undefined;
  #counter: number;

  constructor(api: KubeApi, options: EventRecorderOptions) {
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
    if (this.#pending.length >= EVENTS_PENDING_MAX) this.#pending.shift();
    this.#pending.push({ ...note, subject, atMs: Date.now() });
    this.#writing ??= this.#drain();
  }

  /** Fulfilled when all that was recorded is written or given up. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      try {
        await this.#write(next);
      } catch (error) {
        this.#log('warn', 'an event was not written', { error: errorText(error), ...next.subject });
      }
    }
    this.#writing = undefined;
  }

  async #write(event: Pending): Promise<void> {
    const key = JSON.stringify([event.subject.uid, event.type, event.reason, event.message]);
    const series = this.#known.get(key);
    if (series !== undefined && event.atMs - series.lastAtMs < EVENT_SERIES_MS) {
      series.count += 1;
      series.lastAtMs = event.atMs;
      if (await this.#count(event, series)) return;
    }
    const name = await this.#create(event);
    this.#known.delete(key);
    this.#known.set(key, { name, count: 1, lastAtMs: event.atMs });
    const [oldest] = this.#known.keys();
    if (this.#known.size > EVENTS_KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
  }

  /** False when the Event has expired meanwhile. */
  async #count({ subject, atMs }: Pending, { name, count }: Series): Promise<boolean> {
    try {
      const place = { ...EVENTS, namespace: subject.namespace, name };
      await this.#api.patch(place, { count, lastTimestamp: formatTime(atMs) }, this.#signal);
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.isNotFound) return false;
      throw error;
    }
  }

  async #create({ subject, type, reason, message, atMs }: Pending): Promise<string> {
    this.#counter += 1;
    const suffix = `${atMs.toString(16)}${(this.#counter % 4096).toString(16).padStart(3, '0')}`;
    const answer = await this.#api.create(
      { ...EVENTS, namespace: subject.namespace },
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${subject.name}.${suffix}`, namespace: subject.namespace },
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
      },
      this.#signal,
    );
    const metadata = recordAt(isJson(answer) ? answer : {}, 'metadata');
    return textAt(metadata, 'name') ?? `${subject.name}.${suffix}`;
  }
}
