// Owns a reader of a store that stands alone: time is stepped, and nothing is slow enough to be told of.
import { SILENT_LOGGER } from '../../server/base/logger.ts';
import { MetricRegistry } from '../../server/base/metrics.ts';
import type { MvccStore } from '../../server/mvcc/store.ts';
import { KvReader } from '../../server/node/kv-reader.ts';
import { RequestDurations } from '../../server/node/request-durations.ts';
import { SlowRequests } from '../../server/node/slow-requests.ts';
import type { SteppedTime } from './stepped-scheduler.ts';

export function loneReader(store: MvccStore, time: SteppedTime): KvReader {
  const registry = new MetricRegistry();
  const count = registry.counter('slow', 'Slow.');
  const slow = new SlowRequests(Number.POSITIVE_INFINITY, SILENT_LOGGER, count);
  return new KvReader(
    store,
    { clock: time, scheduler: time },
    new RequestDurations(registry),
    slow,
  );
}
