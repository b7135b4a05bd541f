// Owns the workloads over keys: put, range in its kinds, and transactions. Messages are encoded once per client and
// patched for each call.

import { must } from '../../server/base/assert.ts';
import { concatBytes } from '../../server/base/bytes.ts';
import {
  createPutRequest,
  createRangeRequest,
  createRequestOp,
  createTxnRequest,
  decodeRangeResponse,
  encodePutRequest,
  encodeRangeRequest,
  encodeTxnRequest,
} from '../../server/proto/gen/rpc.ts';
import { type Keys, makeValue, placeOf, Random } from './keys.ts';
import { KubeTask } from './kube-task.ts';
import { type LoadOptions, Path, type Task, type Workload } from './task.ts';

/** An operation of one call, whose message differs from the last only in key numbers. */
class PatchedTask implements Task {
  readonly path: string;
  readonly isStream: boolean = false;
  readonly #message: Uint8Array;
  readonly #keys: Keys;
  readonly #places: readonly number[];
  /** What is added to the number at each place. */
  readonly #offsets: readonly number[];
  readonly #numbersBelow: number;
  readonly #random: Random;

  constructor(path: string, template: Template, keys: Keys, seed: number) {
    this.path = path;
    this.#message = Uint8Array.from(template.message);
    this.#keys = keys;
    this.#places = template.places.map(([key]) => {
      const place = placeOf(template.message, key);
      if (place < 0) throw new Error('the key is not in its message');
      return place;
    });
    this.#offsets = template.places.map(([, offset]) => offset);
    this.#numbersBelow = Math.max(1, keys.count - Math.max(0, ...this.#offsets));
    this.#random = new Random(seed);
  }

  begin(): Uint8Array {
    const number = this.#random.below(this.#numbersBelow);
    for (let i = 0; i < this.#places.length; i++) {
      const place = this.#places[i] as number;
      this.#keys.write(number + (this.#offsets[i] as number), this.#message, place);
    }
    return this.#message;
  }

  take(): void {}

  next(): undefined {
    return undefined;
  }
}

interface Template {
  readonly message: Uint8Array;
  /** Keys in the message, and how much their numbers are ahead of the first. */
  readonly places: readonly (readonly [key: Uint8Array, offset: number])[];
}

function putTemplate({ keys, valueBytes }: LoadOptions, client: number): Template {
  const key = keys.make(0);
  const value = makeValue(valueBytes, client);
  return { message: encodePutRequest(createPutRequest({ key, value })), places: [[key, 0]] };
}

function rangeTemplate(options: LoadOptions, serializable: boolean, isOneKey: boolean): Template {
  const key = options.keys.make(0);
  if (isOneKey) {
    const message = encodeRangeRequest(createRangeRequest({ key, serializable }));
    return { message, places: [[key, 0]] };
  }
  const rangeEnd = options.keys.make(options.rangeKeys);
  const message = encodeRangeRequest(createRangeRequest({ key, rangeEnd, serializable }));
  return {
    message,
    places: [
      [key, 0],
      [rangeEnd, options.rangeKeys],
    ],
  };
}

/** Reads and writes, each inside a transaction. */
class MixedTask implements Task {
  readonly path: string = Path.txn;
  readonly isStream: boolean = false;
  readonly #read: PatchedTask;
  readonly #write: PatchedTask;
  readonly #readPercent: number;
  readonly #random: Random;

  constructor(options: LoadOptions, client: number) {
    const key = options.keys.make(0);
    const value = makeValue(options.valueBytes, client);
    const readOp = createRequestOp({ requestRange: createRangeRequest({ key }) });
    const writeOp = createRequestOp({ requestPut: createPutRequest({ key, value }) });
    const [read, write] = [readOp, writeOp].map((operation) => ({
      message: encodeTxnRequest(createTxnRequest({ success: [operation] })),
      places: [[key, 0]] as const,
    }));
    this.#read = new PatchedTask(Path.txn, must(read, 'two'), options.keys, client + 1);
    this.#write = new PatchedTask(Path.txn, must(write, 'two'), options.keys, client + 1);
    this.#readPercent = options.readPercent;
    this.#random = new Random(client + 7);
  }

