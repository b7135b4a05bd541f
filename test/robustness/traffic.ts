// Owns the clients of a robustness run: each talks to one member, one request after the other, at random, and writes down
// what it asked and what it was told. Requests fail all the time here; a client waits a little and goes on.

import type { EtcdClient } from '../../client/client.ts';
import { compareMod, getOp, putOp } from '../../client/op.ts';
import { utf8Text } from '../../server/base/bytes.ts';
import type { Prng } from '../../server/base/prng.ts';
import type { KeyValue } from '../../server/proto/gen/kv.ts';
import type { ResponseHeader } from '../../server/proto/gen/rpc.ts';
import { pick } from '../support/pick.ts';
import type { Answer, KeyAt, LeaseRecord, Operation, PutOperation, Request } from './record.ts';

/** Short: a request that went to a leader which is gone is never answered. */
const TIMEOUT_MS = 1500;
const KEY_COUNT = 8;
const LEASED_KEY_COUNT = 4;
const PADDING_MAX = 300;
const PAUSE_MS = 12;
const FAILURE_PAUSE_MS = 60;
const LEASE_TTL_SECONDS = 3;
/** Reads of the past go back this far. */
const PAST_REVISIONS = 300;

export class Traffic {
  readonly operations: Operation[];
  readonly leases: Map<bigint, LeaseRecord>;
  readonly #random: Prng;
  readonly #running: Promise<void>[];
  readonly #stop: AbortController;
  readonly #padding: string;
  #counter: number;
  #clients: number;
  #answered: number;

  constructor(random: Prng) {
    this.operations = [];
    this.leases = new Map();
    this.#random = random;
    this.#running = [];
    this.#stop = new AbortController();
    this.#padding = 'x'.repeat(PADDING_MAX);
    this.#counter = 0;
    this.#clients = 0;
    this.#answered = 0;
  }

  get answered(): number {
    return this.#answered;
  }

  /** `gone` tells that the member will not come back. */
  add(client: EtcdClient, count: number, gone: () => boolean): void {
    for (let index = 0; index < count; index++) {
      const name = `client ${this.#clients++}`;
      this.#running.push(this.#run(name, client, gone));
    }
    this.#running.push(this.#runLeases(`client ${this.#clients++}`, client, gone));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  async #run(name: string, client: EtcdClient, gone: () => boolean): Promise<void> {
    const revisions = new Map<string, number>();
    let last = 0;
    while (!this.#stop.signal.aborted && !gone()) {
      const request = this.#next(revisions, last);
      const answer = await this.#ask(name, request, () => send(client, request));
      last = Math.max(last, answer?.revision ?? 0);
      if (answer !== undefined) remember(revisions, request, answer);
      await this.#pause(answer);
    }
  }

  /** Grants, uses, renews and then revokes or forgets leases. */
  async #runLeases(name: string, client: EtcdClient, gone: () => boolean): Promise<void> {
    while (!this.#stop.signal.aborted && !gone()) {
      const sentMs = performance.now();
      const granted = await client.leases
        .grant(LEASE_TTL_SECONDS, { timeoutMs: TIMEOUT_MS })
        .catch(() => undefined);
      if (granted === undefined) {
        await this.#pause(undefined);
        continue;
      }
      const { id, ttl: ttlSeconds } = granted;
      const lease: LeaseRecord = { id, ttlSeconds, renewedMs: sentMs };
      this.leases.set(id, lease);
      for (let count = this.#random.below(4); count >= 0; count--) {
        const put = this.#nextPut(`l/${this.#random.below(LEASED_KEY_COUNT)}`, id);
        const request: Request = { kind: 'put', put };
        await this.#ask(name, request, () => send(client, request));
        await this.#renew(client, lease);
        await delay(this.#random.below(1500));
      }
      if (this.#random.chance(0.3)) {
        const request: Request = { kind: 'revoke', lease: id };
        await this.#ask(name, request, () => send(client, request));
      }
    }
  }

