// Owns putting all keys of the key space before a load that reads them: transactions of 100 puts, several at once.

import {
  createPutRequest,
  createRequestOp,
  createTxnRequest,
  encodeTxnRequest,
} from '../../server/proto/gen/rpc.ts';
import { call } from './call.ts';
import type { Connection } from './connection.ts';
import { type Keys, makeValue } from './keys.ts';
import { Path } from './task.ts';

/** etcd takes at most 128 operations in a transaction, and 1.5 MiB in a request. */
const OPERATIONS_MAX = 100;
const REQUEST_BYTES_MAX = 1024 * 1024;
const PARALLEL = 8;

/** Puts every key once. */
export async function fillKeys(
  connections: readonly Connection[],
  keys: Keys,
  valueBytes: number,
): Promise<void> {
  const value = makeValue(valueBytes, 1);
  const recordBytes = keys.keyBytes + valueBytes + 32;
  const step = Math.max(1, Math.min(OPERATIONS_MAX, Math.floor(REQUEST_BYTES_MAX / recordBytes)));
  let next = 0;

  async function work(connection: Connection): Promise<void> {
    while (next < keys.count) {
      const from = next;
      next = Math.min(keys.count, from + step);
      const success = [];
      for (let number = from; number < next; number++) {
        const requestPut = createPutRequest({ key: keys.make(number), value });
        success.push(createRequestOp({ requestPut }));
      }
      await call(connection, Path.txn, encodeTxnRequest(createTxnRequest({ success })));
    }
  }

  const workers: Promise<void>[] = [];
  for (let i = 0; i < PARALLEL; i++) {
    const connection = connections[i % connections.length];
    if (connection !== undefined) workers.push(work(connection));
  }
  await Promise.all(workers);
}
