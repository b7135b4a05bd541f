// Goal: places are given in the order in which they were asked for, never too many, and who leaves or is sent away costs
// none. Method: promises that are looked at turn by turn. A failure means a disk full of exports, or a place lost for good.
import { beforeEach, describe, expect, it } from 'vitest';
import { PlaceQueue, type ReleasePlace } from '../../../server/storage/place-queue.ts';

const PLACES = 2;
const WAITING_MAX = 3;

interface Guest {
  readonly abort: AbortController;
  /** "waits", "has a place", or what it was told. */
  state: string;
  release: ReleasePlace;
}

let queue: PlaceQueue;
let guests: Guest[];

beforeEach(() => {
  queue = new PlaceQueue(PLACES, WAITING_MAX);
  guests = [];
});

async function come(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const guest: Guest = {
      abort: new AbortController(),
      state: 'waits',
      release: () => undefined,
    };
    guests.push(guest);
    queue.take(guest.abort.signal).then(
      (release) => {
        guest.state = 'has a place';
        guest.release = release;
      },
      (error: Error) => {
        guest.state = error.message;
      },
    );
  }
  await turns();
}

async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

/** The numbers of those who are in a state. */
function who(state: string): number[] {
  return guests.flatMap((guest, i) => (guest.state === state ? [i] : []));
}

async function release(i: number): Promise<void> {
  guests[i]?.release();
  await turns();
}

async function leave(i: number): Promise<void> {
  guests[i]?.abort.abort(new Error('left'));
  await turns();
}

describe('places', () => {
  it('go to the first ones, then to those who wait, in their order', async () => {
    await come(4);
    expect([who('has a place'), who('waits')]).toEqual([
      [0, 1],
      [2, 3],
    ]);
    await release(1);
    expect(who('has a place')).toEqual([0, 1, 2]);
    await come(1);
    await release(0);
    expect(who('waits')).toEqual([4]);
    await release(2);
    await release(3);
    await release(4);
    await come(3);
    expect(who('waits')).toEqual([7]);
  });

  it('are not given twice when one is given back twice', async () => {
    await come(4);
    await release(0);
    await release(0);
    expect(who('waits')).toEqual([3]);
  });

  it('are for those who have not left', async () => {
    await come(4);
    await leave(2);
    expect(who('left')).toEqual([2]);
    await release(0);
    expect(who('waits')).toEqual([]);
    expect(who('has a place')).toEqual([0, 1, 3]);
    // Who has a place gives it back, whatever is aborted.
    await leave(3);
    await come(1);
    expect(who('waits')).toEqual([4]);
  });

  it('have a queue with an end', async () => {
    await come(PLACES + WAITING_MAX + 1);
    expect(who('etcdserver: too many requests')).toEqual([5]);
    await leave(4);
    await come(1);
    expect(who('waits')).toEqual([2, 3, 6]);
  });

  it('are not for those who left before they came', async () => {
    const gone = AbortSignal.abort(new Error('left'));
    await expect(queue.take(gone)).rejects.toThrow('left');
    await come(3);
    expect(who('waits')).toEqual([2]);
  });
});
