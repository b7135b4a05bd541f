// Owns the list of members and its changes.
import {
  decodeMemberAddResponse,
  decodeMemberListResponse,
  decodeMemberPromoteResponse,
  decodeMemberRemoveResponse,
  decodeMemberUpdateResponse,
  encodeMemberAddRequest,
  encodeMemberListRequest,
  encodeMemberPromoteRequest,
  encodeMemberRemoveRequest,
  encodeMemberUpdateRequest,
  type MemberAddResponse,
  type MemberListResponse,
  type MemberPromoteResponse,
  type MemberRemoveResponse,
  type MemberUpdateResponse,
} from '../server/proto/gen/rpc.ts';
import type { Caller } from './caller.ts';
import { type CallOptions, reading, writing } from './method.ts';

const SERVICE = '/etcdserverpb.Cluster';
const ADD = writing(`${SERVICE}/MemberAdd`, encodeMemberAddRequest, decodeMemberAddResponse);
const REMOVE = writing(
  `${SERVICE}/MemberRemove`,
  encodeMemberRemoveRequest,
  decodeMemberRemoveResponse,
);
const UPDATE = writing(
  `${SERVICE}/MemberUpdate`,
  encodeMemberUpdateRequest,
  decodeMemberUpdateResponse,
);
const PROMOTE = writing(
  `${SERVICE}/MemberPromote`,
  encodeMemberPromoteRequest,
  decodeMemberPromoteResponse,
);
const LIST = reading(`${SERVICE}/MemberList`, encodeMemberListRequest, decodeMemberListResponse);

export class Cluster {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Answered by one member alone, which may lag behind, when `linearizable` is false. */
  memberList(
    options: CallOptions & { readonly linearizable?: boolean } = {},
  ): Promise<MemberListResponse> {
    return this.#caller.unary(LIST, { linearizable: options.linearizable ?? true }, options);
  }

  memberAdd(
    peerUrls: readonly string[],
    options: CallOptions & { readonly isLearner?: boolean } = {},
  ): Promise<MemberAddResponse> {
    const request = { peerUrls, isLearner: options.isLearner ?? false };
    return this.#caller.unary(ADD, request, options);
  }

  memberRemove(id: bigint, options: CallOptions = {}): Promise<MemberRemoveResponse> {
    return this.#caller.unary(REMOVE, { id }, options);
  }

  memberUpdate(
    id: bigint,
    peerUrls: readonly string[],
    options: CallOptions = {},
  ): Promise<MemberUpdateResponse> {
    return this.#caller.unary(UPDATE, { id, peerUrls }, options);
  }

  /** Makes a learner that has caught up a voter. */
  memberPromote(id: bigint, options: CallOptions = {}): Promise<MemberPromoteResponse> {
    return this.#caller.unary(PROMOTE, { id }, options);
  }
}
