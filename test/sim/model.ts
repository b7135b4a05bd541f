// Owns the reference: what the cluster's store must hold after each committed entry, computed from the log by the
// simplest code that does it. Written from etcd's documented behaviour, sharing nothing with server/mvcc and server/lease,
// so that an error has to be made twice to go unseen. Keys and values are Latin-1 texts here.

import { decodeCommand } from '../../server/apply/command.ts';
import {
  type Compare,
  CompareResult,
  CompareTarget,
  type DeleteRangeRequest,
  type PutRequest,
  type TxnRequest,
} from '../../server/proto/gen/rpc.ts';
import { type Entry, EntryType } from '../../server/raft/types.ts';

export interface ModelKv {
  readonly key: string;
  readonly value: string;
  readonly create: number;
  readonly mod: number;
  readonly version: number;
  readonly lease: bigint;
}

export interface ModelEvent {
  readonly revision: number;
  readonly key: string;
  /** Undefined for a deletion. */
  readonly kv: ModelKv | undefined;
  readonly previous: ModelKv | undefined;
}

interface ModelVersion {
  readonly revision: number;
  readonly kv: ModelKv | undefined;
}

interface ModelLease {
  readonly ttlSeconds: number;
  readonly keys: Set<string>;
}

/** What an entry must have answered. */
export interface ModelOutcome {
  readonly index: number;
  /** Code of the EtcdError, when it was refused. */
  readonly error: string | undefined;
  readonly revision: number;
  /** True when the entry made `revision`. */
  readonly changed: boolean;
  readonly succeeded: boolean;
  readonly deleted: number;
  readonly previous: readonly (ModelKv | undefined)[];
  /** The lease the entry ended; 0n for none. */
  readonly revoked: bigint;
}

/** Thrown inside for what etcd refuses. */
class Refusal extends Error {}

/** One entry at work. */
class Work {
  readonly revision: number;
  changed = false;
  deleted = 0;
  succeeded = true;
  revoked = 0n;
  readonly previous: (ModelKv | undefined)[] = [];

  constructor(revision: number) {
    this.revision = revision;
  }
}

export class Model {
  readonly leases: Map<bigint, ModelLease> = new Map();
  /** Events by revision. */
  readonly #events: (readonly ModelEvent[])[] = [];
  readonly #live: Map<string, ModelKv> = new Map();
  readonly #versions: Map<string, ModelVersion[]> = new Map();
  readonly #minTtlSeconds: number;
  /** Revision, compact revision and number of leases after each index of the log. */
  readonly #after: { revision: number; compactRevision: number; leases: number }[] = [];
  #revision = 1;
  #compactRevision = -1;
  #pending: ModelEvent[] = [];

  constructor(minTtlSeconds: number) {
    this.#minTtlSeconds = minTtlSeconds;
    this.#after.push({ revision: 1, compactRevision: -1, leases: 0 });
  }

  get revision(): number {
    return this.#revision;
  }

  get compactRevision(): number {
    return this.#compactRevision;
  }

  get index(): number {
    return this.#after.length - 1;
  }

  /** What the numbers of a store that applied `index` must be. */
  after(index: number): { revision: number; compactRevision: number; leases: number } | undefined {
    return this.#after[index];
  }

  eventsAt(revision: number): readonly ModelEvent[] {
    return this.#events[revision] ?? [];
  }

