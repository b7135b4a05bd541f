// Owns turning what was read from disk into a state to start from, refusing what would lose committed entries.

import { confStateProblem } from './conf-change.ts';
import { InvalidRaftStateError } from './errors.ts';
import type { MemoryLog } from './memory-log.ts';
import { type ConfState, type HardState, NO_MEMBER } from './types.ts';

/** What a member knows when it starts; the log itself comes beside it. */
export interface InitialState {
  readonly hardState: HardState;
  /** As of `applied`. */
  readonly confState: ConfState;
  /** The state machine has everything up to here; at least the index of the last snapshot. */
  readonly applied: number;
}

export const EMPTY_HARD_STATE: HardState = { term: 0, vote: NO_MEMBER, commit: 0 };

export const EMPTY_CONF_STATE: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

/** The hard state to start with. It may differ from the one on disk, see the two rules inside. */
export function recoverHardState(log: MemoryLog, initial: InitialState): HardState {
  const { hardState, applied } = initial;
  const baseIndex = log.firstIndex - 1;
  if (hardState.commit > log.lastIndex) {
    throw new InvalidRaftStateError(
      `raft: commit ${hardState.commit} is beyond the last entry ${log.lastIndex}`,
    );
  }
  if (applied < baseIndex || applied > log.lastIndex) {
    throw new InvalidRaftStateError(
      `raft: applied ${applied} is out of range [${baseIndex}, ${log.lastIndex}]`,
    );
  }
  const problem = confStateProblem(initial.confState);
  if (problem !== undefined) throw new InvalidRaftStateError(`raft: configuration has ${problem}`);
  // 1. The commit index is written without a sync. Whatever was applied or snapshotted was committed all the same.
  const commit = Math.max(hardState.commit, baseIndex, applied);
  // 2. A crash may fall between entries of a new term and the hard state after them. This member promised nothing in
  //    that term yet, so it may enter it without a vote; campaigning in an older one would put falling terms into logs.
  const isBehind = hardState.term < log.lastTerm;
  return {
    term: isBehind ? log.lastTerm : hardState.term,
    vote: isBehind ? NO_MEMBER : hardState.vote,
    commit,
  };
}
