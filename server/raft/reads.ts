// Owns the leader's side of read-index requests: when they are asked about, and whom the answers go to.

import type { RaftCore } from './core.ts';
import type { ReadRequest } from './read-only.ts';
import { MessageType } from './types.ts';

/** Takes a read, from this node or passed on by a member. False when too many wait. */
export function takeRead(core: RaftCore, request: ReadRequest): boolean {
  if (core.readOnly.isFull) return false;
  if (!core.hasCommittedInTerm) {
    // Earlier leaders may have committed more than this one knows of yet (thesis 6.4). etcd lets a single voter answer
    // at once; its commit index may be behind too after a restart, so it waits for its first entry here.
    core.readOnly.addEarly(request);
  } else if (core.members.isOnlyVoter(core.id)) {
    answer(core, request, core.log.committed);
  } else {
    core.readOnly.add(request, core.log.committed);
  }
  return true;
}

/** The leader committed: reads that came too early get their index now. */
export function releaseEarlyReads(core: RaftCore): void {
  if (!core.hasCommittedInTerm) return;
  for (const request of core.readOnly.takeEarly()) takeRead(core, request);
}

/** Answers every read that a quorum has confirmed by now. */
export function answerConfirmedReads(core: RaftCore): void {
  const round = core.members.confirmedRead(core.id, core.readOnly.round);
  for (const read of core.readOnly.confirm(round)) answer(core, read, read.index);
}

function answer(core: RaftCore, request: ReadRequest, index: number): void {
  if (request.from === core.id) {
    const entry = request.entries[0];
    if (entry !== undefined) core.readStates.push({ index, context: entry.data });
    return;
  }
  const message = core.draft(MessageType.readIndexResp, request.from);
  message.index = index;
  message.entries = request.entries;
  core.send(message);
  core.members.find(request.from)?.awaitsCommit(index);
  core.owesAppends = true;
}
