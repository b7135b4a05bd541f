// Goal: an informer that was away for long sees the world as soon as the API server answers again. Method: an API server of
// two functions that fail as told, and time that is stepped. A failure means that an operator acts half a minute late after
// every longer outage, or that it lists or watches without a pause.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Informer } from '../../../operator/kube/informer.ts';
import type { Listing, WatchEvent } from '../../../operator/kube/kube-api.ts';
import { KubeError } from '../../../operator/kube/kube-error.ts';
import { ObjectCache } from '../../../operator/kube/object-cache.ts';
import { pause } from '../../../operator/kube/pause.ts';
import { RESOURCES } from '../../../operator/kube/resource.ts';

const AWAY = new KubeError('connection refused');
const TOO_OLD = new KubeError('too old resource version', { status: 410, reason: 'Expired' });

let stop: AbortController;
/** What the next watches end with, or after how long they end by themselves; then they stay open. */
let endings: (KubeError | number)[];
/** When watches ended and lists were made, in milliseconds since the start. */
let told: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  stop = new AbortController();
  endings = [];
  told = [];
});

afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

const api = {
  async list<T>(): Promise<Listing<T>> {
    told.push(`list ${Date.now()}`);
    return { items: [], resourceVersion: '7' };
  },
  async *watch<T>(): AsyncGenerator<WatchEvent<T>> {
    const ending = endings.shift();
    if (ending === undefined) return await new Promise(() => {});
    if (typeof ending === 'number') {
      told.push(`watch ${Date.now()}`);
      await pause(ending, stop.signal);
      return;
    }
    told.push(`${ending.isExpired ? 'too old' : 'away'} ${Date.now()}`);
    throw ending;
  },
};

function start(): void {
  const informer = new Informer({
    api,
    resource: RESOURCES.Pod,
    selection: { namespace: 'db' },
    cache: new ObjectCache(() => undefined),
    log: () => {},
    onChange: () => {},
  });
  void informer.run(stop.signal);
}

describe('a watch that is too old', () => {
  it('is followed by a list at once, however long the API server was away', async () => {
    endings.push(AWAY, AWAY, AWAY, AWAY, AWAY, AWAY, TOO_OLD);
    start();
    await vi.advanceTimersByTimeAsync(120_000);
    const [list, tooOld] = [told.at(-1), told.at(-2)];
    expect(told).toHaveLength(9);
    expect(tooOld).toMatch(/^too old \d{5}/);
    expect(list).toBe(tooOld?.replace('too old', 'list'));
  });

  it('just after a list is a failure that is waited out', async () => {
    endings.push(TOO_OLD, TOO_OLD, TOO_OLD);
    start();
    await vi.advanceTimersByTimeAsync(200);
    expect(told).toEqual(['list 0', 'too old 0']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told.filter((each) => each.startsWith('list'))).toHaveLength(4);
  });
});

describe('a watch that the server ends', () => {
  it('at once is a failure that is waited out, longer each time', async () => {
    endings.push(...new Array<number>(1_000).fill(10));
    start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told.length).toBeGreaterThan(5);
    expect(told.length).toBeLessThan(12);
  });

  it('after its time is begun again at once', async () => {
    endings.push(60_000, 60_000);
    start();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(told).toEqual(['list 0', 'watch 0', 'watch 60000']);
  });
});
