// Owns making messages: one object shape for all types, filled in before sending. Also which types are what.

import { EMPTY_BYTES } from '../base/bytes.ts';
import { type Entry, type MemberId, type Message, MessageType } from './types.ts';

/** A message being filled in. */
export type Draft = { -readonly [K in keyof Message]: Message[K] };

export const NO_ENTRIES: readonly Entry[] = [];

/** Sender, receiver and term of a message. */
export interface Envelope {
  readonly to: MemberId;
  readonly from: MemberId;
  readonly term: number;
}

/** A message of `type` with all other fields empty. */
export function newDraft(type: number, { to, from, term }: Envelope): Draft {
  return {
    type,
    to,
    from,
    term,
    logTerm: 0,
    index: 0,
    entries: NO_ENTRIES,
    commit: 0,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    context: EMPTY_BYTES,
  };
}

/** An entry on its way to the leader, which gives it its place. */
export function unplacedEntry(type: number, data: Uint8Array): Entry {
  return { type, term: 0, index: 0, data };
}

/** Types that never travel: whoever sends one is ignored. */
export function isLocalType(type: number): boolean {
  return (
    type === MessageType.hup ||
    type === MessageType.beat ||
    type === MessageType.unreachable ||
    type === MessageType.snapStatus ||
    type === MessageType.checkQuorum
  );
}

/** Answers: they mean something only when they come from a member. */
export function isResponseType(type: number): boolean {
  return (
    type === MessageType.appResp ||
    type === MessageType.voteResp ||
    type === MessageType.heartbeatResp ||
    type === MessageType.readIndexResp ||
    type === MessageType.preVoteResp
  );
}

/** Requests passed on to the leader; they carry no term. */
export function isForwardedType(type: number): boolean {
  return type === MessageType.prop || type === MessageType.readIndex;
}

/** Answers that promise durable state, and real vote requests, which describe the log as it will be after a crash. */
export function mustWait(type: number): boolean {
  return (
    type === MessageType.appResp ||
    type === MessageType.vote ||
    type === MessageType.voteResp ||
    type === MessageType.preVoteResp
  );
}
