// Owns what an entry of the log asks for: bytes -> one command. The requests of every day are read directly, in one
// pass and without the forty-field object of InternalRaftRequest; the rest goes through the general decoder.
// Entries come from disk and from peers, so that malformed bytes end in a DecodeError.

import { utf8Text } from '../base/bytes.ts';
import { decodeRequest, type Request } from '../proto/gen/etcdserver.ts';
import type {
  ClusterMemberAttrSetRequest,
  ClusterVersionSetRequest,
  DowngradeInfoSetRequest,
} from '../proto/gen/membership.ts';
import {
  type DowngradeVersionTestRequest,
  decodeInternalRaftRequest,
  type InternalRaftRequest,
  type RequestHeader,
  readRequestHeader,
} from '../proto/gen/raft-internal.ts';
import type {
  AlarmRequest,
  CompactionRequest,
  DeleteRangeRequest,
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from '../proto/gen/rpc.ts';
import {
  readDeleteRangeRequest,
  readLeaseGrantRequest,
  readLeaseRevokeRequest,
  readPutRequest,
  readTxnRequest,
} from '../proto/gen/rpc.ts';
import { DecodeError, Reader } from '../proto/reader.ts';

/** One command; `request` is the payload. */
export type CommandBody =
  | { readonly kind: 'range'; readonly request: RangeRequest }
  | { readonly kind: 'put'; readonly request: PutRequest }
  | { readonly kind: 'deleteRange'; readonly request: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly request: TxnRequest }
  | { readonly kind: 'compaction'; readonly request: CompactionRequest }
  | { readonly kind: 'leaseGrant'; readonly request: LeaseGrantRequest }
  | { readonly kind: 'leaseRevoke'; readonly request: LeaseRevokeRequest }
  | { readonly kind: 'leaseCheckpoint'; readonly request: LeaseCheckpointRequest }
  | { readonly kind: 'alarm'; readonly request: AlarmRequest }
  | { readonly kind: 'clusterVersionSet'; readonly request: ClusterVersionSetRequest }
  | { readonly kind: 'clusterMemberAttrSet'; readonly request: ClusterMemberAttrSetRequest }
  | { readonly kind: 'downgradeInfoSet'; readonly request: DowngradeInfoSetRequest }
  /** etcd: tests of downgrades put it into the log; it changes nothing. */
  | { readonly kind: 'downgradeVersionTest'; readonly request: DowngradeVersionTestRequest }
  /** A request of etcd's old v2 store: members of 3.5 publish their names and the cluster version this way. */
  | { readonly kind: 'v2'; readonly request: Request }
  /** A payload this server does not apply: authentication requests, those of later versions. */
  | { readonly kind: 'other'; readonly request: InternalRaftRequest };

/** A command with who asked. The header is read only where it is needed: see `readCommandHeader`. */
export type Command = CommandBody;

const TAG_V2 = 18;
const TAG_PUT = 34;
const TAG_DELETE_RANGE = 42;
const TAG_TXN = 50;
const TAG_LEASE_GRANT = 66;
const TAG_LEASE_REVOKE = 74;
const TAG_HEADER = 802;

/** What the data of a normal entry asks for. */
export function decodeCommand(data: Uint8Array): Command {
  const reader = new Reader(data, 0, data.length);
  let command: Command | undefined;
  while (reader.pos < data.length) {
    const tag = reader.tag();
    if (tag === TAG_HEADER) {
      reader.skip(tag);
      continue;
    }
    const payload = readHotPayload(reader, tag);
    // Anything else, be it a field of a later version beside a payload known here, is the general decoder's.
    if (payload === undefined) return decodeColdCommand(data);
    if (command !== undefined) throw new DecodeError('entry with two payloads');
    command = payload;
  }
  if (command === undefined) throw new DecodeError('entry without a payload');
  return command;
}

/** Who asked, and under which id. Undefined when the entry carries none. */
export function readCommandHeader(data: Uint8Array): RequestHeader | undefined {
  const reader = new Reader(data, 0, data.length);
  while (reader.pos < data.length) {
    const tag = reader.tag();
    if (tag === TAG_HEADER) return readRequestHeader(reader, reader.end());
    reader.skip(tag);
  }
  return undefined;
}

function readHotPayload(reader: Reader, tag: number): Command | undefined {
  switch (tag) {
    case TAG_PUT:
      return { kind: 'put', request: readPutRequest(reader, reader.end()) };
    case TAG_DELETE_RANGE:
      return { kind: 'deleteRange', request: readDeleteRangeRequest(reader, reader.end()) };
    case TAG_TXN:
      return { kind: 'txn', request: readTxnRequest(reader, reader.end()) };
    case TAG_LEASE_GRANT:
      return { kind: 'leaseGrant', request: readLeaseGrantRequest(reader, reader.end()) };
    case TAG_LEASE_REVOKE:
      return { kind: 'leaseRevoke', request: readLeaseRevokeRequest(reader, reader.end()) };
    default:
      return undefined;
  }
}

/** Payloads by the name of their field, which is the kind of their command. */
const KINDS = [
  'range',
  'put',
  'deleteRange',
  'txn',
  'compaction',
  'leaseGrant',
  'leaseRevoke',
  'leaseCheckpoint',
  'alarm',
  'clusterVersionSet',
  'clusterMemberAttrSet',
  'downgradeInfoSet',
  'downgradeVersionTest',
] as const;

function decodeColdCommand(data: Uint8Array): Command {
  if (isV2Request(data)) return { kind: 'v2', request: decodeRequest(data) };
  const message = decodeInternalRaftRequest(data);
  if (message.v2 !== undefined) return { kind: 'v2', request: message.v2 };
  for (const kind of KINDS) {
    const request = message[kind];
    // Each kind's request has the type of the field of that name: the compiler cannot follow the pairs.
    if (request !== undefined) return { kind, request } as Command;
  }
  return { kind: 'other', request: message };
}

/** Methods of the v2 API. */
const V2_METHODS: ReadonlySet<string> = new Set(['PUT', 'POST', 'DELETE', 'QGET', 'SYNC']);

/** A bare v2 request has its method where the other form has a nested message, which none of these words is. */
function isV2Request(data: Uint8Array): boolean {
  const reader = new Reader(data, 0, data.length);
  while (reader.pos < data.length) {
    const tag = reader.tag();
    if (tag === TAG_V2) return V2_METHODS.has(utf8Text(reader.view()));
    reader.skip(tag);
  }
  return false;
}
