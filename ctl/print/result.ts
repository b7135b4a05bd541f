// Owns what commands have to show, apart from how it is shown.
import type {
  AlarmResponse,
  AuthRoleAddResponse,
  AuthRoleDeleteResponse,
  AuthRoleGetResponse,
  AuthRoleGrantPermissionResponse,
  AuthRoleListResponse,
  AuthRoleRevokePermissionResponse,
  AuthStatusResponse,
  AuthUserAddResponse,
  AuthUserChangePasswordResponse,
  AuthUserDeleteResponse,
  AuthUserGetResponse,
  AuthUserGrantRoleResponse,
  AuthUserListResponse,
  AuthUserRevokeRoleResponse,
  DeleteRangeResponse,
  DowngradeResponse,
  HashKVResponse,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRevokeResponse,
  LeaseTimeToLiveResponse,
  MemberAddResponse,
  MemberListResponse,
  MemberPromoteResponse,
  MemberRemoveResponse,
  MemberUpdateResponse,
  MoveLeaderResponse,
  PutResponse,
  RangeResponse,
  StatusResponse,
  TxnResponse,
  WatchResponse,
} from '../../server/proto/gen/rpc.ts';

export interface EndpointHealth {
  readonly endpoint: string;
  readonly health: boolean;
  /** Go's notation; empty when nothing was asked. */
  readonly took: string;
  readonly error: string;
}

export interface EndpointStatus {
  readonly endpoint: string;
  readonly response: StatusResponse;
}

export interface EndpointHash {
  readonly endpoint: string;
  readonly response: HashKVResponse;
}

interface MemberChange<Kind extends string, Response> {
  readonly kind: Kind;
  readonly id: bigint;
  readonly response: Response;
}

interface Named<Kind extends string, Response> {
  readonly kind: Kind;
  readonly name: string;
  readonly response: Response;
}

interface Plain<Kind extends string, Response> {
  readonly kind: Kind;
  readonly response: Response;
}

type KeyResult =
  | Plain<'get', RangeResponse>
  | Plain<'put', PutResponse>
  | Plain<'delete', DeleteRangeResponse>
  | Plain<'txn', TxnResponse>
  | Plain<'watch', WatchResponse>;

type LeaseResult =
  | Plain<'leaseGrant', LeaseGrantResponse>
  | MemberChange<'leaseRevoke', LeaseRevokeResponse>
  | Plain<'leaseKeepAlive', LeaseKeepAliveResponse>
  | {
      readonly kind: 'leaseTimeToLive';
      readonly response: LeaseTimeToLiveResponse;
      readonly keys: boolean;
    }
  | Plain<'leases', LeaseLeasesResponse>;

type ClusterResult =
  | Plain<'memberAdd', MemberAddResponse>
  | MemberChange<'memberRemove', MemberRemoveResponse>
  | MemberChange<'memberUpdate', MemberUpdateResponse>
  | MemberChange<'memberPromote', MemberPromoteResponse>
  | Plain<'memberList', MemberListResponse>
  | { readonly kind: 'endpointHealth'; readonly list: readonly EndpointHealth[] }
  | { readonly kind: 'endpointStatus'; readonly list: readonly EndpointStatus[] }
  | { readonly kind: 'endpointHash'; readonly list: readonly EndpointHash[] }
  | {
      readonly kind: 'moveLeader';
      readonly response: MoveLeaderResponse;
      readonly leaderId: bigint;
      readonly targetId: bigint;
    }
  | {
      readonly kind: 'downgrade';
      readonly response: DowngradeResponse;
      readonly action: 'validate' | 'enable' | 'cancel';
    }
  | Plain<'alarms', AlarmResponse>;

type RoleResult =
  | Named<'roleAdd', AuthRoleAddResponse>
  | Named<'roleGet', AuthRoleGetResponse>
  | Named<'roleDelete', AuthRoleDeleteResponse>
  | Plain<'roleList', AuthRoleListResponse>
  | Named<'roleGrant', AuthRoleGrantPermissionResponse>
  | {
      readonly kind: 'roleRevoke';
      readonly name: string;
      readonly key: Uint8Array;
      readonly rangeEnd: Uint8Array;
      readonly response: AuthRoleRevokePermissionResponse;
    };

type UserResult =
  | Named<'userAdd', AuthUserAddResponse>
  | Named<'userGet', AuthUserGetResponse>
  | Plain<'userList', AuthUserListResponse>
  | Plain<'userPassword', AuthUserChangePasswordResponse>
  | {
      readonly kind: 'userGrant' | 'userRevoke';
      readonly name: string;
      readonly role: string;
      readonly response: AuthUserGrantRoleResponse | AuthUserRevokeRoleResponse;
    }
  | Named<'userDelete', AuthUserDeleteResponse>
  | Plain<'authStatus', AuthStatusResponse>;

export type Result = KeyResult | LeaseResult | ClusterResult | RoleResult | UserResult;
