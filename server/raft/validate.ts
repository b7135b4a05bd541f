// Owns the check of messages from the network before they touch any state. Everything that the steps rely on is
// established here, so that no message can break an invariant.

import { at } from '../base/assert.ts';
import { confStateProblem } from './conf-change.ts';
import type { RaftCore } from './core.ts';
import { isForwardedType, isLocalType, isResponseType } from './messages.ts';
import type { IgnoredReason } from './step-result.ts';
import { EntryType, type Message, MessageType, NO_MEMBER } from './types.ts';

/** Why `message` must be ignored, or undefined. */
export function messageProblem(core: RaftCore, message: Message): IgnoredReason | undefined {
  if (!isKnownType(message.type)) return 'badType';
  if (message.to !== core.id || message.from === NO_MEMBER) return 'badAddress';
  if (!hasSaneNumbers(message)) return 'malformed';
  if (isForwardedType(message.type)) return requestProblem(message);
  if (message.term === 0) return 'malformed';
  if (message.type === MessageType.transferLeader) return undefined;
  if (message.from === core.id) return 'badAddress';
  if (isResponseType(message.type) && core.members.find(message.from) === undefined) {
    return 'unknownMember';
  }
  switch (message.type) {
    case MessageType.app:
      return appendProblem(message);
    case MessageType.snap:
      return snapshotProblem(message);
    case MessageType.readIndexResp:
      return message.entries.length === 1 ? undefined : 'malformed';
    default:
      return undefined;
  }
}

function isKnownType(type: number): boolean {
  return (
    Number.isInteger(type) && type >= 0 && type <= MessageType.preVoteResp && !isLocalType(type)
  );
}

/** A term is raised by one in campaigns, an index with every entry; both must stay exact. */
function isCounter(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < Number.MAX_SAFE_INTEGER;
}

function hasSaneNumbers(message: Message): boolean {
  return (
    isCounter(message.term) &&
    isCounter(message.logTerm) &&
    isCounter(message.index) &&
    isCounter(message.commit) &&
    isCounter(message.rejectHint)
  );
}

/** Proposals and reads: etcd sends them without a term. */
function requestProblem(message: Message): IgnoredReason | undefined {
  if (message.term !== 0 || message.entries.length === 0) return 'malformed';
  if (message.type === MessageType.readIndex) {
    return message.entries.length === 1 ? undefined : 'malformed';
  }
  for (const entry of message.entries) if (!isLoggable(entry.type)) return 'malformed';
  return undefined;
}

/** The joint form of configuration changes stops every etcd that meets it. */
function isLoggable(type: number): boolean {
  return type === EntryType.normal || type === EntryType.confChange;
}

/** Entries follow (index, logTerm) without a gap, in terms that never fall nor exceed the leader's. */
function appendProblem(message: Message): IgnoredReason | undefined {
  const entries = message.entries;
  let term = message.logTerm;
  let index = message.index;
  if (index === 0 && term !== 0) return 'malformed';
  for (let i = 0; i < entries.length; i++) {
    const entry = at(entries, i);
    index++;
    if (entry.index !== index || entry.term < term || !isLoggable(entry.type)) return 'malformed';
    term = entry.term;
  }
  if (term > message.term || !isCounter(term) || !isCounter(index)) return 'malformed';
  return undefined;
}

function snapshotProblem(message: Message): IgnoredReason | undefined {
  const metadata = message.snapshot?.metadata;
  if (metadata === undefined) return 'malformed';
  const { index, term, confState } = metadata;
  if (!isCounter(index) || index === 0 || !isCounter(term) || term === 0 || term > message.term) {
    return 'malformed';
  }
  if (confState.voters.length === 0 || confStateProblem(confState) !== undefined) {
    return 'malformed';
  }
  return undefined;
}
