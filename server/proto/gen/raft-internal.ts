// Made by scripts/gen-proto.ts from server/proto/raft-internal.proto. Do not edit: change the source and run
// `npm run gen:proto`.
import { allocateBytes } from '../../base/slab.ts';
import { DecodeError, Reader } from '../reader.ts';
import {
  sizeId,
  sizeString,
  sizeUint32,
  sizeUint64,
  writeId,
  writeString,
  writeUint32,
  writeUint64,
} from '../writer.ts';
import {
  type Request,
  readRequest,
  sizeRequest,
  writeRequest,
} from './etcdserver.ts';
import {
  type ClusterVersionSetRequest,
  readClusterVersionSetRequest,
  sizeClusterVersionSetRequest,
  writeClusterVersionSetRequest,
  type ClusterMemberAttrSetRequest,
  readClusterMemberAttrSetRequest,
  sizeClusterMemberAttrSetRequest,
  writeClusterMemberAttrSetRequest,
  type DowngradeInfoSetRequest,
  readDowngradeInfoSetRequest,
  sizeDowngradeInfoSetRequest,
  writeDowngradeInfoSetRequest,
} from './membership.ts';
import {
  type RangeRequest,
  readRangeRequest,
  sizeRangeRequest,
  writeRangeRequest,
  type PutRequest,
  readPutRequest,
  sizePutRequest,
  writePutRequest,
  type DeleteRangeRequest,
  readDeleteRangeRequest,
  sizeDeleteRangeRequest,
  writeDeleteRangeRequest,
  type TxnRequest,
  readTxnRequest,
  sizeTxnRequest,
  writeTxnRequest,
  type CompactionRequest,
  readCompactionRequest,
  sizeCompactionRequest,
  writeCompactionRequest,
  type LeaseGrantRequest,
  readLeaseGrantRequest,
  sizeLeaseGrantRequest,
  writeLeaseGrantRequest,
  type LeaseRevokeRequest,
  readLeaseRevokeRequest,
  sizeLeaseRevokeRequest,
  writeLeaseRevokeRequest,
  type LeaseCheckpointRequest,
  readLeaseCheckpointRequest,
  sizeLeaseCheckpointRequest,
  writeLeaseCheckpointRequest,
  type AlarmRequest,
  readAlarmRequest,
  sizeAlarmRequest,
  writeAlarmRequest,
  type AuthEnableRequest,
  readAuthEnableRequest,
  sizeAuthEnableRequest,
  writeAuthEnableRequest,
  type AuthDisableRequest,
  readAuthDisableRequest,
  sizeAuthDisableRequest,
  writeAuthDisableRequest,
  type AuthStatusRequest,
  readAuthStatusRequest,
  sizeAuthStatusRequest,
  writeAuthStatusRequest,
  type AuthUserAddRequest,
  readAuthUserAddRequest,
  sizeAuthUserAddRequest,
  writeAuthUserAddRequest,
  type AuthUserGetRequest,
  readAuthUserGetRequest,
  sizeAuthUserGetRequest,
  writeAuthUserGetRequest,
  type AuthUserDeleteRequest,
  readAuthUserDeleteRequest,
  sizeAuthUserDeleteRequest,
  writeAuthUserDeleteRequest,
  type AuthUserChangePasswordRequest,
  readAuthUserChangePasswordRequest,
  sizeAuthUserChangePasswordRequest,
  writeAuthUserChangePasswordRequest,
  type AuthUserGrantRoleRequest,
  readAuthUserGrantRoleRequest,
  sizeAuthUserGrantRoleRequest,
  writeAuthUserGrantRoleRequest,
  type AuthUserRevokeRoleRequest,
  readAuthUserRevokeRoleRequest,
  sizeAuthUserRevokeRoleRequest,
  writeAuthUserRevokeRoleRequest,
  type AuthRoleAddRequest,
  readAuthRoleAddRequest,
  sizeAuthRoleAddRequest,
  writeAuthRoleAddRequest,
  type AuthRoleGetRequest,
  readAuthRoleGetRequest,
  sizeAuthRoleGetRequest,
  writeAuthRoleGetRequest,
  type AuthUserListRequest,
  readAuthUserListRequest,
  sizeAuthUserListRequest,
  writeAuthUserListRequest,
  type AuthRoleListRequest,
  readAuthRoleListRequest,
  sizeAuthRoleListRequest,
  writeAuthRoleListRequest,
  type AuthRoleDeleteRequest,
  readAuthRoleDeleteRequest,
  sizeAuthRoleDeleteRequest,
  writeAuthRoleDeleteRequest,
  type AuthRoleGrantPermissionRequest,
  readAuthRoleGrantPermissionRequest,
  sizeAuthRoleGrantPermissionRequest,
  writeAuthRoleGrantPermissionRequest,
  type AuthRoleRevokePermissionRequest,
  readAuthRoleRevokePermissionRequest,
  sizeAuthRoleRevokePermissionRequest,
  writeAuthRoleRevokePermissionRequest,
} from './rpc.ts';

