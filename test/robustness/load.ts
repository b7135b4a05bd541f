// Owns the load of the crash loop: writers that each change their own keys one request at a time and tell the history what
// was acknowledged and what is in doubt. Everything random comes from a seed, but not the order of writers.

import { utf8Bytes, utf8Text } from '../../server/base/bytes.ts';
import { Prng } from '../../server/base/prng.ts';
import {
  createDeleteRangeRequest,
  createPutRequest,
  createRangeRequest,
  createRequestOp,
  createTxnRequest,
  type ResponseHeader,
} from '../../server/proto/gen/rpc.ts';
import type { EtcdCalls } from '../support/etcd-calls.ts';
import type { Change, History, Write } from './history.ts';

export interface LoadOptions {
  readonly calls: EtcdCalls;
  readonly history: History;
  readonly seed: number;
  readonly writerCount: number;
  /** Values are filled up to this size. */
  readonly valueBytes: number;
  /** A lease that lasts longer than the suite. */
  readonly lease: bigint;
}

const KEYS_PER_WRITER = 8;

export class Load {
  readonly #options: LoadOptions;
  readonly #padding: string;
  readonly #running: Promise<void>;
  readonly #wrong: string[];
  #stopped: boolean;
  #counter: number;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#padding = 'x'.repeat(options.valueBytes);
    this.#wrong = [];
    this.#stopped = false;
    this.#counter = 0;
    const writers = Array.from({ length: options.writerCount }, (_, writer) => this.#write(writer));
    this.#running = Promise.all(writers).then(() => undefined);
  }

  /** Stops after the requests in flight; returns what was wrong with answers. */
  async stop(): Promise<readonly string[]> {
    this.#stopped = true;
    await this.#running;
    return this.#wrong;
  }

  /** One writer: until stopped, or until a request fails, which is the crash. */
  async #write(writer: number): Promise<void> {
    const random = new Prng(this.#options.seed * 1000 + writer);
    while (!this.#stopped) {
      const write = this.#nextWrite(writer, random);
      try {
        if (random.below(10) === 0) await this.#readBack(write.changes[0]?.key ?? '');
        const revision = await this.#send(write);
        // A deletion of nothing changes nothing and has no revision of its own.
        const problem =
          revision === 0 ? undefined : this.#options.history.acknowledge(write, revision);
        if (problem !== undefined) this.#wrong.push(problem);
      } catch {
        this.#options.history.doubt(write);
        return;
      }
    }
  }

  #nextWrite(writer: number, random: Prng): Write {
    const key = (): string => `load/${writer}/${random.below(KEYS_PER_WRITER)}`;
    const change = (name: string): Change => ({
      key: name,
      value: this.#nextValue(writer, random),
      lease: random.below(5) === 0 ? this.#options.lease : 0n,
    });
    const first = key();
    const kind = random.below(10);
    if (kind === 0) return { changes: [{ key: first, value: undefined, lease: 0n }] };
    if (kind > 2) return { changes: [change(first)] };
    const second = key();
    return { changes: second === first ? [change(first)] : [change(first), change(second)] };
  }

  #nextValue(writer: number, random: Prng): string {
    const head = `${this.#options.seed}.${writer}.${this.#counter++} `;
    return head + this.#padding.slice(0, random.below(this.#padding.length + 1));
  }

  /** Resolves the revision of the write; 0 for a deletion that found nothing. */
  async #send({ changes }: Write): Promise<number> {
    const { calls } = this.#options;
    const [first] = changes;
    if (first === undefined) return 0;
    if (first.value === undefined) {
      const request = createDeleteRangeRequest({ key: utf8Bytes(first.key) });
      const { header, deleted } = await calls.deleteRange(request);
      return deleted === 0 ? 0 : revisionOf(header);
    }
    if (changes.length === 1) return revisionOf((await calls.put(putOf(first))).header);
    const success = changes.map((change) => createRequestOp({ requestPut: putOf(change) }));
    return revisionOf((await calls.txn(createTxnRequest({ success }))).header);
  }

  /** A linearizable read sees this writer's last write. */
  async #readBack(key: string): Promise<void> {
    const { calls, history } = this.#options;
    if (history.isDoubtful(key)) return;
    const { kvs } = await calls.range(createRangeRequest({ key: utf8Bytes(key) }));
    const { value, revision } = history.state(key);
    const found = kvs[0];
    const same =
      found === undefined
        ? value === undefined
        : utf8Text(found.value) === value && found.modRevision === revision;
    if (!same) this.#wrong.push(`${key}: a read after the write at ${revision} saw something else`);
  }
}

function putOf({ key, value = '', lease }: Change): ReturnType<typeof createPutRequest> {
  return createPutRequest({ key: utf8Bytes(key), value: utf8Bytes(value), lease });
}

export function revisionOf(header: ResponseHeader | undefined): number {
  if (header === undefined) throw new Error('an answer without a header');
  return header.revision;
}
