// Owns the shape of what clients of a robustness run write down: requests with their answers and times, and what watchers
// were sent. The checker reads nothing else. A request nobody answered may have happened, or may happen later.

/** A key as it was at some revision. */
export interface KeyAt {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** 0n: none. */
  readonly lease: bigint;
}

export interface PutOperation {
  readonly key: string;
  /** No two puts of a run have the same. */
  readonly value: string;
  readonly lease: bigint;
}

export type Request =
  | { readonly kind: 'put'; readonly put: PutOperation }
  | { readonly kind: 'delete'; readonly key: string }
  /** Puts all when `key` was last changed at `modRevision`, reads `key` otherwise. */
  | {
      readonly kind: 'txn';
      readonly key: string;
      readonly modRevision: number;
      readonly puts: readonly PutOperation[];
    }
  /** All keys with a prefix. `revision` 0: now. */
  | {
      readonly kind: 'get';
      readonly prefix: string;
      readonly revision: number;
      readonly serializable: boolean;
    }
  | { readonly kind: 'revoke'; readonly lease: bigint };

export interface Answer {
  /** The header's. */
  readonly revision: number;
  /** delete: whether there was something. txn: whether the comparison held. */
  readonly done: boolean;
  /** put, delete: what was there before. txn that did not hold, get: what was read. Ascending by key. */
  readonly keys: readonly KeyAt[];
}

export interface Operation {
  readonly client: string;
  readonly request: Request;
  readonly startMs: number;
  /** Infinity without an answer. */
  readonly endMs: number;
  readonly answer: Answer | undefined;
}

/** One change of one key. */
export interface Change {
  readonly revision: number;
  readonly key: string;
  /** Undefined: the key was deleted. */
  readonly value: string | undefined;
  readonly createRevision: number;
  readonly version: number;
  readonly lease: bigint;
  /** What was there before, where it was asked for. */
  readonly previous?: KeyAt | undefined;
}

/** One message of a watch; without changes it tells how far the watch is. */
export interface Batch {
  readonly revision: number;
  readonly changes: readonly Change[];
  readonly atMs: number;
}

export interface WatchRecord {
  readonly name: string;
  readonly prefix: string;
  readonly startRevision: number;
  readonly withPrevious: boolean;
  readonly batches: Batch[];
}

/** A lease that a client was granted, and when it was last told that the lease lives on. */
export interface LeaseRecord {
  readonly id: bigint;
  readonly ttlSeconds: number;
  /** When the last acknowledged renewal, or the grant, was sent. */
  renewedMs: number;
}

/** Everything up to here was delivered. The header of a batch that catches up tells a later revision. */
export function positionOf({ batches, startRevision }: WatchRecord): number {
  const last = batches.at(-1);
  return last?.changes.at(-1)?.revision ?? last?.revision ?? startRevision - 1;
}
