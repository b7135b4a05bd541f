// Owns the Cluster service: the list of members and its changes. etcd: server/etcdserver/api/v3rpc/member.go.

import { type EtcdError, isEtcdError } from '../base/errors.ts';
import type { Proposer } from '../node/api.ts';
import {
  decodeMemberAddRequest,
  decodeMemberListRequest,
  decodeMemberPromoteRequest,
  decodeMemberRemoveRequest,
  decodeMemberUpdateRequest,
  encodeMemberAddResponse,
  encodeMemberListResponse,
  encodeMemberPromoteResponse,
  encodeMemberRemoveResponse,
  encodeMemberUpdateResponse,
  type Member,
} from '../proto/gen/rpc.ts';
import type { ServiceTable, UnaryCall } from './grpc/types.ts';
import type { ResponseHeaderFields, ResponseHeaderWriter } from './response-header.ts';
import { failCall } from './status.ts';

type Members = readonly Member[];

/** Changes of the membership, checked and through the log. `done` once it is applied, or refused. */
export interface ClusterPort {
  /** Sorted by id. */
  members(): Members;
  add(
    peerUrls: readonly string[],
    isLearner: boolean,
    done: (result: { readonly member: Member; readonly members: Members } | EtcdError) => void,
  ): void;
  remove(id: bigint, done: (result: Members | EtcdError) => void): void;
  update(
    id: bigint,
    peerUrls: readonly string[],
    done: (result: Members | EtcdError) => void,
  ): void;
  /** `authorization` is the caller's token, for the leader when the request is passed on. */
  promote(id: bigint, authorization: string, done: (result: Members | EtcdError) => void): void;
}

export interface ClusterServiceDeps {
  readonly proposer: Proposer;
  readonly header: ResponseHeaderWriter;
  readonly cluster: ClusterPort;
}

export function createClusterService(deps: ClusterServiceDeps): ServiceTable {
  const { cluster } = deps;
  return {
    '/etcdserverpb.Cluster/MemberList': { kind: 'unary', handle: (call) => list(deps, call) },
    '/etcdserverpb.Cluster/MemberAdd': { kind: 'unary', handle: (call) => add(deps, call) },
    '/etcdserverpb.Cluster/MemberRemove': {
      kind: 'unary',
      handle: (call) =>
        change(deps, call, encodeMemberRemoveResponse, (done) =>
          cluster.remove(decodeMemberRemoveRequest(call.message).id, done),
        ),
    },
    '/etcdserverpb.Cluster/MemberUpdate': {
      kind: 'unary',
      handle: (call) =>
        change(deps, call, encodeMemberUpdateResponse, (done) => {
          const { id, peerUrls } = decodeMemberUpdateRequest(call.message);
          cluster.update(id, peerUrls, done);
        }),
    },
    '/etcdserverpb.Cluster/MemberPromote': {
      kind: 'unary',
      handle: (call) =>
        change(deps, call, encodeMemberPromoteResponse, (done) => {
          const { id } = decodeMemberPromoteRequest(call.message);
          cluster.promote(id, call.metadata('token') ?? call.metadata('authorization') ?? '', done);
        }),
    },
  };
}

function list(deps: ClusterServiceDeps, call: UnaryCall): void {
  const respond = (error: EtcdError | undefined): void => {
    if (error !== undefined) {
      failCall(call, error);
      return;
    }
    const members = [...deps.cluster.members()];
    call.respondBytes(encodeMemberListResponse({ header: headerOf(deps), members }));
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

function add(deps: ClusterServiceDeps, call: UnaryCall): void {
  try {
    const { peerUrls, isLearner } = decodeMemberAddRequest(call.message);
    deps.cluster.add(peerUrls, isLearner, (result) => {
      if (isEtcdError(result)) {
        failCall(call, result);
        return;
      }
      const { member, members } = result;
      const response = { header: headerOf(deps), member, members: [...members] };
      call.respondBytes(encodeMemberAddResponse(response));
    });
  } catch (error) {
    failCall(call, error);
  }
}

/** A change that is answered with the members as they are afterwards. */
function change(
  deps: ClusterServiceDeps,
  call: UnaryCall,
  encode: (response: { header: ResponseHeaderFields; members: Member[] }) => Uint8Array,
  run: (done: (result: Members | EtcdError) => void) => void,
): void {
  try {
    run((result) => {
      if (isEtcdError(result)) failCall(call, result);
      else call.respondBytes(encode({ header: headerOf(deps), members: [...result] }));
    });
  } catch (error) {
    failCall(call, error);
  }
}

/** etcd: the Cluster service leaves the revision out. */
function headerOf(deps: ClusterServiceDeps): ResponseHeaderFields {
  return deps.header.header(0);
}
