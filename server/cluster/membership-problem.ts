// Owns why a conf change is refused when it is applied: etcd's texts, which travel between members over HTTP, and the
// errors that clients see instead. etcd: membership/errors.go, v3rpc/util.go.
import { EtcdError, type EtcdErrorCode } from '../base/errors.ts';

export type MembershipProblem =
  | 'idRemoved'
  | 'idExists'
  | 'idNotFound'
  | 'peerUrlExists'
  | 'memberNotLearner'
  | 'tooManyLearners';

const PROBLEMS: Readonly<Record<MembershipProblem, readonly [text: string, code: EtcdErrorCode]>> =
  {
    idRemoved: ['membership: ID removed', 'memberNotFound'],
    idExists: ['membership: ID exists', 'memberExist'],
    idNotFound: ['membership: ID not found', 'memberNotFound'],
    peerUrlExists: ['membership: peerURL exists', 'peerUrlExist'],
    memberNotLearner: ['membership: can only promote a learner member', 'memberNotLearner'],
    tooManyLearners: ['membership: too many learner members in cluster', 'tooManyLearners'],
  };

/** What a member tells another one. */
export function problemText(problem: MembershipProblem): string {
  return PROBLEMS[problem][0];
}

/** What a client is told; the cause holds the text for members. */
export function problemError(problem: MembershipProblem): EtcdError {
  const [text, code] = PROBLEMS[problem];
  return new EtcdError(code, { cause: new Error(text) });
}
