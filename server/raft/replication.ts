// Owns a leader's sending: appends, snapshots and heartbeats, and moving the commit index. Appends that are owed are
// sent once per Ready, so that everything proposed, acknowledged and committed in one turn shares a message.
//
// The news of a commit may wait for the next entries to travel with. A client that writes one key after the other would
// otherwise cost two messages, two answers and four wake-ups more per write, for something its next write says anyway:
//
//   held:     put 7 -> append 7, commit 6 -> ack 7 | put 8 -> append 8, commit 7 -> ack 8 | ...
//   at once:  put 7 -> append 7, commit 6 -> ack 7 -> append nothing, commit 7 -> ack 7 | put 8 -> ...
//
// It does not wait where a request does, nor where it decides who the members are or who leads; the owner of this node
// calls `noticeCommit` when nothing else was proposed for a moment. Heartbeats carry it in any case.

import { EMPTY_BYTES } from '../base/bytes.ts';
import type { RaftCore } from './core.ts';
import { ENTRY_OVERHEAD_BYTES } from './limits.ts';
import { UNKNOWN_TERM } from './memory-log.ts';
import { NO_ENTRIES } from './messages.ts';
import type { Progress } from './progress.ts';
import { type Entry, EntryType, type MemberId, MessageType, NO_MEMBER } from './types.ts';

/** Appends an entry of the leader's own term. It counts for the leader itself once it is durable. */
export function appendOwn(core: RaftCore, type: number, data: Uint8Array): void {
  core.log.push(type, core.term, data);
  core.uncommittedBytes += data.length;
  core.owesAppends = true;
}

/** Takes over a won election: an empty entry of the new term lets older entries commit (thesis 3.6.2). */
export function startLeading(core: RaftCore): void {
  core.becomeLeader();
  appendOwn(core, EntryType.normal, EMPTY_BYTES);
  // Reads on every member wait for this entry, and what is before it may change the configuration.
  core.urgentTo = core.log.lastIndex;
}

/** The entries to send from `from` on: as many as one message holds, at least one. */
function entriesToSend(core: RaftCore, from: number): { entries: readonly Entry[]; bytes: number } {
  const memory = core.log.memory;
  const last = memory.lastIndex;
  const limit = core.config.maxSizePerMessageBytes;
  let bytes = 0;
  let to = from;
  while (to <= last) {
    const size = memory.entry(to).data.length + ENTRY_OVERHEAD_BYTES;
    if (to > from && bytes + size > limit) break;
    bytes += size;
    to++;
  }
  return { entries: to > from ? memory.slice(from, to) : NO_ENTRIES, bytes };
}

/** Sends one append to `member` if flow control allows; an empty one only when `evenEmpty`. True if one was sent. */
export function maybeSendAppend(core: RaftCore, member: Progress, evenEmpty: boolean): boolean {
  if (member.isPaused) return false;
  const log = core.log;
  const previous = member.next - 1;
  const previousTerm = log.term(previous);
  if (previousTerm === UNKNOWN_TERM) return maybeSendSnapshot(core, member);
  let entries: readonly Entry[] = NO_ENTRIES;
  let bytes = 0;
  if (previous < log.lastIndex && (member.state !== 'replicate' || !member.isWindowFull)) {
    const batch = entriesToSend(core, member.next);
    entries = batch.entries;
    bytes = batch.bytes;
  }
  if (entries.length === 0 && !evenEmpty) return false;
  const message = core.draft(MessageType.app, member.id);
  message.index = previous;
  message.logTerm = previousTerm;
  message.entries = entries;
  message.commit = log.committed;
  core.send(message);
  member.sent(entries.length, bytes, log.committed);
  return true;
}

/** The member needs entries that are compacted away: sends the state as of the last applied entry instead. */
function maybeSendSnapshot(core: RaftCore, member: Progress): boolean {
  // A member that does not answer would only tie up a snapshot; its heartbeat answer comes first.
  if (!member.recentActive) return false;
  const index = core.log.applied;
  const message = core.draft(MessageType.snap, member.id);
  message.snapshot = {
    data: EMPTY_BYTES,
    metadata: { confState: core.members.confState(), index, term: core.log.term(index) },
  };
  member.becomeSnapshot(index);
  core.send(message);
  return true;
}

/** Sends what is owed to every member: new entries, or the commit index when that is all the news. */
export function flushAppends(core: RaftCore): void {
  if (!core.owesAppends) return;
  const mayHold = core.config.savesMessages && !core.isNoticeDue && core.transferee === NO_MEMBER;
  core.owesAppends = false;
  core.isNoticeDue = false;
  core.holdsNotice = false;
  for (const member of core.members.all) {
    if (member.id === core.id) continue;
    const commitIsNews = member.canBumpCommit(core.log.committed);
    const isHeld = commitIsNews && mayHold && member.mayWaitForCommit(core.urgentTo);
    if (!maybeSendAppend(core, member, commitIsNews && !isHeld)) {
      if (isHeld) core.holdsNotice = true;
      continue;
    }
    while (maybeSendAppend(core, member, false));
  }
}

/** Asks every member whether this is still the leader, for the reads that wait. */
export function broadcastHeartbeat(core: RaftCore): void {
  const context = core.readOnly.heartbeatContext();
  const committed = core.log.committed;
  for (const member of core.members.all) {
    if (member.id === core.id) continue;
    const message = core.draft(MessageType.heartbeat, member.id);
    // A member must not commit beyond what its log is known to share with this one.
    message.commit = Math.min(member.match, committed);
    message.context = context;
    core.send(message);
    member.sentHeartbeat(message.commit);
  }
}

/** Commits what a quorum holds, but only up to entries of this term (paper 5.4.2). True when it moved. */
export function maybeCommit(core: RaftCore): boolean {
  const index = core.members.committedIndex();
  if (index <= core.log.committed || !core.log.matches(index, core.term)) return false;
  core.log.commitTo(index);
  core.owesAppends = true;
  return true;
}

/** Up to here all members that take the log entry by entry have it; cut off behind it, they would need a snapshot. */
export function streamedIndex(core: RaftCore): number {
  let index = core.log.lastIndex;
  for (const member of core.members.all) {
    if (member.id !== core.id && member.state === 'replicate')
      index = Math.min(index, member.match);
  }
  return index;
}

/** Tells the chosen successor to campaign at once. */
export function sendTimeoutNow(core: RaftCore, to: MemberId): void {
  core.send(core.draft(MessageType.timeoutNow, to));
}
