// Owns what the experiments ask of a member beside the load: its status, compaction, snapshot, defragmentation, members.

import {
  createCompactionRequest,
  createDefragmentRequest,
  createMemberAddRequest,
  createMemberPromoteRequest,
  createPutRequest,
  createRangeRequest,
  createSnapshotRequest,
  createStatusRequest,
  decodeMemberAddResponse,
  decodeStatusResponse,
  encodeCompactionRequest,
  encodeDefragmentRequest,
  encodeMemberAddRequest,
  encodeMemberPromoteRequest,
  encodePutRequest,
  encodeRangeRequest,
  encodeSnapshotRequest,
  encodeStatusRequest,
  type StatusResponse,
} from '../../server/proto/gen/rpc.ts';
import { call } from '../load/call.ts';
import type { Connection } from '../load/connection.ts';
import { Path } from '../load/task.ts';

const MAINTENANCE = '/etcdserverpb.Maintenance';
const CLUSTER = '/etcdserverpb.Cluster';
/** A key beside those of the loads. */
const PROBE_KEY: Uint8Array = Buffer.from('probe');

export async function statusOf(connection: Connection): Promise<StatusResponse> {
  const request = encodeStatusRequest(createStatusRequest());
  return decodeStatusResponse(await call(connection, `${MAINTENANCE}/Status`, request));
}

export async function compact(connection: Connection): Promise<void> {
  const revision = (await statusOf(connection)).header?.revision ?? 0;
  const request = encodeCompactionRequest(createCompactionRequest({ revision }));
  await call(connection, '/etcdserverpb.KV/Compact', request);
}

export async function defragment(connection: Connection): Promise<void> {
  const request = encodeDefragmentRequest(createDefragmentRequest());
  await call(connection, `${MAINTENANCE}/Defragment`, request);
}

/** Reads a whole snapshot and drops it; resolves with its size. */
export function snapshot(connection: Connection): Promise<number> {
  return new Promise((resolve, reject) => {
    let sizeBytes = 0;
    const request = encodeSnapshotRequest(createSnapshotRequest());
    connection.unary(`${MAINTENANCE}/Snapshot`, request, {
      onMessage: (_bytes, start, end) => {
        sizeBytes += end - start;
      },
      onEnd: (status, text) => {
        if (status === 0) resolve(sizeBytes);
        else reject(new Error(`snapshot failed with status ${status}: ${text}`));
      },
    });
  });
}

/** Adds a learner; resolves with its id. */
export async function addLearner(connection: Connection, peerUrl: string): Promise<bigint> {
  const request = createMemberAddRequest({ peerUrls: [peerUrl], isLearner: true });
  const answer = await call(connection, `${CLUSTER}/MemberAdd`, encodeMemberAddRequest(request));
  return decodeMemberAddResponse(answer).member?.id ?? 0n;
}

/** Fails while the learner has not caught up. */
export async function promote(connection: Connection, id: bigint): Promise<void> {
  const request = encodeMemberPromoteRequest(createMemberPromoteRequest({ id }));
  await call(connection, `${CLUSTER}/MemberPromote`, request);
}

/** One read of a key that does not exist, which waits for nothing but the server's attention. */
export async function probeRead(connection: Connection): Promise<void> {
  const request = createRangeRequest({ key: PROBE_KEY, serializable: true });
  await call(connection, Path.range, encodeRangeRequest(request));
}

export async function probePut(connection: Connection): Promise<void> {
  const request = createPutRequest({ key: PROBE_KEY, value: PROBE_KEY });
  await call(connection, Path.put, encodePutRequest(request));
}
