// Owns the queue that locks and elections have in common: every contender has a key under a prefix, named after its lease;
// the one whose key was created first is in front, and the others wait for the key before theirs to go.
// etcd: client/v3/concurrency/key.go, mutex.go.
import { utf8Text } from '../server/base/bytes.ts';
import type { KeyValue } from '../server/proto/gen/kv.ts';
import type {
  RangeResponse,
  RequestOp,
  ResponseHeader,
  TxnResponse,
} from '../server/proto/gen/rpc.ts';
import type { EtcdClient } from './client.ts';
import { canceled } from './client-error.ts';
import { compareCreate, getOp, putOp } from './op.ts';
import type { Session } from './session.ts';

export interface WaitOptions {
  readonly signal?: AbortSignal;
}

/** A contender's place in the queue. */
export interface Place {
  readonly key: string;
  readonly createRevision: number;
  /** The front of the queue when the place was taken. */
  readonly front: KeyValue | undefined;
  /** What the key already held, for a contender that has been here before. */
  readonly existing: KeyValue | undefined;
  readonly header: ResponseHeader | undefined;
}

export function contenderKey(prefix: string, session: Session): string {
  return `${prefix}${BigInt.asUintN(64, session.leaseId).toString(16)}`;
}

/** Asks for the contender in front. */
export function frontOp(prefix: string): RequestOp {
  return getOp(prefix, { prefix: true, sortTarget: 'create', sortOrder: 'ascend', limit: 1 });
}

/** Makes the session's key under `prefix` unless it is there. */
export async function takePlace(
  session: Session,
  prefix: string,
  value: string,
  options: WaitOptions,
): Promise<Place> {
  const key = contenderKey(prefix, session);
  const response = await session.client.kv.txn(
    {
      compare: [compareCreate(key, '=', 0)],
      success: [putOp(key, value, { lease: session.leaseId }), frontOp(prefix)],
      failure: [getOp(key), frontOp(prefix)],
    },
    options,
  );
  return placeOf(key, response);
}

function placeOf(key: string, response: TxnResponse): Place {
  const front = response.responses[1]?.responseRange?.kvs[0];
  const existing = response.responses[0]?.responseRange?.kvs[0];
  const createRevision = response.succeeded
    ? (response.header?.revision ?? 0)
    : (existing?.createRevision ?? 0);
  return { key, createRevision, front, existing, header: response.header };
}

/** True when no contender is before this one. */
export function isInFront(place: Place): boolean {
  return place.front === undefined || place.front.createRevision === place.createRevision;
}

/** Waits until every key under `prefix` made up to `createRevision` is gone. Always for the newest of them: each
 *  departure wakes one contender, not all. */
export async function waitForFront(
  client: EtcdClient,
  prefix: string,
  createRevision: number,
  options: WaitOptions,
): Promise<void> {
  for (;;) {
    const before: RangeResponse = await client.kv.get(prefix, {
      ...options,
      prefix: true,
      sortTarget: 'create',
      sortOrder: 'descend',
      limit: 1,
      maxCreateRevision: createRevision,
    });
    const last = before.kvs[0];
    if (last === undefined) return;
    await waitForDelete(client, utf8Text(last.key), before.header?.revision ?? 0, options);
  }
}

async function waitForDelete(
  client: EtcdClient,
  key: string,
  revision: number,
  options: WaitOptions,
): Promise<void> {
  const watcher = client.watches.open(key, {
    ...options,
    startRevision: revision,
    noPut: true,
  });
  for await (const { events } of watcher) {
    if (events.length > 0) return;
  }
  throw canceled(options.signal?.reason);
}
