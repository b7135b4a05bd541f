// Owns --initial-election-tick-advance: a member that starts among others and hears of no leader waits less than a whole
// election timeout for its first election. etcd: server/etcdserver/server.go adjustTicks.

import type { Logger } from '../base/logger.ts';
import type { Cancel, Scheduler } from '../node/scheduler.ts';

/** How often the peers are looked at, and how many times. */
const LOOK_INTERVAL_MS = 50;
const LOOKS_MAX = 100;

/** Peers that must be connected: fewer are no majority of anything. */
const PEERS_MIN = 2;

/** Left of the election timeout, so that a heartbeat under way still comes in time. */
const TICKS_LEFT = 2;

export interface ElectionAdvanceDeps {
  readonly isEnabled: boolean;
  readonly electionTicks: number;
  readonly activePeers: () => number;
  readonly hasLeader: () => boolean;
  readonly advanceTicks: (ticks: number) => void;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** Looks until the peers are there; answers how to stop. */
export function startElectionAdvance(deps: ElectionAdvanceDeps): Cancel {
  const { logger, electionTicks } = deps;
  if (!deps.isEnabled) {
    logger.info('skipping initial election tick advance', { 'election-ticks': electionTicks });
    return () => undefined;
  }
  logger.info('starting initial election tick advance', { 'election-ticks': electionTicks });
  let looks = 0;
  const cancel = deps.scheduler.every(LOOK_INTERVAL_MS, () => {
    looks++;
    const peers = deps.activePeers();
    // etcd: goes on with a leader, which a leader's own clock must not suffer from.
    if (deps.hasLeader() || looks === LOOKS_MAX) cancel();
    else if (peers >= PEERS_MIN) {
      cancel();
      const ticks = Math.max(0, electionTicks - TICKS_LEFT);
      logger.info('initialized peer connections; fast-forwarding election ticks', {
        'forward-ticks': ticks,
        'election-ticks': electionTicks,
        'active-remote-members': peers,
      });
      deps.advanceTicks(ticks);
    }
  });
  return cancel;
}
