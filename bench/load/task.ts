// Owns what a workload is to the driver: a name, a preparation, and for each client a task that makes one operation after
// another out of calls.

import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';

export interface LoadOptions {
  readonly endpoints: readonly string[];
  readonly connections: number;
  readonly clients: number;
  readonly keys: Keys;
  readonly valueBytes: number;
  /** Keys per range or per page. */
  readonly rangeKeys: number;
  /** Share of reads in the mixed load, in percent. */
  readonly readPercent: number;
}

/** The operations of one client, one at a time. */
export interface Task {
  /** Path of the next call. */
  readonly path: string;
  /** True: all operations are messages on one stream, each answered by one message. */
  readonly isStream: boolean;
  /** The first message of a new operation. */
  begin(): Uint8Array;
  /** Takes an answer; the bytes are valid only during the call. */
  take(bytes: Uint8Array, start: number, end: number): void;
  /** The message of the operation's next call, or undefined when it is complete. */
  next(): Uint8Array | undefined;
}

export interface Workload {
  readonly name: string;
  readonly about: string;
  /** True when the keys must be there before. */
  readonly needsKeys: boolean;
  /** Makes a client's task; asynchronous, because some need a lease first. */
  createTask(options: LoadOptions, client: number, connection: Connection): Promise<Task>;
}

export const Path = {
  range: '/etcdserverpb.KV/Range',
  put: '/etcdserverpb.KV/Put',
  txn: '/etcdserverpb.KV/Txn',
  leaseGrant: '/etcdserverpb.Lease/LeaseGrant',
  leaseRevoke: '/etcdserverpb.Lease/LeaseRevoke',
  leaseKeepAlive: '/etcdserverpb.Lease/LeaseKeepAlive',
  watch: '/etcdserverpb.Watch/Watch',
} as const;
