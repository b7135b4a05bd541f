// Owns a dumb model of etcd's key-value semantics for property tests: every revision is a full copy of all keys, every
// answer is computed from such a copy with sort and filter. It shares no code with what it judges but the requests.

import type { Command } from '../../server/apply/command.ts';
import { utf8Text } from '../../server/base/bytes.ts';
import type {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../../server/proto/gen/rpc.ts';
import type { PlainKeyValue } from './mvcc-harness.ts';

type Keys = ReadonlyMap<string, PlainKeyValue>;

class Refused extends Error {}

/** What a transaction has done so far. */
interface Draft {
  keys: Map<string, PlainKeyValue>;
  readonly revision: number;
  changed: boolean;
}

export class KvModel {
  /** All keys at each revision; the index is the revision. */
  readonly #at: Keys[] = [new Map(), new Map()];
  #compacted = -1;
  readonly leases: Set<bigint> = new Set();

  get revision(): number {
    return this.#at.length - 1;
  }

  rows(): PlainKeyValue[] {
    return sorted([...this.#now().values()]);
  }

  /** The result as the tests print it, or the code of the refusal. */
  apply(command: Command): unknown {
    try {
      return this.#run(command);
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
  }

  #run(command: Command): unknown {
    switch (command.kind) {
      case 'range':
        return this.#range(command.request, this.#now(), this.revision);
      case 'put': {
        this.#checkPut(command.request);
        return this.#write((draft) => put(command.request, draft));
      }
      case 'deleteRange':
        return this.#write((draft) => remove(command.request, draft));
      case 'txn':
        return this.#txn(command.request);
      case 'leaseGrant':
        return this.#grant(command.request.id, command.request.ttl);
      case 'leaseRevoke':
        return this.#revoke(command.request.id);
      case 'compaction':
        return this.#compact(command.request.revision);
      default:
        throw new Error(`the model does not know ${command.kind}`);
    }
  }

  #now(): Keys {
    return this.#at[this.revision] as Keys;
  }

  #write<T>(run: (draft: Draft) => T): T {
    const draft = { keys: new Map(this.#now()), revision: this.revision + 1, changed: false };
    const result = run(draft);
    if (draft.changed) this.#at.push(draft.keys);
    return result;
  }

  #grant(id: bigint, ttlSeconds: number): unknown {
    if (id === 0n) throw new Refused('leaseNotFound');
    if (this.leases.has(id)) throw new Refused('leaseExist');
    this.leases.add(id);
    return { kind: 'leaseGrant', id, ttlSeconds, revision: this.revision };
  }

  #revoke(id: bigint): unknown {
    if (!this.leases.delete(id)) throw new Refused('leaseNotFound');
    this.#write((draft) => {
      for (const kv of [...draft.keys.values()]) {
        if (kv.lease !== id) continue;
        draft.keys.delete(kv.key);
        draft.changed = true;
      }
    });
    return { kind: 'leaseRevoke', revision: this.revision };
  }

  #compact(revision: number): unknown {
    if (revision <= this.#compacted) throw new Refused('compacted');
    if (revision > this.revision) throw new Refused('futureRev');
    this.#compacted = revision;
    return { kind: 'compaction', revision: this.revision };
  }

  #range(request: RangeRequest, now: Keys, storeRevision: number): unknown {
    if (request.revision > storeRevision) throw new Refused('futureRev');
    const revision = request.revision > 0 ? request.revision : storeRevision;
    if (revision < this.#compacted) throw new Refused('compacted');
    const keys = revision === storeRevision ? now : (this.#at[revision] as Keys);
    const all = within(keys, request.key, request.rangeEnd);
    const answer = { kind: 'range', count: all.length, revision: storeRevision };
    if (request.countOnly) return { ...answer, kvs: [], more: false };
    const { limit } = request;
    // The quirk: a target without an order is sorted after the limit was applied to the keys.
    const isPushedDown = limit > 0 && isKeyOrder(request) && !hasFilters(request);
    const rows = order(
      (isPushedDown ? all.slice(0, limit + 1) : all).filter((kv) => passes(request, kv)),
      request,
    );
    const more = limit > 0 && rows.length > limit;
    const kvs = more ? rows.slice(0, limit) : rows;
    return { ...answer, more, kvs: request.keysOnly ? kvs.map((kv) => bare(kv, request)) : kvs };
  }

  // ---- transactions

  #txn(request: TxnRequest): unknown {
    const path = this.#decide(request);
    this.#check(path);
    return this.#write((draft) => {
      const responses = this.#execute(path, draft);
      const revision = draft.changed ? draft.revision : draft.revision - 1;
      return { kind: 'txn', succeeded: path.succeeded, responses, revision };
    });
  }

  #decide(request: TxnRequest): Path {
    const succeeded = request.compare.every((compare) => holds(compare, this.#now()));
    const ops = succeeded ? request.success : request.failure;
    return {
      succeeded,
      steps: ops.map((op) => ({
        op,
        inner: op.requestTxn === undefined ? undefined : this.#decide(op.requestTxn),
      })),
    };
  }

  #check(path: Path): void {
    for (const { op, inner } of path.steps) {
      const { requestRange, requestPut } = op;
      if (requestPut !== undefined) this.#checkPut(requestPut);
      if (inner !== undefined) this.#check(inner);
      if (requestRange === undefined || requestRange.revision === 0) continue;
      if (requestRange.revision > this.revision) throw new Refused('futureRev');
      if (requestRange.revision < this.#compacted) throw new Refused('compacted');
    }
  }

  #execute(path: Path, draft: Draft): unknown[] {
    return path.steps.map(({ op, inner }) => {
      if (op.requestPut !== undefined) return put(op.requestPut, draft);
      if (op.requestDeleteRange !== undefined) return remove(op.requestDeleteRange, draft);
      if (op.requestRange !== undefined) {
        const revision = draft.changed ? draft.revision : draft.revision - 1;
        return this.#range(op.requestRange, draft.keys, revision);
      }
      if (inner === undefined) return { kind: 'empty' };
      const responses = this.#execute(inner, draft);
      return { kind: 'txn', succeeded: inner.succeeded, responses, revision: 0 };
    });
  }

  #checkPut(request: PutRequest): void {
    if (request.lease !== 0n && !this.leases.has(request.lease)) throw new Refused('leaseNotFound');
    const needsKey = request.ignoreValue || request.ignoreLease;
    if (needsKey && !this.#now().has(utf8Text(request.key))) throw new Refused('keyNotFound');
  }
}