  async #renew(client: EtcdClient, lease: LeaseRecord): Promise<void> {
    const sentMs = performance.now();
    try {
      await client.leases.keepAliveOnce(lease.id, { timeoutMs: TIMEOUT_MS });
      lease.renewedMs = sentMs;
    } catch {
      // Not renewed, as far as anybody knows.
    }
  }

  async #ask(
    client: string,
    request: Request,
    call: () => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const startMs = performance.now();
    let answer: Answer | undefined;
    try {
      answer = await call();
      this.#answered += 1;
    } catch {
      answer = undefined;
    }
    const isRead = request.kind === 'get';
    const endMs = answer === undefined ? Number.POSITIVE_INFINITY : performance.now();
    // A read without an answer says nothing.
    if (answer !== undefined || !isRead) {
      this.operations.push({ client, request, startMs, endMs, answer });
    }
    return answer;
  }

  #next(revisions: ReadonlyMap<string, number>, last: number): Request {
    const random = this.#random;
    const key = `k/${random.below(KEY_COUNT)}`;
    const kind = random.below(100);
    if (kind < 35) return { kind: 'put', put: this.#nextPut(key, 0n) };
    if (kind < 45) return { kind: 'delete', key };
    if (kind < 62) {
      const second = `k/${random.below(KEY_COUNT)}`;
      const puts = [this.#nextPut(key, 0n)];
      if (second !== key) puts.push(this.#nextPut(second, 0n));
      return { kind: 'txn', key, modRevision: revisions.get(key) ?? 0, puts };
    }
    if (kind < 70 && last > PAST_REVISIONS) {
      const revision = last - random.below(PAST_REVISIONS);
      return { kind: 'get', prefix: 'k/', revision, serializable: random.chance(0.5) };
    }
    const prefix = pick(random, ['k/', key, 'l/', '']);
    return { kind: 'get', prefix, revision: 0, serializable: kind >= 90 };
  }

  #nextPut(key: string, lease: bigint): PutOperation {
    const padding = this.#padding.slice(0, this.#random.below(PADDING_MAX));
    return { key, value: `${this.#counter++} ${padding}`, lease };
  }

  async #pause(answer: Answer | undefined): Promise<void> {
    await delay(answer === undefined ? FAILURE_PAUSE_MS : this.#random.below(2 * PAUSE_MS));
  }
}

/** What a client saw of keys, for its next comparison. */
function remember(revisions: Map<string, number>, request: Request, answer: Answer): void {
  if (request.kind === 'put') revisions.set(request.put.key, answer.revision);
  if (request.kind === 'delete') revisions.set(request.key, 0);
  if (request.kind === 'txn' && answer.done) {
    for (const { key } of request.puts) revisions.set(key, answer.revision);
  } else if (request.kind === 'txn') {
    revisions.set(request.key, answer.keys[0]?.modRevision ?? 0);
  }
  if (request.kind === 'get' && request.revision === 0) {
    for (const { key, modRevision } of answer.keys) revisions.set(key, modRevision);
  }
}

async function send({ kv, leases }: EtcdClient, request: Request): Promise<Answer> {
  const timeoutMs = TIMEOUT_MS;
  switch (request.kind) {
    case 'put': {
      const { key, value, lease } = request.put;
      const { header, prevKv } = await kv.put(key, value, { lease, prevKv: true, timeoutMs });
      return answerOf(header, true, prevKv === undefined ? [] : [prevKv]);
    }
    case 'delete': {
      const { header, deleted, prevKvs } = await kv.delete(request.key, {
        prevKv: true,
        timeoutMs,
      });
      return answerOf(header, deleted > 0, prevKvs);
    }
    case 'txn': {
      const compare = [compareMod(request.key, '=', request.modRevision)];
      const success = request.puts.map(({ key, value, lease }) => putOp(key, value, { lease }));
      const failure = [getOp(request.key)];
      const told = await kv.txn({ compare, success, failure }, { timeoutMs });
      const read = told.succeeded ? undefined : told.responses[0]?.responseRange;
      return answerOf(told.header, told.succeeded, read?.kvs ?? []);
    }
    case 'get': {
      const { prefix, revision, serializable } = request;
      const options = { prefix: true, revision, serializable, timeoutMs };
      const { header, kvs } = await kv.get(prefix, options);
      return answerOf(header, true, kvs);
    }
    case 'revoke': {
      const { header } = await leases.revoke(request.lease, { timeoutMs });
      return answerOf(header, true, []);
    }
    default:
      throw new Error('an unknown request');
  }
}

function answerOf(
  header: ResponseHeader | undefined,
  done: boolean,
  kvs: readonly KeyValue[],
): Answer {
  if (header === undefined) throw new Error('an answer without a header');
  return { revision: header.revision, done, keys: kvs.map(keyAtOf) };
}

export function keyAtOf(kv: KeyValue): KeyAt {
  const { createRevision, modRevision, version, lease } = kv;
  const key = utf8Text(kv.key);
  return { key, value: utf8Text(kv.value), createRevision, modRevision, version, lease };
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