export interface RequestHeader {
  readonly id: bigint;
  readonly username: string;
  readonly authRevision: number;
}

export function createRequestHeader(partial: Partial<RequestHeader> = {}): RequestHeader {
  return {
    id: partial.id ?? 0n,
    username: partial.username ?? '',
    authRevision: partial.authRevision ?? 0,
  };
}

/** Reads a message that ends at `end`. */
export function readRequestHeader(r: Reader, end: number): RequestHeader {
  let id = 0n;
  let username = '';
  let authRevision = 0;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.uint64Id();
        break;
      }
      case 18: {
        username = r.string();
        break;
      }
      case 24: {
        authRevision = r.uint64();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('RequestHeader: field beyond the end');
  return { id, username, authRevision };
}

export function decodeRequestHeader(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): RequestHeader {
  return readRequestHeader(new Reader(bytes, start, end), end);
}

export function sizeRequestHeader(m: RequestHeader): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  if (m.username !== '') size += 1 + sizeString(m.username);
  if (m.authRevision !== 0) size += 1 + sizeUint64(m.authRevision);
  return size;
}

export function writeRequestHeader(m: RequestHeader, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  if (m.username !== '') {
    out[o++] = 18;
    o = writeString(m.username, out, o);
  }
  if (m.authRevision !== 0) {
    out[o++] = 24;
    o = writeUint64(m.authRevision, out, o);
  }
  return o;
}

export function encodeRequestHeader(m: RequestHeader): Uint8Array {
  const out = allocateBytes(sizeRequestHeader(m));
  writeRequestHeader(m, out, 0);
  return out;
}

export interface InternalAuthenticateRequest {
  readonly name: string;
  readonly password: string;
  readonly simpleToken: string;
}

export function createInternalAuthenticateRequest(partial: Partial<InternalAuthenticateRequest> = {}): InternalAuthenticateRequest {
  return {
    name: partial.name ?? '',
    password: partial.password ?? '',
    simpleToken: partial.simpleToken ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readInternalAuthenticateRequest(r: Reader, end: number): InternalAuthenticateRequest {
  let name = '';
  let password = '';
  let simpleToken = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        name = r.string();
        break;
      }
      case 18: {
        password = r.string();
        break;
      }
      case 26: {
        simpleToken = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('InternalAuthenticateRequest: field beyond the end');
  return { name, password, simpleToken };
}

export function decodeInternalAuthenticateRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): InternalAuthenticateRequest {
  return readInternalAuthenticateRequest(new Reader(bytes, start, end), end);
}

export function sizeInternalAuthenticateRequest(m: InternalAuthenticateRequest): number {
  let size = 0;
  if (m.name !== '') size += 1 + sizeString(m.name);
  if (m.password !== '') size += 1 + sizeString(m.password);
  if (m.simpleToken !== '') size += 1 + sizeString(m.simpleToken);
  return size;
}

export function writeInternalAuthenticateRequest(m: InternalAuthenticateRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.name !== '') {
    out[o++] = 10;
    o = writeString(m.name, out, o);
  }
  if (m.password !== '') {
    out[o++] = 18;
    o = writeString(m.password, out, o);
  }
  if (m.simpleToken !== '') {
    out[o++] = 26;
    o = writeString(m.simpleToken, out, o);
  }
  return o;
}

