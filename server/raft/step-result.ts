// Owns what `step` says about a message: taken, or ignored and why. Bad input from the network is never an error
// here; the node counts and logs it.

export type IgnoredReason =
  /** A type that never travels, or that does not exist. */
  | 'badType'
  /** Not for this member, or from nobody. */
  | 'badAddress'
  /** Numbers, entries or snapshot that contradict themselves. */
  | 'malformed'
  /** An answer from somebody outside of the configuration. */
  | 'unknownMember'
  /** Of an earlier term. */
  | 'oldTerm'
  /** A candidate while this member hears from a leader. */
  | 'leaderAlive'
  /** Nothing this role does with this type. */
  | 'notForThisRole'
  /** A request that would be passed on, but there is no leader, or it cannot take it. */
  | 'dropped'
  /** The leader believes in entries that are not here: durable state was lost. */
  | 'beyondLog'
  /** A snapshot that is not newer, or does not know this member. */
  | 'unusableSnapshot';

export type StepResult =
  | { readonly kind: 'taken' }
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason };

export const TAKEN: StepResult = { kind: 'taken' };

export function ignored(reason: IgnoredReason): StepResult {
  return { kind: 'ignored', reason };
}
