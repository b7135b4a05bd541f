// Owns the Maintenance service: status, alarms, defragmentation, hashes and leadership moves. The snapshot stream is in
// snapshot-stream.ts. etcd: server/etcdserver/api/v3rpc/maintenance.go.

import type { AlarmResult } from '../apply/result.ts';
import { EtcdError, GrpcStatus } from '../base/errors.ts';
import type { Proposer } from '../node/api.ts';
import type { Scheduler } from '../node/scheduler.ts';
import {
  decodeHashKVRequest,
  decodeMoveLeaderRequest,
  encodeAlarmResponse,
  encodeDefragmentResponse,
  encodeHashKVResponse,
  encodeHashResponse,
  encodeMoveLeaderResponse,
  encodeStatusResponse,
  type StatusResponse,
} from '../proto/gen/rpc.ts';
import { PayloadField } from '../proto/payload-field.ts';
import type { ServiceTable, UnaryCall } from './grpc/types.ts';
import type { ResponseHeaderWriter } from './response-header.ts';
import { type SnapshotOpener, SnapshotStream } from './snapshot-stream.ts';
import { failCall } from './status.ts';

export interface HashKvLook {
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
  /** The store's revision when the hash was done. */
  readonly currentRevision: number;
}

/** What only the member itself knows or can do. */
export interface MaintenancePort {
  status(): Omit<StatusResponse, 'header'>;
  revision(): number;
  defragment(done: (error?: unknown) => void): void;
  hash(done: (result: number | Error) => void): void;
  hashKv(revision: number, done: (result: HashKvLook | Error) => void): void;
  moveLeader(targetId: bigint, done: (error?: EtcdError) => void): void;
  readonly openSnapshot: SnapshotOpener;
  /** "3.7.0", the version of the storage layout. */
  storageVersion(): string;
}

export interface MaintenanceServiceDeps {
  readonly proposer: Proposer;
  readonly header: ResponseHeaderWriter;
  readonly port: MaintenancePort;
  readonly scheduler: Scheduler;
}

export function createMaintenanceService(deps: MaintenanceServiceDeps): ServiceTable {
  return {
    '/etcdserverpb.Maintenance/Alarm': { kind: 'unary', handle: (call) => alarm(deps, call) },
    '/etcdserverpb.Maintenance/Status': { kind: 'unary', handle: (call) => status(deps, call) },
    '/etcdserverpb.Maintenance/Defragment': {
      kind: 'unary',
      handle: (call) => defragment(deps, call),
    },
    '/etcdserverpb.Maintenance/Hash': { kind: 'unary', handle: (call) => hash(deps, call) },
    '/etcdserverpb.Maintenance/HashKV': { kind: 'unary', handle: (call) => hashKv(deps, call) },
    '/etcdserverpb.Maintenance/Snapshot': {
      kind: 'serverStream',
      handle: (call) => {
        const stream = new SnapshotStream(call, deps.port.storageVersion(), deps.scheduler);
        stream.start(deps.port.openSnapshot);
      },
    },
    '/etcdserverpb.Maintenance/MoveLeader': {
      kind: 'unary',
      handle: (call) => moveLeader(deps, call),
    },
    '/etcdserverpb.Maintenance/Downgrade': { kind: 'unary', handle: refuseDowngrade },
  };
}

function alarm(deps: MaintenanceServiceDeps, call: UnaryCall): void {
  try {
    deps.proposer.submit(deps.proposer.prepare(PayloadField.alarm, call.message), {
      onOutcome: (outcome) => {
        if (outcome instanceof EtcdError) {
          failCall(call, outcome);
          return;
        }
        // An alarm's outcome is an alarm.
        const { alarms, revision } = outcome as AlarmResult;
        const header = deps.header.header(revision);
        call.respondBytes(encodeAlarmResponse({ header, alarms: [...alarms] }));
      },
    });
  } catch (error) {
    failCall(call, error);
  }
}

function status(deps: MaintenanceServiceDeps, call: UnaryCall): void {
  const header = deps.header.header(deps.port.revision());
  call.respondBytes(encodeStatusResponse({ header, ...deps.port.status() }));
}

function defragment(deps: MaintenanceServiceDeps, call: UnaryCall): void {
  deps.port.defragment((error) => {
    if (error !== undefined) failCall(call, error);
    // etcd: this answer has no header at all.
    else call.respondBytes(encodeDefragmentResponse({ header: undefined }));
  });
}

function hash(deps: MaintenanceServiceDeps, call: UnaryCall): void {
  deps.port.hash((result) => {
    if (typeof result !== 'number') {
      failCall(call, result);
      return;
    }
    const header = deps.header.header(deps.port.revision());
    call.respondBytes(encodeHashResponse({ header, hash: result }));
  });
}

function hashKv(deps: MaintenanceServiceDeps, call: UnaryCall): void {
  try {
    const { revision } = decodeHashKVRequest(call.message);
    deps.port.hashKv(revision, (result) => {
      if (result instanceof Error) {
        failCall(call, result);
        return;
      }
      const { hash: value, compactRevision, hashRevision, currentRevision } = result;
      const header = deps.header.header(currentRevision);
      call.respondBytes(
        encodeHashKVResponse({ header, hash: value, compactRevision, hashRevision }),
      );
    });
  } catch (error) {
    failCall(call, error);
  }
}

function moveLeader(deps: MaintenanceServiceDeps, call: UnaryCall): void {
  try {
    deps.port.moveLeader(decodeMoveLeaderRequest(call.message).targetId, (error) => {
      if (error !== undefined) failCall(call, error);
      // etcd: this answer has no header either.
      else call.respondBytes(encodeMoveLeaderResponse({ header: undefined }));
    });
  } catch (error) {
    failCall(call, error);
  }
}

function refuseDowngrade(call: UnaryCall): void {
  call.fail(GrpcStatus.unimplemented, 'etcd-ts: downgrades are not supported yet');
}
