// Owns the counters of the store and the watch hub: plain numbers that cost an addition; the metrics layer reads them
// and gives them etcd's names.

export class MvccStats {
  /** Keys put, deleted, and reads done, the ones inside transactions included. */
  puts = 0;
  deletes = 0;
  ranges = 0;
  /** Write transactions with more than one change. etcd: metrics_txn.go txnCounter. */
  txns = 0;
  /** Bytes of keys and values put. */
  putBytes = 0;
  cacheHits = 0;
  cacheMisses = 0;
  compactedRecords = 0;
  /** Events given to sinks. */
  events = 0;
  watchStreams = 0;
  watchers = 0;
  /** Watchers that are not in step with the store. */
  slowWatchers = 0;
  /** Events handed to sinks and not yet taken from them by the rpc layer, which counts them down. */
  pendingEvents = 0;
}