interface Path {
  readonly succeeded: boolean;
  readonly steps: readonly { readonly op: RequestOp; readonly inner: Path | undefined }[];
}

function put(request: PutRequest, draft: Draft): unknown {
  const key = utf8Text(request.key);
  const before = draft.keys.get(key);
  draft.keys.set(key, {
    key,
    // A key that was there when it was checked may be deleted by the transaction itself: then nothing is kept.
    value: request.ignoreValue && before ? before.value : utf8Text(request.value),
    lease: request.ignoreLease && before ? before.lease : request.lease,
    create: before?.create ?? draft.revision,
    mod: draft.revision,
    version: (before?.version ?? 0) + 1,
  });
  draft.changed = true;
  return { kind: 'put', revision: draft.revision, prevKv: request.prevKv ? before : undefined };
}

function remove(request: DeleteRangeRequest, draft: Draft): unknown {
  const gone = within(draft.keys, request.key, request.rangeEnd);
  for (const kv of gone) draft.keys.delete(kv.key);
  if (gone.length > 0) draft.changed = true;
  const revision = draft.changed ? draft.revision : draft.revision - 1;
  const prevKvs = request.prevKv ? gone : [];
  return { kind: 'deleteRange', revision, deleted: gone.length, prevKvs };
}

function within(keys: Keys, from: Uint8Array, rangeEnd: Uint8Array): PlainKeyValue[] {
  const start = utf8Text(from);
  const end = utf8Text(rangeEnd);
  return sorted([...keys.values()]).filter(({ key }) => {
    if (end === '') return key === start;
    return key >= start && (end === '\0' || key < end);
  });
}

function sorted(rows: PlainKeyValue[]): PlainKeyValue[] {
  return rows.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function isKeyOrder({ sortOrder, sortTarget }: RangeRequest): boolean {
  return sortOrder === 0 || (sortOrder === 1 && sortTarget === 0);
}

function hasFilters(request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return minModRevision + maxModRevision + minCreateRevision + maxCreateRevision > 0;
}

function passes(request: RangeRequest, { mod, create }: PlainKeyValue): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return (
    mod >= minModRevision &&
    create >= minCreateRevision &&
    (maxModRevision === 0 || mod <= maxModRevision) &&
    (maxCreateRevision === 0 || create <= maxCreateRevision)
  );
}

const TARGETS = ['key', 'version', 'create', 'mod', 'value'] as const;

function order(rows: PlainKeyValue[], { sortOrder, sortTarget }: RangeRequest): PlainKeyValue[] {
  const target = TARGETS[sortTarget] ?? 'key';
  const sign = sortOrder === 2 ? -1 : 1;
  return rows.sort((a, b) => {
    if (a[target] === b[target]) return 0;
    return a[target] < b[target] ? -sign : sign;
  });
}

/** Keys alone have no lease, because the index has none, unless values were read for their order. */
function bare(kv: PlainKeyValue, { sortTarget }: RangeRequest): PlainKeyValue {
  return { ...kv, value: '', lease: TARGETS[sortTarget] === 'value' ? kv.lease : 0n };
}

const NOTHING = { key: '', value: '', lease: 0n, create: 0, mod: 0, version: 0 };

function holds(compare: Compare, keys: Keys): boolean {
  const rows = within(keys, compare.key, compare.rangeEnd);
  // There is no value to compare with where there is no key.
  if (rows.length === 0) return compare.target !== 3 && accepts(compare, NOTHING);
  return rows.every((kv) => accepts(compare, kv));
}

function accepts(compare: Compare, kv: PlainKeyValue): boolean {
  const [mine, theirs] = operands(compare, kv);
  if (compare.result === 0) return mine === theirs;
  if (compare.result === 1) return mine > theirs;
  return compare.result === 2 ? mine < theirs : mine !== theirs;
}

type Operand = number | bigint | string;

function operands(compare: Compare, kv: PlainKeyValue): [Operand, Operand] {
  switch (compare.target) {
    case 0:
      return [kv.version, compare.version];
    case 1:
      return [kv.create, compare.createRevision];
    case 2:
      return [kv.mod, compare.modRevision];
    case 3:
      return [kv.value, utf8Text(compare.value)];
    default:
      return [kv.lease, compare.lease];
  }
}
