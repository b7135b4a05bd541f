// Goal: the table of layers tells where the time went. Method: a small profile made by hand. A failure means figures
// that blame the wrong layer.
import { describe, expect, it } from 'vitest';
import { type CpuProfile, timeByLayer } from '../../bench/runner/cpu-profile.ts';

function node(id: number, functionName: string, url: string, children: number[] = []) {
  return { id, callFrame: { functionName, url }, children };
}

const SERVER = 'file:///etcd/dist/server';

const PROFILE: CpuProfile = {
  nodes: [
    node(1, '(root)', '', [2, 3, 4, 8, 10]),
    node(2, '(idle)', ''),
    node(3, '(garbage collector)', ''),
    node(4, 'onRead', `${SERVER}/listen/socket-pump.js`, [5]),
    node(5, 'append', `${SERVER}/storage/wal/wal.js`, [6]),
    // Node's own code and the system call below it belong to the log that called them.
    node(6, 'writeSync', 'node:fs', [7]),
    node(7, 'writeBuffer', ''),
    node(8, 'processTimers', 'node:internal/timers', [9]),
    node(9, 'tick', `${SERVER}/alarm/alarm-store.js`),
    node(10, '(program)', ''),
  ],
  samples: [2, 3, 4, 5, 6, 7, 8, 9, 10],
  timeDeltas: [1000, 1, 2, 4, 8, 16, 32, 64, 128],
};

describe('timeByLayer', () => {
  it('counts foreign code for the layer that called it, and leaves waiting out', () => {
    expect(Object.fromEntries(timeByLayer(PROFILE))).toEqual({
      'garbage collection': 1,
      transport: 2,
      'raft and log': 4 + 8 + 16,
      'event loop': 32 + 128,
      rest: 64,
    });
  });
});
