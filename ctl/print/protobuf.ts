// Owns --write-out=protobuf: the bytes of the answer. etcd: printer_protobuf.go.
import * as rpc from '../../server/proto/gen/rpc.ts';
import { Exit, ExitError } from '../line/exit-error.ts';
import type { Result } from './result.ts';
import { Unsupported } from './unsupported.ts';

/** Throws for what is no message. */
export function printProtobuf(result: Result): Uint8Array {
  switch (result.kind) {
    case 'get':
      return rpc.encodeRangeResponse(result.response);
    case 'put':
      return rpc.encodePutResponse(result.response);
    case 'delete':
      return rpc.encodeDeleteRangeResponse(result.response);
    case 'txn':
      return rpc.encodeTxnResponse(result.response);
    case 'watch': {
      // etcd: only these fields are taken over.
      const { header, events, compactRevision, canceled, created } = result.response;
      return rpc.encodeWatchResponse(
        rpc.createWatchResponse({ header, events, compactRevision, canceled, created }),
      );
    }
    case 'memberAdd':
      return rpc.encodeMemberAddResponse(result.response);
    case 'memberRemove':
      return rpc.encodeMemberRemoveResponse(result.response);
    case 'memberUpdate':
      return rpc.encodeMemberUpdateResponse(result.response);
    case 'memberPromote':
      return rpc.encodeMemberPromoteResponse(result.response);
    case 'memberList':
      return rpc.encodeMemberListResponse(result.response);
    case 'moveLeader':
      return rpc.encodeMoveLeaderResponse(result.response);
    case 'downgrade':
      return rpc.encodeDowngradeResponse(result.response);
    case 'alarms':
      return rpc.encodeAlarmResponse(result.response);
    case 'endpointHealth':
    case 'endpointStatus':
    case 'endpointHash':
      throw new Unsupported('protobuf');
    case 'leaseGrant':
    case 'leaseKeepAlive':
    case 'leaseTimeToLive':
    case 'leases':
      // etcd: its client's own types of these embed the header, and are written as if they were the header.
      return rpc.encodeResponseHeader(rpc.createResponseHeader(result.response.header));
    case 'leaseRevoke':
      throw new ExitError(
        Exit.badFeature,
        'marshal unsupported for type *clientv3.LeaseRevokeResponse',
      );
    default:
      return authBytes(result);
  }
}

type AuthKind =
  | 'roleAdd'
  | 'roleGet'
  | 'roleDelete'
  | 'roleList'
  | 'roleGrant'
  | 'roleRevoke'
  | 'userAdd'
  | 'userGet'
  | 'userList'
  | 'userPassword'
  | 'userGrant'
  | 'userRevoke'
  | 'userDelete'
  | 'authStatus';

function authBytes(result: Extract<Result, { readonly kind: AuthKind }>): Uint8Array {
  switch (result.kind) {
    case 'roleGet':
      return rpc.encodeAuthRoleGetResponse(result.response);
    case 'roleList':
      return rpc.encodeAuthRoleListResponse(result.response);
    case 'userGet':
      return rpc.encodeAuthUserGetResponse(result.response);
    case 'userList':
      return rpc.encodeAuthUserListResponse(result.response);
    case 'authStatus':
      return rpc.encodeAuthStatusResponse(result.response);
    default:
      // The others are a header and nothing else, in the same field.
      return rpc.encodeAuthUserAddResponse(result.response);
  }
}
