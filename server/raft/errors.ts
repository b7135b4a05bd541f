// Owns the error for state that raft cannot start from: what was read from disk or configured makes no sense.
// It is input, so it is refused with its numbers instead of asserted.

/** The persisted state or the configuration given to raft contradicts itself; starting would lose data. */
export class InvalidRaftStateError extends Error {
  override readonly name: string = 'InvalidRaftStateError';
}
