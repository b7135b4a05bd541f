// Owns the knobs of the consensus core, their defaults and their checks.

import { type Logger, SILENT_LOGGER } from '../base/logger.ts';
import { InvalidRaftStateError } from './errors.ts';
import {
  DEFAULT_ELECTION_TICKS,
  DEFAULT_HEARTBEAT_TICKS,
  DEFAULT_MAX_INFLIGHT_BYTES,
  DEFAULT_MAX_INFLIGHT_MESSAGES,
  DEFAULT_MAX_SIZE_PER_MESSAGE_BYTES,
  DEFAULT_MAX_UNCOMMITTED_BYTES,
} from './limits.ts';
import { type MemberId, NO_MEMBER } from './types.ts';

/** Every knob, resolved. */
export interface RaftConfig {
  readonly id: MemberId;
  /** A member campaigns after [electionTicks, 2 * electionTicks - 1] ticks without a leader. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Ask whether an election could be won before raising the term (thesis 9.6). */
  readonly preVote: boolean;
  /** A leader that a quorum does not answer steps down; followers of a live leader ignore candidates (thesis 6.2). */
  readonly checkQuorum: boolean;
  readonly maxSizePerMessageBytes: number;
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
  readonly maxUncommittedBytes: number;
  /**
   * Leaves out messages whose news travels with others: a commit waits for entries, until `noticeCommit` (replication.ts),
   * and is not acknowledged (follower.ts).
   */
  readonly savesMessages: boolean;
  /** A whole number in [0, limit); the only randomness raft has. */
  readonly random: (limit: number) => number;
  /** Told of role and leader changes only, never per message. */
  readonly logger: Logger;
}

/** What the caller must say; everything else has etcd's default. */
export type RaftOptions = Pick<RaftConfig, 'id' | 'random'> & Partial<RaftConfig>;

function requirePositive(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidRaftStateError(`raft: ${name} must be a positive whole number, not ${value}`);
  }
}

/** Fills in the defaults and refuses what cannot work. */
export function resolveConfig(options: RaftOptions): RaftConfig {
  const config: RaftConfig = {
    electionTicks: DEFAULT_ELECTION_TICKS,
    heartbeatTicks: DEFAULT_HEARTBEAT_TICKS,
    preVote: true,
    checkQuorum: true,
    maxSizePerMessageBytes: DEFAULT_MAX_SIZE_PER_MESSAGE_BYTES,
    maxInflightMessages: DEFAULT_MAX_INFLIGHT_MESSAGES,
    maxInflightBytes: DEFAULT_MAX_INFLIGHT_BYTES,
    maxUncommittedBytes: DEFAULT_MAX_UNCOMMITTED_BYTES,
    savesMessages: false,
    logger: SILENT_LOGGER,
    ...options,
  };
  if (config.id === NO_MEMBER) throw new InvalidRaftStateError('raft: member id 0 is reserved');
  requirePositive('electionTicks', config.electionTicks);
  requirePositive('heartbeatTicks', config.heartbeatTicks);
  requirePositive('maxSizePerMessageBytes', config.maxSizePerMessageBytes);
  requirePositive('maxInflightMessages', config.maxInflightMessages);
  requirePositive('maxInflightBytes', config.maxInflightBytes);
  requirePositive('maxUncommittedBytes', config.maxUncommittedBytes);
  if (config.electionTicks <= config.heartbeatTicks) {
    throw new InvalidRaftStateError(
      `raft: electionTicks (${config.electionTicks}) must exceed heartbeatTicks (${config.heartbeatTicks})`,
    );
  }
  return config;
}
