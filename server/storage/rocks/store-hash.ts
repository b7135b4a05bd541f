// Owns the digest of the whole store: Maintenance.Hash. etcd: server/storage/backend/backend.go Hash, which leaves out
// what differs between members of one cluster.

import { utf8Bytes, utf8Text } from '../../base/bytes.ts';
import { crc32c } from '../../base/crc32c.ts';
import type { RocksBackend } from './rocks-backend.ts';
import { BUCKET_NAMES } from './view.ts';

/** Keys of the meta bucket that members with equal data may differ in. */
const IGNORED_META_KEYS: ReadonlySet<string> = new Set([
  'term',
  'consistent_index',
  'storageVersion',
]);

/** CRC-32C over all buckets: name, then every key and value. The store is read as it is now, in slices. */
export async function hashStore(store: RocksBackend): Promise<number> {
  await store.whenCommitted();
  const view = store.openView();
  try {
    let hash = 0;
    for (const bucket of BUCKET_NAMES) {
      hash = crc32c(hash, utf8Bytes(bucket));
      for await (const pairs of view.pairs(bucket)) {
        for (const [key, value] of pairs) {
          if (bucket === 'meta' && IGNORED_META_KEYS.has(utf8Text(key))) continue;
          hash = crc32c(crc32c(hash, key), value);
        }
      }
    }
    return hash;
  } finally {
    await view.close();
  }
}
