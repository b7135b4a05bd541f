// Owns --write-out=json: the answers as the Go structs of etcd's client would be written. etcd: printer_json.go.
import type { KeyValue } from '../../server/proto/gen/kv.ts';
import type {
  Member,
  ResponseHeader,
  ResponseOp,
  TxnResponse,
} from '../../server/proto/gen/rpc.ts';
import { type Json, type JsonObject, jsonText, withoutEmpty } from './go-json.ts';
import { hexId } from './go-text.ts';
import type { EndpointStatus, Result } from './result.ts';

export function printJson(result: Result, options: { readonly isHex: boolean }): string {
  return `${jsonText(jsonOf(result, options.isHex))}\n`;
}

function jsonOf(result: Result, isHex: boolean): Json {
  switch (result.kind) {
    case 'get':
      return rangeJson(result.response);
    case 'put':
      return putJson(result.response);
    case 'delete':
      return deleteJson(result.response);
    case 'txn':
      return txnJson(result.response);
    case 'watch':
      return watchJson(result);
    case 'leaseGrant':
    case 'leaseKeepAlive':
    case 'leaseTimeToLive':
    case 'leases':
      return leaseJson(result);
    case 'memberAdd':
    case 'memberRemove':
    case 'memberUpdate':
    case 'memberPromote':
    case 'memberList':
      return isHex ? hexMembersJson(result) : membersJson(result);
    case 'endpointHealth':
      return result.list.map(({ endpoint, health, took, error }) => ({
        endpoint,
        health,
        took,
        ...withoutEmpty({ error }),
      }));
    case 'endpointStatus':
      return result.list.map(statusJson);
    case 'endpointHash':
      return result.list.map(({ endpoint, response }) => ({
        Endpoint: endpoint,
        HashKV: withoutEmpty({
          header: headerJson(response.header),
          hash: response.hash,
          compact_revision: response.compactRevision,
          hash_revision: response.hashRevision,
        }),
      }));
    case 'alarms':
      return withoutEmpty({
        header: headerJson(result.response.header),
        alarms: result.response.alarms.map(({ memberId: memberID, alarm }) =>
          withoutEmpty({ memberID, alarm }),
        ),
      });
    case 'downgrade':
      return withoutEmpty({
        header: headerJson(result.response.header),
        version: result.response.version,
      });
    case 'roleGet':
    case 'roleList':
    case 'userGet':
    case 'userList':
    case 'authStatus':
      return authJson(result);
    case 'leaseRevoke':
    case 'moveLeader':
    case 'roleAdd':
    case 'roleDelete':
    case 'roleGrant':
    case 'roleRevoke':
    case 'userAdd':
    case 'userPassword':
    case 'userGrant':
    case 'userRevoke':
    case 'userDelete':
      return withoutEmpty({ header: headerJson(result.response.header) });
  }
}

type Of<Kind extends Result['kind']> = Extract<Result, { readonly kind: Kind }>;

function headerJson(header: ResponseHeader | undefined): JsonObject | undefined {
  if (header === undefined) return undefined;
  return withoutEmpty({
    cluster_id: header.clusterId,
    member_id: header.memberId,
    revision: header.revision,
    raft_term: header.raftTerm,
  });
}

function kvJson(kv: KeyValue | undefined): JsonObject | undefined {
  if (kv === undefined) return undefined;
  return withoutEmpty({
    key: kv.key,
    create_revision: kv.createRevision,
    mod_revision: kv.modRevision,
    version: kv.version,
    value: kv.value,
    lease: kv.lease,
  });
}

function rangeJson(response: Of<'get'>['response']): JsonObject {
  return withoutEmpty({
    header: headerJson(response.header),
    kvs: response.kvs.map(kvJson),
    more: response.more,
    count: response.count,
  });
}

function putJson(response: Of<'put'>['response']): JsonObject {
  return withoutEmpty({ header: headerJson(response.header), prev_kv: kvJson(response.prevKv) });
}

function deleteJson(response: Of<'delete'>['response']): JsonObject {
  return withoutEmpty({
    header: headerJson(response.header),
    deleted: response.deleted,
    prev_kvs: response.prevKvs.map(kvJson),
  });
}

function txnJson(response: TxnResponse): JsonObject {
  return withoutEmpty({
    header: headerJson(response.header),
    succeeded: response.succeeded,
    responses: response.responses.map((one) => ({ Response: opJson(one) })),
  });
}

function opJson(op: ResponseOp): JsonObject {
  if (op.responseRange !== undefined) return { response_range: rangeJson(op.responseRange) };
  if (op.responsePut !== undefined) return { response_put: putJson(op.responsePut) };
  if (op.responseDeleteRange !== undefined) {
    return { response_delete_range: deleteJson(op.responseDeleteRange) };
  }
  return op.responseTxn === undefined ? {} : { response_txn: txnJson(op.responseTxn) };
}

