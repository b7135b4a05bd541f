// Owns reading everything a backend holds in a form tests can compare.

import { type Backend, META_BUCKETS } from '../../../../server/base/backend.ts';
import type { BackendView, BucketName } from '../../../../server/storage/rocks/view.ts';

/** Every record and pair as text, in order. */
export function contentOf(backend: Backend): string[] {
  const lines: string[] = [];
  for (const record of backend.scanRevisions(0, 0, Number.MAX_SAFE_INTEGER, 1e9)) {
    const mark = record.tombstone ? 't' : '';
    lines.push(`key ${record.main}_${record.sub}${mark} ${hex(record.value)}`);
  }
  for (const bucket of META_BUCKETS) {
    for (const [key, value] of backend.entries(bucket)) {
      lines.push(`${bucket} ${hex(key)} ${hex(value)}`);
    }
  }
  return lines;
}

/** Every pair of some buckets of a view, as text. */
export async function pairsOf(
  view: BackendView,
  buckets: readonly BucketName[],
): Promise<string[]> {
  const lines: string[] = [];
  for (const bucket of buckets) {
    for await (const batch of view.pairs(bucket)) {
      for (const [key, value] of batch) lines.push(`${bucket} ${hex(key)} ${hex(value)}`);
    }
  }
  return lines;
}

export function hex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? 'none' : Buffer.from(bytes).toString('hex');
}
