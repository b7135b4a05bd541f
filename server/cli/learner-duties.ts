// Owns carrying out what the learner keeper decides: one promotion or removal at a time, on the leader, with every check
// a person's request would pass. Off unless a --learner-... flag asks for it.

import { type EtcdError, isEtcdError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { PeerTransport } from '../cluster/transport/peer-transport.ts';
import { type LearnerDecision, LearnerKeeper } from '../node/learner-keeper.ts';
import { type Cancel, PROCESS_SCHEDULER } from '../node/scheduler.ts';
import type { MemberParts } from './member.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

/** Often enough for spans of seconds, rarely enough to cost nothing. */
const LOOK_INTERVAL_MS = 500;

/** Starts looking; answers how to stop. */
export function startLearnerDuties(
  member: MemberParts,
  transport: PeerTransport,
  logger: Logger,
): Cancel {
  const keeper = new LearnerKeeper(member.config.learners);
  if (keeper.isOff) return () => undefined;
  let isBusy = false;
  return PROCESS_SCHEDULER.every(LOOK_INTERVAL_MS, () => {
    if (!member.node.isLeader) {
      keeper.reset();
      return;
    }
    if (isBusy) return;
    const decision = look(keeper, member, transport);
    if (decision === undefined) return;
    isBusy = true;
    carryOut(member, decision, logger, () => {
      isBusy = false;
    });
  });
}

function look(
  keeper: LearnerKeeper,
  { raft, book }: MemberParts,
  transport: PeerTransport,
): LearnerDecision | undefined {
  const { members, lastIndex } = raft.status();
  const views = members.map(({ id, isLearner, match }) => ({
    id,
    isLearner,
    match,
    isActive: id === book.localId || transport.activeSince(id) !== undefined,
  }));
  return keeper.decide(SYSTEM_CLOCK.monotonicMs(), lastIndex, views);
}

function carryOut(
  { changes }: MemberParts,
  decision: LearnerDecision,
  logger: Logger,
  done: () => void,
): void {
  const id = decision.id.toString(16);
  const report = (result: unknown): void => {
    if (isEtcdError(result)) {
      const error: EtcdError = result;
      logger.warn('could not change a member on its behalf', {
        'member-id': id,
        error: error.message,
      });
    }
    done();
  };
  if (decision.kind === 'promote') {
    logger.info('promoting a learner', { 'member-id': id, reason: decision.reason });
    changes.promoteHere(decision.id, report);
  } else {
    logger.info('removing a silent voter that a learner has replaced', { 'member-id': id });
    changes.remove(decision.id, report);
  }
}