  /** Live keys in [key, end) as of a revision, ascending. */
  range(key: string, end: string, revision: number): ModelKv[] {
    const found: ModelKv[] = [];
    for (const [name, versions] of this.#versions) {
      if (!isInRange(name, key, end)) continue;
      let i = versions.length - 1;
      while (i >= 0 && (versions[i] as ModelVersion).revision > revision) i--;
      const kv = versions[i]?.kv;
      if (kv !== undefined) found.push(kv);
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Takes the next committed entry. */
  apply(entry: Entry): ModelOutcome {
    const work = new Work(this.#revision + 1);
    let error: string | undefined;
    if (entry.type === EntryType.normal && entry.data.length > 0) {
      try {
        this.#command(entry.data, work);
      } catch (cause) {
        if (!(cause instanceof Refusal)) throw cause;
        error = cause.message;
      }
    }
    if (work.changed) {
      this.#revision = work.revision;
      this.#events[work.revision] = this.#pending;
      this.#pending = [];
    }
    const { revision, compactRevision } = this;
    this.#after.push({ revision, compactRevision, leases: this.leases.size });
    const { changed, deleted, succeeded, previous, revoked } = work;
    return { index: entry.index, error, revision, changed, succeeded, deleted, previous, revoked };
  }

  #command(data: Uint8Array, work: Work): void {
    const command = decodeCommand(data);
    switch (command.kind) {
      case 'put':
        this.#checkPut(command.request);
        this.#put(command.request, work);
        return;
      case 'deleteRange':
        this.#deleteRange(command.request, work);
        return;
      case 'txn':
        this.#txn(command.request, work);
        return;
      case 'compaction':
        this.#compact(command.request.revision);
        return;
      case 'leaseGrant':
        this.#grant(command.request.id, command.request.ttl);
        return;
      case 'leaseRevoke':
        this.#revoke(command.request.id, work);
        return;
      default:
    }
  }

  #checkPut(request: PutRequest): void {
    if (request.lease !== 0n && !this.leases.has(request.lease)) throw new Refusal('leaseNotFound');
    if (request.ignoreValue || request.ignoreLease) {
      if (!this.#live.has(textOf(request.key))) throw new Refusal('keyNotFound');
    }
  }

  #put(request: PutRequest, work: Work): void {
    const key = textOf(request.key);
    const before = this.#live.get(key);
    const lease = request.ignoreLease ? (before?.lease ?? 0n) : request.lease;
    work.changed = true;
    if (request.prevKv) work.previous.push(before);
    this.#set(key, work.revision, {
      key,
      value: request.ignoreValue ? (before?.value ?? '') : textOf(request.value),
      create: before?.create ?? work.revision,
      mod: work.revision,
      version: (before?.version ?? 0) + 1,
      lease,
    });
  }

  #deleteRange(request: DeleteRangeRequest, work: Work): void {
    const key = textOf(request.key);
    const end = textOf(request.rangeEnd);
    for (const kv of this.#liveIn(key, end)) {
      if (request.prevKv) work.previous.push(kv);
      this.#delete(kv.key, work);
    }
  }

  #txn(request: TxnRequest, work: Work): void {
    work.succeeded = request.compare.every((compare) => this.#holds(compare));
    const ops = work.succeeded ? request.success : request.failure;
    for (const op of ops) {
      if (op.requestPut !== undefined) this.#checkPut(op.requestPut);
      const revision = op.requestRange?.revision ?? 0;
      if (revision > this.#revision) throw new Refusal('futureRev');
      if (revision > 0 && revision < this.#compactRevision) throw new Refusal('compacted');
    }
    for (const op of ops) {
      if (op.requestPut !== undefined) this.#put(op.requestPut, work);
      else if (op.requestDeleteRange !== undefined) this.#deleteRange(op.requestDeleteRange, work);
    }
  }

  #holds(compare: Compare): boolean {
    const kv = this.#live.get(textOf(compare.key));
    switch (compare.target) {
      case CompareTarget.version:
        return accepts(compare.result, (kv?.version ?? 0) - compare.version);
      case CompareTarget.create:
        return accepts(compare.result, (kv?.create ?? 0) - compare.createRevision);
      case CompareTarget.mod:
        return accepts(compare.result, (kv?.mod ?? 0) - compare.modRevision);
      case CompareTarget.value: {
        if (kv === undefined) return false;
        const value = textOf(compare.value);
        return accepts(compare.result, kv.value === value ? 0 : kv.value < value ? -1 : 1);
      }
      default:
        throw new Error(`the model does not compare target ${compare.target}`);
    }
  }

  #compact(revision: number): void {
    if (revision <= this.#compactRevision) throw new Refusal('compacted');
    if (revision > this.#revision) throw new Refusal('futureRev');
    this.#compactRevision = revision;
  }

  #grant(id: bigint, ttlSeconds: number): void {
    if (this.leases.has(id)) throw new Refusal('leaseExist');
    this.leases.set(id, { ttlSeconds: Math.max(ttlSeconds, this.#minTtlSeconds), keys: new Set() });
  }

  #revoke(id: bigint, work: Work): void {
    const lease = this.leases.get(id);
    if (lease === undefined) throw new Refusal('leaseNotFound');
    for (const key of [...lease.keys].sort()) this.#delete(key, work);
    this.leases.delete(id);
    work.revoked = id;
  }

  #liveIn(key: string, end: string): ModelKv[] {
    const found = [...this.#live.values()].filter((kv) => isInRange(kv.key, key, end));
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #delete(key: string, work: Work): void {
    work.changed = true;
    work.deleted++;
    this.#set(key, work.revision, undefined);
  }

  #set(key: string, revision: number, kv: ModelKv | undefined): void {
    const previous = this.#live.get(key);
    if (previous !== undefined && previous.lease !== 0n) {
      this.leases.get(previous.lease)?.keys.delete(key);
    }
    if (kv === undefined) this.#live.delete(key);
    else {
      this.#live.set(key, kv);
      if (kv.lease !== 0n) this.leases.get(kv.lease)?.keys.add(key);
    }
    const versions = this.#versions.get(key);
    if (versions === undefined) this.#versions.set(key, [{ revision, kv }]);
    else versions.push({ revision, kv });
    this.#pending.push({ revision, key, kv, previous });
  }
}

function accepts(result: number, order: number): boolean {
  switch (result) {
    case CompareResult.equal:
      return order === 0;
    case CompareResult.notEqual:
      return order !== 0;
    case CompareResult.greater:
      return order > 0;
    default:
      return order < 0;
  }
}

/** Whether a key lies in a range as requests write it: no end is one key, a zero byte is no bound. */
export function isInRange(name: string, key: string, end: string): boolean {
  if (end === '') return name === key;
  return name >= key && (end === '\0' || name < end);
}

export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
