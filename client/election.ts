// Owns elections between sessions: a queue of candidates, each with a value, of which the first is the leader.
// etcd: client/v3/concurrency/election.go.
import { utf8Text } from '../server/base/bytes.ts';
import { GrpcStatus } from '../server/base/errors.ts';
import type { KeyValue } from '../server/proto/gen/kv.ts';
import type { RangeResponse, ResponseHeader } from '../server/proto/gen/rpc.ts';
import { ClientError } from './client-error.ts';
import { compareCreate, deleteOp, putOp } from './op.ts';
import { isInFront, takePlace, type WaitOptions, waitForFront } from './queue-key.ts';
import type { Session } from './session.ts';

/** A leadership as it can be handed to another process. */
export interface LeaderKey {
  readonly key: string;
  readonly createRevision: number;
}

export class Election {
  readonly #session: Session;
  readonly #prefix: string;
  #leader: LeaderKey | undefined;
  #header: ResponseHeader | undefined;

  constructor(session: Session, name: string) {
    this.#session = session;
    this.#prefix = `${name}/`;
    this.#leader = undefined;
    this.#header = undefined;
  }

  /** This session's candidacy while it stands; undefined otherwise. */
  get leaderKey(): LeaderKey | undefined {
    return this.#leader;
  }

  /** The header of the last answer that changed something. */
  get header(): ResponseHeader | undefined {
    return this.#header;
  }

  /** Waits until this session leads. When this throws, the candidacy is withdrawn. */
  async campaign(value: string, options: WaitOptions = {}): Promise<void> {
    const place = await takePlace(this.#session, this.#prefix, value, options);
    const { key, createRevision, existing } = place;
    this.#leader = { key, createRevision };
    this.#header = place.header;
    try {
      if (existing !== undefined && utf8Text(existing.value) !== value) await this.proclaim(value);
      if (isInFront(place)) return;
      await waitForFront(this.#session.client, this.#prefix, createRevision - 1, options);
    } catch (error) {
      await this.resign();
      throw error;
    }
  }

  /** Changes the leader's value without a new election. */
  async proclaim(value: string): Promise<void> {
    const leader = this.#leader;
    if (leader === undefined) throw notLeader();
    const response = await this.#session.client.kv.txn({
      compare: [compareCreate(leader.key, '=', leader.createRevision)],
      success: [putOp(leader.key, value, { lease: this.#session.leaseId })],
    });
    if (!response.succeeded) {
      this.#leader = undefined;
      throw notLeader();
    }
    this.#header = response.header;
  }

  /** Gives the leadership, or the place in the queue, to the next. */
  async resign(): Promise<void> {
    const leader = this.#leader;
    this.#leader = undefined;
    if (leader === undefined) return;
    const response = await this.#session.client.kv.txn({
      compare: [compareCreate(leader.key, '=', leader.createRevision)],
      success: [deleteOp(leader.key)],
    });
    this.#header = response.header;
  }

  /** The leader's key and value. Throws when there is none. */
  async leader(options: WaitOptions = {}): Promise<RangeResponse> {
    const response = await this.#front(options);
    if (response.kvs.length === 0) {
      throw new ClientError(GrpcStatus.notFound, 'election: no leader');
    }
    return response;
  }

  /** The leader's value, and every change of value or leader from then on, until aborted. */
  async *observe(options: WaitOptions = {}): AsyncGenerator<RangeResponse, void, undefined> {
    while (options.signal?.aborted !== true) {
      const current = await this.#front(options);
      const leader = current.kvs[0] ?? (await this.#nextCandidate(current, options));
      if (leader === undefined) return;
      const header = current.header;
      yield { header, kvs: [leader], more: false, count: 0 };
      yield* this.#follow(leader, options);
    }
  }

  /** Every value the leader proclaims, until its key goes. */
  async *#follow(
    leader: KeyValue,
    options: WaitOptions,
  ): AsyncGenerator<RangeResponse, void, undefined> {
    const watcher = this.#session.client.watches.open(leader.key, {
      ...options,
      startRevision: leader.modRevision + 1,
    });
    for await (const { header, events } of watcher) {
      for (const event of events) {
        if (event.type !== 0 || event.kv === undefined) return;
        yield { header, kvs: [event.kv], more: false, count: 0 };
      }
    }
  }

  /** Waits for a first candidate. */
  async #nextCandidate(empty: RangeResponse, options: WaitOptions): Promise<KeyValue | undefined> {
    const watcher = this.#session.client.watches.open(this.#prefix, {
      ...options,
      prefix: true,
      startRevision: (empty.header?.revision ?? 0) + 1,
      noDelete: true,
    });
    for await (const { events } of watcher) {
      const [first] = events;
      if (first?.kv !== undefined) return first.kv;
    }
    return undefined;
  }

  #front(options: WaitOptions): Promise<RangeResponse> {
    return this.#session.client.kv.get(this.#prefix, {
      ...options,
      prefix: true,
      sortTarget: 'create',
      sortOrder: 'ascend',
      limit: 1,
    });
  }
}

function notLeader(): ClientError {
  return new ClientError(GrpcStatus.failedPrecondition, 'election: not leader');
}
