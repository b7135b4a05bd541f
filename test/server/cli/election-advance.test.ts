// Goal: a member among connected peers that knows no leader shortens its first wait, once, and never disturbs a leader.
// Method: stepped time and peers that connect when the test says so. A failure means slow starts, or needless elections.
import { describe, expect, it } from 'vitest';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import { startElectionAdvance } from '../../../server/cli/election-advance.ts';
import { SteppedTime } from '../../support/stepped-scheduler.ts';

function start(isEnabled = true) {
  const time = new SteppedTime();
  const state = { peers: 0, hasLeader: false, advanced: [] as number[] };
  startElectionAdvance({
    isEnabled,
    electionTicks: 10,
    activePeers: () => state.peers,
    hasLeader: () => state.hasLeader,
    advanceTicks: (ticks) => state.advanced.push(ticks),
    scheduler: time,
    logger: SILENT_LOGGER,
  });
  return { time, state };
}

describe('the first election', () => {
  it('comes sooner once two peers are connected, and once only', () => {
    const { time, state } = start();
    state.peers = 1;
    time.advance(1000);
    expect(state.advanced).toEqual([]);
    state.peers = 2;
    time.advance(1000);
    expect(state.advanced).toEqual([8]);
    expect(time.timerCount).toBe(0);
  });

  it('is left alone where there is a leader, no peer within 5 s, or the switch is off', () => {
    const led = start();
    led.state.hasLeader = true;
    led.state.peers = 2;
    led.time.advance(1000);
    const alone = start();
    alone.time.advance(5000);
    alone.state.peers = 2;
    alone.time.advance(1000);
    const off = start(false);
    off.state.peers = 2;
    off.time.advance(1000);
    for (const { state, time } of [led, alone, off]) {
      expect([state.advanced, time.timerCount]).toEqual([[], 0]);
    }
  });
});