  begin(): Uint8Array {
    const isRead = this.#random.below(100) < this.#readPercent;
    return isRead ? this.#read.begin() : this.#write.begin();
  }

  take(): void {}

  next(): undefined {
    return undefined;
  }
}

/** Lists all keys in pages at the first page's revision, as an API server lists, again and again. An operation is a page. */
class PagedListTask implements Task {
  readonly path: string = Path.range;
  readonly isStream: boolean = false;
  readonly #first: Uint8Array;
  readonly #rangeEnd: Uint8Array;
  readonly #limit: number;
  #nextMessage: Uint8Array | undefined;
  #revision: number;

  constructor({ keys, rangeKeys }: LoadOptions) {
    this.#first = keys.make(0);
    this.#rangeEnd = keys.make(keys.count);
    this.#limit = rangeKeys;
    this.#nextMessage = undefined;
    this.#revision = 0;
  }

  begin(): Uint8Array {
    if (this.#nextMessage !== undefined) return this.#nextMessage;
    this.#revision = 0;
    return this.#page(this.#first);
  }

  take(bytes: Uint8Array, start: number, end: number): void {
    const { header, kvs, more } = decodeRangeResponse(bytes, start, end);
    if (this.#revision === 0) this.#revision = header?.revision ?? 0;
    const last = kvs.at(-1);
    const hasNext = more && last !== undefined;
    this.#nextMessage = hasNext ? this.#page(concatBytes([last.key, ZERO])) : undefined;
  }

  next(): undefined {
    return undefined;
  }

  #page(key: Uint8Array): Uint8Array {
    const [rangeEnd, limit, revision] = [this.#rangeEnd, this.#limit, this.#revision];
    return encodeRangeRequest(createRangeRequest({ key, rangeEnd, limit, revision }));
  }
}

const ZERO = new Uint8Array(1);

function rangeWorkload(
  name: string,
  about: string,
  serializable: boolean,
  isOneKey: boolean,
): Workload {
  return {
    name,
    about,
    needsKeys: true,
    createTask: (options, client) => {
      const template = rangeTemplate(options, serializable, isOneKey);
      return Promise.resolve(new PatchedTask(Path.range, template, options.keys, client + 1));
    },
  };
}

function kubeWorkload(): Workload {
  let revisions: Float64Array | undefined;
  return {
    name: 'txn-kube',
    about: 'put a key if its revision is the one last seen, else read it',
    needsKeys: true,
    createTask: (options, client) => {
      revisions ??= new Float64Array(options.keys.count);
      return Promise.resolve(new KubeTask(options, client, revisions));
    },
  };
}

export const KV_WORKLOADS: readonly Workload[] = [
  {
    name: 'put',
    about: 'put one random key',
    needsKeys: false,
    createTask: (options, client) => {
      const template = putTemplate(options, client);
      return Promise.resolve(new PatchedTask(Path.put, template, options.keys, client + 1));
    },
  },
  rangeWorkload('range', 'read one key, linearizable', false, true),
  rangeWorkload('range-serializable', 'read one key, serializable', true, true),
  rangeWorkload('range-many', 'read --range-keys keys at once, linearizable', false, false),
  rangeWorkload('range-many-serializable', 'the same, serializable', true, false),
  {
    name: 'list',
    about: 'list all keys in pages of --range-keys at one revision, page by page',
    needsKeys: true,
    createTask: (options) => Promise.resolve(new PagedListTask(options)),
  },
  {
    name: 'txn-mixed',
    about: 'transactions of one read or one put, --read-percent of them reads',
    needsKeys: true,
    createTask: (options, client) => Promise.resolve(new MixedTask(options, client)),
  },
  kubeWorkload(),
];
