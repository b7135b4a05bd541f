// Owns the bounds of reading: how much one step of a read does, and how big an answer may be. Each number says why.

/** Keys visited in a step, at about 0.1 us each. */
export const READ_SLICE_KEYS = 5000;

/** Values loaded in a step, at up to 2 us each from RocksDB: about 2 ms. */
export const READ_SLICE_VALUES = 1001;

/** Rows a step of a sort puts in place, at 0.03 us each where numbers decide and 0.2 us where long values do. */
export const SORT_SLICE_ROWS = 10_000;

/** Rows brought into order by insertion before sorted pieces are merged: four merges less over all rows. */
export const SORT_RUN_ROWS = 16;

/** etcd: server/etcdserver/api/v3rpc/grpc.go maxSendBytes. What would not be sent is not loaded either. */
export const ANSWER_BYTES_MAX = 0x7fff_ffff;