function watchJson({ response }: Of<'watch'>): JsonObject {
  const events = response.events.map((event) =>
    withoutEmpty({ type: event.type, kv: kvJson(event.kv), prev_kv: kvJson(event.prevKv) }),
  );
  return {
    Header: headerJson(response.header) ?? null,
    Events: events,
    CompactRevision: response.compactRevision,
    Canceled: response.canceled,
    Created: response.created,
    CancelReason: response.cancelReason,
  };
}

/** The header's members stand beside the others: Go embeds it. */
function leaseJson(
  result: Of<'leaseGrant'> | Of<'leaseKeepAlive'> | Of<'leaseTimeToLive'> | Of<'leases'>,
): JsonObject {
  const header = headerJson(result.response.header);
  if (result.kind === 'leases') return { ...header, leases: result.response.leases.map(leaseId) };
  if (result.kind === 'leaseTimeToLive') {
    const { id, ttl, grantedTtl, keys } = result.response;
    const keyList = keys.length === 0 ? null : keys;
    return { ...header, id, ttl, 'granted-ttl': grantedTtl, keys: keyList };
  }
  const { id, ttl } = result.response;
  if (result.kind === 'leaseKeepAlive') return { ...header, ID: id, TTL: ttl };
  return { ...header, ID: id, TTL: ttl, Error: result.response.error };
}

function leaseId({ id }: { readonly id: bigint }): JsonObject {
  return { id };
}

type MembersResult =
  | Of<'memberAdd'>
  | Of<'memberRemove'>
  | Of<'memberUpdate'>
  | Of<'memberPromote'>
  | Of<'memberList'>;

function membersJson(result: MembersResult): JsonObject {
  const { response } = result;
  return withoutEmpty({
    header: headerJson(response.header),
    member: 'member' in response ? memberJson(response.member) : undefined,
    members: response.members.map(memberJson),
  });
}

function memberJson(member: Member | undefined): JsonObject | undefined {
  if (member === undefined) return undefined;
  return withoutEmpty({
    ID: member.id,
    name: member.name,
    peerURLs: member.peerUrls,
    clientURLs: member.clientUrls,
    isLearner: member.isLearner,
  });
}

/** Only answers about members have ids in hexadecimal, and then empty ones are written too. */
function hexMembersJson(result: MembersResult): JsonObject {
  const { response } = result;
  const header = {
    cluster_id: hexId(response.header?.clusterId ?? 0n),
    member_id: hexId(response.header?.memberId ?? 0n),
    ...withoutEmpty({
      revision: response.header?.revision,
      raft_term: response.header?.raftTerm,
    }),
  };
  return {
    header,
    ...('member' in response ? { member: hexMemberJson(response.member) ?? null } : {}),
    members: response.members.map(hexMemberJson),
  };
}

function hexMemberJson(member: Member | undefined): JsonObject | undefined {
  if (member === undefined) return undefined;
  return { ...memberJson(member), ID: hexId(member.id) };
}

function statusJson({ endpoint, response }: EndpointStatus): JsonObject {
  const { downgradeInfo } = response;
  return {
    Endpoint: endpoint,
    Status: withoutEmpty({
      header: headerJson(response.header),
      version: response.version,
      dbSize: response.dbSize,
      leader: response.leader,
      raftIndex: response.raftIndex,
      raftTerm: response.raftTerm,
      raftAppliedIndex: response.raftAppliedIndex,
      errors: response.errors,
      dbSizeInUse: response.dbSizeInUse,
      isLearner: response.isLearner,
      storageVersion: response.storageVersion,
      dbSizeQuota: response.dbSizeQuota,
      downgradeInfo:
        downgradeInfo === undefined
          ? undefined
          : withoutEmpty({
              enabled: downgradeInfo.enabled,
              targetVersion: downgradeInfo.targetVersion,
            }),
    }),
  };
}

function authJson(
  result: Of<'roleGet'> | Of<'roleList'> | Of<'userGet'> | Of<'userList'> | Of<'authStatus'>,
): JsonObject {
  const header = headerJson(result.response.header);
  switch (result.kind) {
    case 'roleGet':
      return withoutEmpty({
        header,
        perm: result.response.perm.map(({ permType, key, rangeEnd: range_end }) =>
          withoutEmpty({ permType, key, range_end }),
        ),
      });
    case 'roleList':
    case 'userGet':
      return withoutEmpty({ header, roles: result.response.roles });
    case 'userList':
      return withoutEmpty({ header, users: result.response.users });
    case 'authStatus':
      return withoutEmpty({
        header,
        enabled: result.response.enabled,
        authRevision: result.response.authRevision,
      });
  }
}
