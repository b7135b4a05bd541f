// Owns all services over a whole node in memory: what server/cli joins, without sockets and disk.

import { SILENT_LOGGER } from '../../server/base/logger.ts';
import { KvReader } from '../../server/node/kv-reader.ts';
import { SlowRequests } from '../../server/node/slow-requests.ts';
import type { ServiceTable } from '../../server/rpc/grpc/types.ts';
import { createKvEncoders } from '../../server/rpc/kv-responses.ts';
import { createKvService } from '../../server/rpc/kv-service.ts';
import { ResponseHeaderWriter } from '../../server/rpc/response-header.ts';
import { callUnary, endOf, type FakeUnary } from './fake-call.ts';
import { NodeWorld, type NodeWorldOptions } from './node-harness.ts';

export const CLUSTER_ID = 0xcdf818194e3a8c32n;
export const MEMBER_ID = 0x8e9e05c52164694dn;

export interface RpcWorldOptions extends NodeWorldOptions {
  readonly txnOpsMax?: number;
  readonly chunkBytes?: number;
}

export class RpcWorld extends NodeWorld {
  readonly header: ResponseHeaderWriter;
  readonly reader: KvReader;
  readonly kv: ServiceTable;

  constructor(options: RpcWorldOptions = {}) {
    super(options);
    this.header = new ResponseHeaderWriter(CLUSTER_ID, MEMBER_ID, () => this.node.term);
    const time = { clock: this.time, scheduler: this.time };
    const { requests, slowApplies } = this.metrics;
    const slow = new SlowRequests(100, options.logger ?? SILENT_LOGGER, slowApplies);
    this.reader = new KvReader(this.store, time, requests, slow);
    this.kv = createKvService({
      proposer: this.node,
      reader: this.reader,
      encoders: createKvEncoders(this.header),
      txnOpsMax: options.txnOpsMax ?? 128,
      waitCompaction: (done) => this.node.background.waitCompactions(done),
      revision: () => this.store.revision,
      header: this.header,
      chunkBytes: options.chunkBytes ?? 1000,
    });
  }

  /** A call that is over after the turns it needs. */
  call(table: ServiceTable, path: string, message: Uint8Array): FakeUnary {
    const call = callUnary(table, path, message);
    this.time.settle();
    return call;
  }

  /** The bytes of an answer that must be OK. */
  answer(table: ServiceTable, path: string, message: Uint8Array): Uint8Array {
    const call = this.call(table, path, message);
    const [bytes] = call.sent;
    if (bytes === undefined) throw new Error(`${path}: ${endOf(call)}`);
    return bytes;
  }

  /** The header every whole answer has now. */
  fullHeader(revision: number): unknown {
    return {
      clusterId: CLUSTER_ID,
      memberId: MEMBER_ID,
      revision,
      raftTerm: this.node.term,
    };
  }
}

/** The full name of a method. */
export const KV = '/etcdserverpb.KV/';