export function encodeInternalAuthenticateRequest(m: InternalAuthenticateRequest): Uint8Array {
  const out = allocateBytes(sizeInternalAuthenticateRequest(m));
  writeInternalAuthenticateRequest(m, out, 0);
  return out;
}

export interface InternalRaftRequest {
  readonly id: bigint;
  readonly v2: Request | undefined;
  readonly range: RangeRequest | undefined;
  readonly put: PutRequest | undefined;
  readonly deleteRange: DeleteRangeRequest | undefined;
  readonly txn: TxnRequest | undefined;
  readonly compaction: CompactionRequest | undefined;
  readonly leaseGrant: LeaseGrantRequest | undefined;
  readonly leaseRevoke: LeaseRevokeRequest | undefined;
  readonly alarm: AlarmRequest | undefined;
  readonly leaseCheckpoint: LeaseCheckpointRequest | undefined;
  readonly header: RequestHeader | undefined;
  readonly authEnable: AuthEnableRequest | undefined;
  readonly authDisable: AuthDisableRequest | undefined;
  readonly authenticate: InternalAuthenticateRequest | undefined;
  readonly authStatus: AuthStatusRequest | undefined;
  readonly authUserAdd: AuthUserAddRequest | undefined;
  readonly authUserDelete: AuthUserDeleteRequest | undefined;
  readonly authUserGet: AuthUserGetRequest | undefined;
  readonly authUserChangePassword: AuthUserChangePasswordRequest | undefined;
  readonly authUserGrantRole: AuthUserGrantRoleRequest | undefined;
  readonly authUserRevokeRole: AuthUserRevokeRoleRequest | undefined;
  readonly authUserList: AuthUserListRequest | undefined;
  readonly authRoleList: AuthRoleListRequest | undefined;
  readonly authRoleAdd: AuthRoleAddRequest | undefined;
  readonly authRoleDelete: AuthRoleDeleteRequest | undefined;
  readonly authRoleGet: AuthRoleGetRequest | undefined;
  readonly authRoleGrantPermission: AuthRoleGrantPermissionRequest | undefined;
  readonly authRoleRevokePermission: AuthRoleRevokePermissionRequest | undefined;
  readonly clusterVersionSet: ClusterVersionSetRequest | undefined;
  readonly clusterMemberAttrSet: ClusterMemberAttrSetRequest | undefined;
  readonly downgradeInfoSet: DowngradeInfoSetRequest | undefined;
  readonly downgradeVersionTest: DowngradeVersionTestRequest | undefined;
}

export function createInternalRaftRequest(partial: Partial<InternalRaftRequest> = {}): InternalRaftRequest {
  return {
    id: partial.id ?? 0n,
    v2: partial.v2,
    range: partial.range,
    put: partial.put,
    deleteRange: partial.deleteRange,
    txn: partial.txn,
    compaction: partial.compaction,
    leaseGrant: partial.leaseGrant,
    leaseRevoke: partial.leaseRevoke,
    alarm: partial.alarm,
    leaseCheckpoint: partial.leaseCheckpoint,
    header: partial.header,
    authEnable: partial.authEnable,
    authDisable: partial.authDisable,
    authenticate: partial.authenticate,
    authStatus: partial.authStatus,
    authUserAdd: partial.authUserAdd,
    authUserDelete: partial.authUserDelete,
    authUserGet: partial.authUserGet,
    authUserChangePassword: partial.authUserChangePassword,
    authUserGrantRole: partial.authUserGrantRole,
    authUserRevokeRole: partial.authUserRevokeRole,
    authUserList: partial.authUserList,
    authRoleList: partial.authRoleList,
    authRoleAdd: partial.authRoleAdd,
    authRoleDelete: partial.authRoleDelete,
    authRoleGet: partial.authRoleGet,
    authRoleGrantPermission: partial.authRoleGrantPermission,
    authRoleRevokePermission: partial.authRoleRevokePermission,
    clusterVersionSet: partial.clusterVersionSet,
    clusterMemberAttrSet: partial.clusterMemberAttrSet,
    downgradeInfoSet: partial.downgradeInfoSet,
    downgradeVersionTest: partial.downgradeVersionTest,
  };
}

