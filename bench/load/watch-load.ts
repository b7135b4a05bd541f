// Owns the watch load: every client watches all keys on a stream of its own, one connection puts keys at a rate, and the
// latency counted is from a put's start to each watcher's event. The start travels in the value.

import {
  createPutRequest,
  createWatchCreateRequest,
  createWatchRequest,
  decodeWatchResponse,
  encodePutRequest,
  encodeWatchRequest,
} from '../../server/proto/gen/rpc.ts';
import { Connection } from './connection.ts';
import type { DriverHooks, DriverOptions, DriverResult } from './driver.ts';
import { makeValue, placeOf, Random } from './keys.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { type LoadOptions, Path } from './task.ts';

const START_BYTES = 8;
const DEFAULT_RATE = 100;
const TIMER_MS = 1;
/** Events of the last puts may be on their way for this long. */
const DRAIN_MS = 200;

export async function runWatchLoad(
  options: LoadOptions,
  driver: DriverOptions,
  connections: readonly Connection[],
  hooks: DriverHooks,
): Promise<DriverResult> {
  const counter = new EventCounter();
  const streams: Promise<void>[] = [];
  for (let client = 0; client < options.clients; client++) {
    const connection = connections[client % connections.length];
    if (connection !== undefined) streams.push(openWatch(connection, options, counter));
  }
  await Promise.all(streams);
  const writer = await Connection.open(options.endpoints[0] ?? '');
  const puts = new PutTimer(writer, options, driver.rate > 0 ? driver.rate : DEFAULT_RATE);
  await sleep(driver.warmupMs);
  hooks.onCounting();
  const countedFrom = performance.now();
  counter.countFrom(countedFrom);
  await sleep(driver.durationMs);
  puts.stop();
  const elapsedMs = performance.now() - countedFrom;
  await sleep(DRAIN_MS);
  hooks.onCounted();
  writer.close();
  const { histogram, errorCount, firstError } = counter;
  return { histogram, elapsedMs, errorCount, firstError };
}

class EventCounter {
  readonly histogram: LatencyHistogram;
  errorCount: number;
  firstError: string;
  #countedFrom: number;

  constructor() {
    this.histogram = new LatencyHistogram();
    this.errorCount = 0;
    this.firstError = '';
    this.#countedFrom = Number.POSITIVE_INFINITY;
  }

  countFrom(time: number): void {
    this.#countedFrom = time;
  }

  take(value: Uint8Array, now: number): void {
    const view = new DataView(value.buffer, value.byteOffset, value.length);
    const startedAt = view.getFloat64(0);
    if (startedAt >= this.#countedFrom) this.histogram.add((now - startedAt) * 1000);
  }

  fail(reason: string): void {
    this.errorCount += 1;
    if (this.firstError === '') this.firstError = reason;
  }
}

/** Resolves when the watch is there. */
function openWatch(
  connection: Connection,
  { keys }: LoadOptions,
  counter: EventCounter,
): Promise<void> {
  return new Promise((resolve) => {
    const createRequest = createWatchCreateRequest({
      key: keys.make(0),
      rangeEnd: keys.make(keys.count),
    });
    const stream = connection.stream(Path.watch, {
      onMessage: (bytes, start, end) => {
        const now = performance.now();
        const response = decodeWatchResponse(bytes, start, end);
        if (response.created) resolve();
        for (const { kv } of response.events) if (kv !== undefined) counter.take(kv.value, now);
      },
      onEnd: (status, message) => {
        counter.fail(`watch ended with status ${status}: ${message}`);
        resolve();
      },
    });
    stream.send(encodeWatchRequest(createWatchRequest({ createRequest })), false);
  });
}

/** Puts keys at a rate, the time of each in its value. */
class PutTimer {
  readonly #connection: Connection;
  readonly #message: Uint8Array;
  readonly #keyPlace: number;
  readonly #view: DataView;
  readonly #valuePlace: number;
  readonly #options: LoadOptions;
  readonly #rate: number;
  readonly #random: Random;
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout;
  #count: number;

  constructor(connection: Connection, options: LoadOptions, rate: number) {
    const key = options.keys.make(0);
    const value = makeValue(Math.max(START_BYTES, options.valueBytes), 1);
    this.#connection = connection;
    this.#message = Uint8Array.from(encodePutRequest(createPutRequest({ key, value })));
    this.#keyPlace = placeOf(this.#message, key);
    this.#valuePlace = placeOf(this.#message, value);
    this.#view = new DataView(this.#message.buffer);
    this.#options = options;
    this.#rate = rate;
    this.#random = new Random(1);
    this.#startedAt = performance.now();
    this.#count = 0;
    this.#timer = setInterval(() => this.#putDue(), TIMER_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #putDue(): void {
    const due = ((performance.now() - this.#startedAt) * this.#rate) / 1000;
    for (; this.#count < due; this.#count++) {
      const { keys } = this.#options;
      keys.write(this.#random.below(keys.count), this.#message, this.#keyPlace);
      this.#view.setFloat64(this.#valuePlace, performance.now());
      this.#connection.unary(Path.put, this.#message, PUT_EVENTS);
    }
  }
}

const PUT_EVENTS = {
  onMessage: (): void => undefined,
  onEnd: (status: number, message: string): void => {
    if (status > 0) throw new Error(`put failed with status ${status}: ${message}`);
  },
};

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
