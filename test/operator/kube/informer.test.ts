// Goal: an informer that was away for long sees the world as soon as the API server answers again. Method: an API server of
// two functions that fail as told, and time that is stepped. A failure means that an operator acts half a minute late after
// every longer outage, or that it lists or watches without a pause.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Pod } from '../../../operator/api/kube-objects.ts';
import { Informer, type InformerOptions } from '../../../operator/kube/informer.ts';
import type { Listing, WatchEvent, WatchStart } from '../../../operator/kube/kube-api.ts';
import { KubeError } from '../../../operator/kube/kube-error.ts';
import { ObjectCache } from '../../../operator/kube/object-cache.ts';
import { Outage } from '../../../operator/kube/outage.ts';
import { pause } from '../../../operator/kube/pause.ts';
import { RESOURCES } from '../../../operator/kube/resource.ts';

const AWAY = new KubeError('connection refused');
const TOO_OLD = new KubeError('too old resource version', { status: 410, reason: 'Expired' });

let stop: AbortController;
/** What the next watches end with, or after how long they end by themselves; then they stay open. */
let endings: (KubeError | number)[];
let outage: Outage;
/** When watches ended and lists were made, in milliseconds since the start. */
let told: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  stop = new AbortController();
  endings = [];
  outage = new Outage();
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
  async *watch<T>(_resource: unknown, { onOpened }: WatchStart): AsyncGenerator<WatchEvent<T>> {
    const ending = endings.shift();
    if (ending === undefined) {
      onOpened?.();
      return await new Promise(() => {});
    }
    if (typeof ending === 'number') {
      onOpened?.();
      told.push(`watch ${Date.now()}`);
      await pause(ending, stop.signal);
      return;
    }
    told.push(`${ending.isExpired ? 'too old' : 'away'} ${Date.now()}`);
    throw ending;
  },
};

/** Takes no watch until `untilMs`. */
function away(untilMs: number): InformerOptions<Pod>['api'] {
  return {
    list: api.list,
    async *watch(_resource, { onOpened }) {
      told.push(`${Date.now() < untilMs ? 'away' : 'open'} ${Date.now()}`);
      if (Date.now() < untilMs) throw AWAY;
      onOpened?.();
      return await new Promise(() => {});
    },
  };
}

function start(from: InformerOptions<Pod>['api'] = api): void {
  const informer = new Informer({
    api: from,
    resource: RESOURCES.Pod,
    selection: { namespace: 'db' },
    cache: new ObjectCache(() => undefined),
    log: () => {},
    onChange: () => {},
    outage,
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

describe('a server that was away', () => {
  it('is told to be back by the first informer that reaches it', async () => {
    for (let each = 0; each < 5; each++) start(away(100_000));
    await vi.advanceTimersByTimeAsync(100_000);
    const before = told.length;
    await vi.advanceTimersByTimeAsync(30_000);
    const opened = told.slice(before);
    expect(opened).toHaveLength(5);
    expect(new Set(opened).size).toBe(1);
    expect(opened[0]).toMatch(/^open 1[0-2]\d{4}$/);
  });

  it('and is asked in pauses, whatever others get', async () => {
    endings.push(...new Array<number>(100_000).fill(10));
    start();
    start();
    start(away(120_000));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told.length).toBeLessThan(45);
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
