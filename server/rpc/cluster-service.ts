// Owns the Cluster service as far as one member needs it: the list of members.

import { type EtcdError, GrpcStatus } from '../base/errors.ts';
import type { Proposer } from '../node/api.ts';
import {
  createMemberListResponse,
  decodeMemberListRequest,
  encodeMemberListResponse,
  type Member,
} from '../proto/gen/rpc.ts';
import type { ServiceTable, UnaryCall } from './grpc/types.ts';
import type { ResponseHeaderWriter } from './response-header.ts';
import { failCall } from './status.ts';

export interface ClusterServiceDeps {
  readonly proposer: Proposer;
  readonly header: ResponseHeaderWriter;
  /** Sorted by id. */
  readonly members: () => readonly Member[];
}

export function createClusterService(deps: ClusterServiceDeps): ServiceTable {
  return {
    '/etcdserverpb.Cluster/MemberList': { kind: 'unary', handle: (call) => list(deps, call) },
    '/etcdserverpb.Cluster/MemberAdd': { kind: 'unary', handle: refuseChange },
    '/etcdserverpb.Cluster/MemberRemove': { kind: 'unary', handle: refuseChange },
    '/etcdserverpb.Cluster/MemberUpdate': { kind: 'unary', handle: refuseChange },
    '/etcdserverpb.Cluster/MemberPromote': { kind: 'unary', handle: refuseChange },
  };
}

function list(deps: ClusterServiceDeps, call: UnaryCall): void {
  const respond = (error: EtcdError | undefined): void => {
    if (error !== undefined) {
      failCall(call, error);
      return;
    }
    // etcd: the Cluster service leaves the revision out.
    const response = createMemberListResponse({
      header: deps.header.header(0),
      members: [...deps.members()],
    });
    call.respondBytes(encodeMemberListResponse(response));
  };
  try {
    if (decodeMemberListRequest(call.message).linearizable) {
      deps.proposer.readIndex({ onReadable: respond });
    } else {
      respond(undefined);
    }
  } catch (error) {
    failCall(call, error);
  }
}

/** A second member cannot be reached without the peer transport, so adding one would stop the cluster for good. */
function refuseChange(call: UnaryCall): void {
  call.fail(
    GrpcStatus.unimplemented,
    'etcd-ts: membership changes need the peer transport, which this version does not have yet',
  );
}