/** Reads a message that ends at `end`. */
export function readInternalRaftRequest(r: Reader, end: number): InternalRaftRequest {
  let id = 0n;
  let v2: Request | undefined;
  let range: RangeRequest | undefined;
  let put: PutRequest | undefined;
  let deleteRange: DeleteRangeRequest | undefined;
  let txn: TxnRequest | undefined;
  let compaction: CompactionRequest | undefined;
  let leaseGrant: LeaseGrantRequest | undefined;
  let leaseRevoke: LeaseRevokeRequest | undefined;
  let alarm: AlarmRequest | undefined;
  let leaseCheckpoint: LeaseCheckpointRequest | undefined;
  let header: RequestHeader | undefined;
  let authEnable: AuthEnableRequest | undefined;
  let authDisable: AuthDisableRequest | undefined;
  let authenticate: InternalAuthenticateRequest | undefined;
  let authStatus: AuthStatusRequest | undefined;
  let authUserAdd: AuthUserAddRequest | undefined;
  let authUserDelete: AuthUserDeleteRequest | undefined;
  let authUserGet: AuthUserGetRequest | undefined;
  let authUserChangePassword: AuthUserChangePasswordRequest | undefined;
  let authUserGrantRole: AuthUserGrantRoleRequest | undefined;
  let authUserRevokeRole: AuthUserRevokeRoleRequest | undefined;
  let authUserList: AuthUserListRequest | undefined;
  let authRoleList: AuthRoleListRequest | undefined;
  let authRoleAdd: AuthRoleAddRequest | undefined;
  let authRoleDelete: AuthRoleDeleteRequest | undefined;
  let authRoleGet: AuthRoleGetRequest | undefined;
  let authRoleGrantPermission: AuthRoleGrantPermissionRequest | undefined;
  let authRoleRevokePermission: AuthRoleRevokePermissionRequest | undefined;
  let clusterVersionSet: ClusterVersionSetRequest | undefined;
  let clusterMemberAttrSet: ClusterMemberAttrSetRequest | undefined;
  let downgradeInfoSet: DowngradeInfoSetRequest | undefined;
  let downgradeVersionTest: DowngradeVersionTestRequest | undefined;
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 8: {
        id = r.uint64Id();
        break;
      }
      case 18: {
        v2 = readRequest(r, r.open());
        r.depth--;
        break;
      }
      case 26: {
        range = readRangeRequest(r, r.open());
        r.depth--;
        break;
      }
      case 34: {
        put = readPutRequest(r, r.open());
        r.depth--;
        break;
      }
      case 42: {
        deleteRange = readDeleteRangeRequest(r, r.open());
        r.depth--;
        break;
      }
      case 50: {
        txn = readTxnRequest(r, r.open());
        r.depth--;
        break;
      }
      case 58: {
        compaction = readCompactionRequest(r, r.open());
        r.depth--;
        break;
      }
      case 66: {
        leaseGrant = readLeaseGrantRequest(r, r.open());
        r.depth--;
        break;
      }
      case 74: {
        leaseRevoke = readLeaseRevokeRequest(r, r.open());
        r.depth--;
        break;
      }
      case 82: {
        alarm = readAlarmRequest(r, r.open());
        r.depth--;
        break;
      }
      case 90: {
        leaseCheckpoint = readLeaseCheckpointRequest(r, r.open());
        r.depth--;
        break;
      }
      case 802: {
        header = readRequestHeader(r, r.open());
        r.depth--;
        break;
      }
      case 8002: {
        authEnable = readAuthEnableRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8090: {
        authDisable = readAuthDisableRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8098: {
        authenticate = readInternalAuthenticateRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8106: {
        authStatus = readAuthStatusRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8802: {
        authUserAdd = readAuthUserAddRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8810: {
        authUserDelete = readAuthUserDeleteRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8818: {
        authUserGet = readAuthUserGetRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8826: {
        authUserChangePassword = readAuthUserChangePasswordRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8834: {
        authUserGrantRole = readAuthUserGrantRoleRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8842: {
        authUserRevokeRole = readAuthUserRevokeRoleRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8850: {
        authUserList = readAuthUserListRequest(r, r.open());
        r.depth--;
        break;
      }
      case 8858: {
        authRoleList = readAuthRoleListRequest(r, r.open());
        r.depth--;
        break;
      }
      case 9602: {
        authRoleAdd = readAuthRoleAddRequest(r, r.open());
        r.depth--;
        break;
      }
      case 9610: {
        authRoleDelete = readAuthRoleDeleteRequest(r, r.open());
        r.depth--;
        break;
      }
      case 9618: {
        authRoleGet = readAuthRoleGetRequest(r, r.open());
        r.depth--;
        break;
      }
      case 9626: {
        authRoleGrantPermission = readAuthRoleGrantPermissionRequest(r, r.open());
        r.depth--;
        break;
      }
      case 9634: {
        authRoleRevokePermission = readAuthRoleRevokePermissionRequest(r, r.open());
        r.depth--;
        break;
      }
      case 10402: {
        clusterVersionSet = readClusterVersionSetRequest(r, r.open());
        r.depth--;
        break;
      }
      case 10410: {
        clusterMemberAttrSet = readClusterMemberAttrSetRequest(r, r.open());
        r.depth--;
        break;
      }
      case 10418: {
        downgradeInfoSet = readDowngradeInfoSetRequest(r, r.open());
        r.depth--;
        break;
      }
      case 79202: {
        downgradeVersionTest = readDowngradeVersionTestRequest(r, r.open());
        r.depth--;
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('InternalRaftRequest: field beyond the end');
  return { id, v2, range, put, deleteRange, txn, compaction, leaseGrant, leaseRevoke, alarm, leaseCheckpoint, header, authEnable, authDisable, authenticate, authStatus, authUserAdd, authUserDelete, authUserGet, authUserChangePassword, authUserGrantRole, authUserRevokeRole, authUserList, authRoleList, authRoleAdd, authRoleDelete, authRoleGet, authRoleGrantPermission, authRoleRevokePermission, clusterVersionSet, clusterMemberAttrSet, downgradeInfoSet, downgradeVersionTest };
}

export function decodeInternalRaftRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): InternalRaftRequest {
  return readInternalRaftRequest(new Reader(bytes, start, end), end);
}

export function sizeInternalRaftRequest(m: InternalRaftRequest): number {
  let size = 0;
  if (m.id !== 0n) size += 1 + sizeId(m.id);
  if (m.v2 !== undefined) {
    const inner = sizeRequest(m.v2);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.range !== undefined) {
    const inner = sizeRangeRequest(m.range);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.put !== undefined) {
    const inner = sizePutRequest(m.put);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.deleteRange !== undefined) {
    const inner = sizeDeleteRangeRequest(m.deleteRange);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.txn !== undefined) {
    const inner = sizeTxnRequest(m.txn);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.compaction !== undefined) {
    const inner = sizeCompactionRequest(m.compaction);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.leaseGrant !== undefined) {
    const inner = sizeLeaseGrantRequest(m.leaseGrant);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.leaseRevoke !== undefined) {
    const inner = sizeLeaseRevokeRequest(m.leaseRevoke);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.alarm !== undefined) {
    const inner = sizeAlarmRequest(m.alarm);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.leaseCheckpoint !== undefined) {
    const inner = sizeLeaseCheckpointRequest(m.leaseCheckpoint);
    size += 1 + sizeUint32(inner) + inner;
  }
  if (m.header !== undefined) {
    const inner = sizeRequestHeader(m.header);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authEnable !== undefined) {
    const inner = sizeAuthEnableRequest(m.authEnable);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authDisable !== undefined) {
    const inner = sizeAuthDisableRequest(m.authDisable);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authenticate !== undefined) {
    const inner = sizeInternalAuthenticateRequest(m.authenticate);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authStatus !== undefined) {
    const inner = sizeAuthStatusRequest(m.authStatus);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authUserAdd !== undefined) {
    const inner = sizeAuthUserAddRequest(m.authUserAdd);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authUserDelete !== undefined) {
    const inner = sizeAuthUserDeleteRequest(m.authUserDelete);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authUserGet !== undefined) {
    const inner = sizeAuthUserGetRequest(m.authUserGet);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authUserChangePassword !== undefined) {
    const inner = sizeAuthUserChangePasswordRequest(m.authUserChangePassword);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authUserGrantRole !== undefined) {
    const inner = sizeAuthUserGrantRoleRequest(m.authUserGrantRole);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authUserRevokeRole !== undefined) {
    const inner = sizeAuthUserRevokeRoleRequest(m.authUserRevokeRole);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authUserList !== undefined) {
    const inner = sizeAuthUserListRequest(m.authUserList);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authRoleList !== undefined) {
    const inner = sizeAuthRoleListRequest(m.authRoleList);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authRoleAdd !== undefined) {
    const inner = sizeAuthRoleAddRequest(m.authRoleAdd);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authRoleDelete !== undefined) {
    const inner = sizeAuthRoleDeleteRequest(m.authRoleDelete);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authRoleGet !== undefined) {
    const inner = sizeAuthRoleGetRequest(m.authRoleGet);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authRoleGrantPermission !== undefined) {
    const inner = sizeAuthRoleGrantPermissionRequest(m.authRoleGrantPermission);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.authRoleRevokePermission !== undefined) {
    const inner = sizeAuthRoleRevokePermissionRequest(m.authRoleRevokePermission);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.clusterVersionSet !== undefined) {
    const inner = sizeClusterVersionSetRequest(m.clusterVersionSet);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.clusterMemberAttrSet !== undefined) {
    const inner = sizeClusterMemberAttrSetRequest(m.clusterMemberAttrSet);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.downgradeInfoSet !== undefined) {
    const inner = sizeDowngradeInfoSetRequest(m.downgradeInfoSet);
    size += 2 + sizeUint32(inner) + inner;
  }
  if (m.downgradeVersionTest !== undefined) {
    const inner = sizeDowngradeVersionTestRequest(m.downgradeVersionTest);
    size += 3 + sizeUint32(inner) + inner;
  }
  return size;
}

export function writeInternalRaftRequest(m: InternalRaftRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.id !== 0n) {
    out[o++] = 8;
    o = writeId(m.id, out, o);
  }
  if (m.v2 !== undefined) {
    out[o++] = 18;
    o = writeUint32(sizeRequest(m.v2), out, o);
    o = writeRequest(m.v2, out, o);
  }
  if (m.range !== undefined) {
    out[o++] = 26;
    o = writeUint32(sizeRangeRequest(m.range), out, o);
    o = writeRangeRequest(m.range, out, o);
  }
  if (m.put !== undefined) {
    out[o++] = 34;
    o = writeUint32(sizePutRequest(m.put), out, o);
    o = writePutRequest(m.put, out, o);
  }
  if (m.deleteRange !== undefined) {
    out[o++] = 42;
    o = writeUint32(sizeDeleteRangeRequest(m.deleteRange), out, o);
    o = writeDeleteRangeRequest(m.deleteRange, out, o);
  }
  if (m.txn !== undefined) {
    out[o++] = 50;
    o = writeUint32(sizeTxnRequest(m.txn), out, o);
    o = writeTxnRequest(m.txn, out, o);
  }
  if (m.compaction !== undefined) {
    out[o++] = 58;
    o = writeUint32(sizeCompactionRequest(m.compaction), out, o);
    o = writeCompactionRequest(m.compaction, out, o);
  }
  if (m.leaseGrant !== undefined) {
    out[o++] = 66;
    o = writeUint32(sizeLeaseGrantRequest(m.leaseGrant), out, o);
    o = writeLeaseGrantRequest(m.leaseGrant, out, o);
  }
  if (m.leaseRevoke !== undefined) {
    out[o++] = 74;
    o = writeUint32(sizeLeaseRevokeRequest(m.leaseRevoke), out, o);
    o = writeLeaseRevokeRequest(m.leaseRevoke, out, o);
  }
  if (m.alarm !== undefined) {
    out[o++] = 82;
    o = writeUint32(sizeAlarmRequest(m.alarm), out, o);
    o = writeAlarmRequest(m.alarm, out, o);
  }
  if (m.leaseCheckpoint !== undefined) {
    out[o++] = 90;
    o = writeUint32(sizeLeaseCheckpointRequest(m.leaseCheckpoint), out, o);
    o = writeLeaseCheckpointRequest(m.leaseCheckpoint, out, o);
  }
  if (m.header !== undefined) {
    out[o++] = 162;
    out[o++] = 6;
    o = writeUint32(sizeRequestHeader(m.header), out, o);
    o = writeRequestHeader(m.header, out, o);
  }
  if (m.authEnable !== undefined) {
    out[o++] = 194;
    out[o++] = 62;
    o = writeUint32(sizeAuthEnableRequest(m.authEnable), out, o);
    o = writeAuthEnableRequest(m.authEnable, out, o);
  }
  if (m.authDisable !== undefined) {
    out[o++] = 154;
    out[o++] = 63;
    o = writeUint32(sizeAuthDisableRequest(m.authDisable), out, o);
    o = writeAuthDisableRequest(m.authDisable, out, o);
  }
  if (m.authenticate !== undefined) {
    out[o++] = 162;
    out[o++] = 63;
    o = writeUint32(sizeInternalAuthenticateRequest(m.authenticate), out, o);
    o = writeInternalAuthenticateRequest(m.authenticate, out, o);
  }
  if (m.authStatus !== undefined) {
    out[o++] = 170;
    out[o++] = 63;
    o = writeUint32(sizeAuthStatusRequest(m.authStatus), out, o);
    o = writeAuthStatusRequest(m.authStatus, out, o);
  }
  if (m.authUserAdd !== undefined) {
    out[o++] = 226;
    out[o++] = 68;
    o = writeUint32(sizeAuthUserAddRequest(m.authUserAdd), out, o);
    o = writeAuthUserAddRequest(m.authUserAdd, out, o);
  }
  if (m.authUserDelete !== undefined) {
    out[o++] = 234;
    out[o++] = 68;
    o = writeUint32(sizeAuthUserDeleteRequest(m.authUserDelete), out, o);
    o = writeAuthUserDeleteRequest(m.authUserDelete, out, o);
  }
  if (m.authUserGet !== undefined) {
    out[o++] = 242;
    out[o++] = 68;
    o = writeUint32(sizeAuthUserGetRequest(m.authUserGet), out, o);
    o = writeAuthUserGetRequest(m.authUserGet, out, o);
  }
  if (m.authUserChangePassword !== undefined) {
    out[o++] = 250;
    out[o++] = 68;
    o = writeUint32(sizeAuthUserChangePasswordRequest(m.authUserChangePassword), out, o);
    o = writeAuthUserChangePasswordRequest(m.authUserChangePassword, out, o);
  }
  if (m.authUserGrantRole !== undefined) {
    out[o++] = 130;
    out[o++] = 69;
    o = writeUint32(sizeAuthUserGrantRoleRequest(m.authUserGrantRole), out, o);
    o = writeAuthUserGrantRoleRequest(m.authUserGrantRole, out, o);
  }
  if (m.authUserRevokeRole !== undefined) {
    out[o++] = 138;
    out[o++] = 69;
    o = writeUint32(sizeAuthUserRevokeRoleRequest(m.authUserRevokeRole), out, o);
    o = writeAuthUserRevokeRoleRequest(m.authUserRevokeRole, out, o);
  }
  if (m.authUserList !== undefined) {
    out[o++] = 146;
    out[o++] = 69;
    o = writeUint32(sizeAuthUserListRequest(m.authUserList), out, o);
    o = writeAuthUserListRequest(m.authUserList, out, o);
  }
  if (m.authRoleList !== undefined) {
    out[o++] = 154;
    out[o++] = 69;
    o = writeUint32(sizeAuthRoleListRequest(m.authRoleList), out, o);
    o = writeAuthRoleListRequest(m.authRoleList, out, o);
  }
  if (m.authRoleAdd !== undefined) {
    out[o++] = 130;
    out[o++] = 75;
    o = writeUint32(sizeAuthRoleAddRequest(m.authRoleAdd), out, o);
    o = writeAuthRoleAddRequest(m.authRoleAdd, out, o);
  }
  if (m.authRoleDelete !== undefined) {
    out[o++] = 138;
    out[o++] = 75;
    o = writeUint32(sizeAuthRoleDeleteRequest(m.authRoleDelete), out, o);
    o = writeAuthRoleDeleteRequest(m.authRoleDelete, out, o);
  }
  if (m.authRoleGet !== undefined) {
    out[o++] = 146;
    out[o++] = 75;
    o = writeUint32(sizeAuthRoleGetRequest(m.authRoleGet), out, o);
    o = writeAuthRoleGetRequest(m.authRoleGet, out, o);
  }
  if (m.authRoleGrantPermission !== undefined) {
    out[o++] = 154;
    out[o++] = 75;
    o = writeUint32(sizeAuthRoleGrantPermissionRequest(m.authRoleGrantPermission), out, o);
    o = writeAuthRoleGrantPermissionRequest(m.authRoleGrantPermission, out, o);
  }
  if (m.authRoleRevokePermission !== undefined) {
    out[o++] = 162;
    out[o++] = 75;
    o = writeUint32(sizeAuthRoleRevokePermissionRequest(m.authRoleRevokePermission), out, o);
    o = writeAuthRoleRevokePermissionRequest(m.authRoleRevokePermission, out, o);
  }
  if (m.clusterVersionSet !== undefined) {
    out[o++] = 162;
    out[o++] = 81;
    o = writeUint32(sizeClusterVersionSetRequest(m.clusterVersionSet), out, o);
    o = writeClusterVersionSetRequest(m.clusterVersionSet, out, o);
  }
  if (m.clusterMemberAttrSet !== undefined) {
    out[o++] = 170;
    out[o++] = 81;
    o = writeUint32(sizeClusterMemberAttrSetRequest(m.clusterMemberAttrSet), out, o);
    o = writeClusterMemberAttrSetRequest(m.clusterMemberAttrSet, out, o);
  }
  if (m.downgradeInfoSet !== undefined) {
    out[o++] = 178;
    out[o++] = 81;
    o = writeUint32(sizeDowngradeInfoSetRequest(m.downgradeInfoSet), out, o);
    o = writeDowngradeInfoSetRequest(m.downgradeInfoSet, out, o);
  }
  if (m.downgradeVersionTest !== undefined) {
    out[o++] = 226;
    out[o++] = 234;
    out[o++] = 4;
    o = writeUint32(sizeDowngradeVersionTestRequest(m.downgradeVersionTest), out, o);
    o = writeDowngradeVersionTestRequest(m.downgradeVersionTest, out, o);
  }
  return o;
}

export function encodeInternalRaftRequest(m: InternalRaftRequest): Uint8Array {
  const out = allocateBytes(sizeInternalRaftRequest(m));
  writeInternalRaftRequest(m, out, 0);
  return out;
}

export interface DowngradeVersionTestRequest {
  readonly ver: string;
}

export function createDowngradeVersionTestRequest(partial: Partial<DowngradeVersionTestRequest> = {}): DowngradeVersionTestRequest {
  return {
    ver: partial.ver ?? '',
  };
}

/** Reads a message that ends at `end`. */
export function readDowngradeVersionTestRequest(r: Reader, end: number): DowngradeVersionTestRequest {
  let ver = '';
  while (r.pos < end) {
    const tag = r.tag();
    switch (tag) {
      case 10: {
        ver = r.string();
        break;
      }
      default:
        r.skip(tag);
    }
  }
  if (r.pos !== end) throw new DecodeError('DowngradeVersionTestRequest: field beyond the end');
  return { ver };
}

export function decodeDowngradeVersionTestRequest(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): DowngradeVersionTestRequest {
  return readDowngradeVersionTestRequest(new Reader(bytes, start, end), end);
}

export function sizeDowngradeVersionTestRequest(m: DowngradeVersionTestRequest): number {
  let size = 0;
  if (m.ver !== '') size += 1 + sizeString(m.ver);
  return size;
}

export function writeDowngradeVersionTestRequest(m: DowngradeVersionTestRequest, out: Uint8Array, offset: number): number {
  let o = offset;
  if (m.ver !== '') {
    out[o++] = 10;
    o = writeString(m.ver, out, o);
  }
  return o;
}

export function encodeDowngradeVersionTestRequest(m: DowngradeVersionTestRequest): Uint8Array {
  const out = allocateBytes(sizeDowngradeVersionTestRequest(m));
  writeDowngradeVersionTestRequest(m, out, 0);
  return out;
}
