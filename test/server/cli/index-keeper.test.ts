// Goal: an image of the index is made when it is worth it and not more often, in pieces with pauses, and given up when it
// cannot be used. Method: a store in memory, a disk that is a list, and time that is stepped.
// A failure means slow restarts, or a member busy with images.
import { describe, expect, it } from 'vitest';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import { IndexKeeper } from '../../../server/cli/index-keeper.ts';
import { IMAGE_AT_STOP_WITHIN_MS, IMAGE_RECORDS_MIN } from '../../../server/cli/limits.ts';
import { MvccStore } from '../../../server/mvcc/store.ts';
import { StoreFatalError } from '../../../server/storage/rocks/errors.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';
import { compact, put, remove } from '../../support/mvcc-harness.ts';
import { SteppedTime } from '../../support/stepped-scheduler.ts';

/** What a test sees of the disk. */
interface Disk {
  hasImage: boolean;
  /** Pieces of the images begun. */
  readonly images: Uint8Array[][];
  readonly ends: ('published' | 'abandoned')[];
  failure: Error | undefined;
}

function diskOf(disk: Disk): ConstructorParameters<typeof IndexKeeper>[0]['backend'] {
  return {
    get hasImage() {
      return disk.hasImage;
    },
    beginImage: () => {
      const pieces: Uint8Array[] = [];
      disk.images.push(pieces);
      return Promise.resolve({
        sizeBytes: 0,
        write: (piece: Uint8Array) => {
          pieces.push(piece.slice());
          return disk.failure === undefined ? Promise.resolve() : Promise.reject(disk.failure);
        },
        publish: () => {
          disk.ends.push('published');
          disk.hasImage = true;
          return Promise.resolve(true);
        },
        abandon: () => {
          disk.ends.push('abandoned');
          return Promise.resolve();
        },
      });
    },
  };
}

function setUp(
  keyCount: number = IMAGE_RECORDS_MIN,
  restored = { imageRevision: 0, recordCount: 0 },
) {
  const store = new MvccStore(new MemoryBackend());
  store.restore().run();
  const txn = store.beginWrite();
  for (let i = 0; i < keyCount; i++) txn.put(Buffer.from(`k${i}`), new Uint8Array(1), 0n);
  txn.end();
  const time = new SteppedTime();
  const disk: Disk = { hasImage: false, images: [], ends: [], failure: undefined };
  const fatal: unknown[] = [];
  const keeper = new IndexKeeper(
    {
      store,
      backend: diskOf(disk),
      leaseOf: () => 0n,
      clock: time,
      scheduler: time,
      logger: SILENT_LOGGER,
      onFatal: (error) => fatal.push(error),
    },
    restored,
  );
  keeper.start();
  return { store, time, disk, keeper, fatal };
}

/** Lets promises go on that wait for nothing else. */
async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Steps time by 100 ms, again and again. */
async function run({ time }: { time: SteppedTime }, seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 10; i++) {
    await turns();
    time.advance(100);
    await turns();
  }
}

function change(store: MvccStore, count: number): void {
  const txn = store.beginWrite();
  for (let i = 0; i < count; i++) txn.put(Buffer.from(`k${i}`), new Uint8Array(1), 0n);
  txn.end();
}

describe('index keeper', () => {
  it('keeps an image of a large store, and the next one when much has changed since', async () => {
    const world = setUp();
    await run(world, 30);
    expect(world.disk.ends).toEqual(['published']);
    change(world.store, 12_000);
    await run(world, 30);
    expect(world.disk.ends).toHaveLength(1);
    change(world.store, 5000);
    await run(world, 30);
    expect(world.disk.ends).toEqual(['published', 'published']);
    await world.keeper.stop(world.time.monotonicMs());
    expect(world.disk.ends).toHaveLength(2);
  });

  it('leaves small stores alone', async () => {
    const world = setUp(IMAGE_RECORDS_MIN - 1);
    await run(world, 30);
    await world.keeper.stop(world.time.monotonicMs());
    expect(world.disk.images).toEqual([]);
    expect(world.time.timerCount).toBe(0);
  });

  it('goes on with the image of the start', async () => {
    const world = setUp(IMAGE_RECORDS_MIN, { imageRevision: 2, recordCount: 0 });
    world.disk.hasImage = true;
    // What is counted is what was read behind the image, and what was written since.
    await run(world, 2);
    expect(world.disk.images).toHaveLength(1);
    const other = setUp(IMAGE_RECORDS_MIN, { imageRevision: 2, recordCount: -IMAGE_RECORDS_MIN });
    other.disk.hasImage = true;
    await run(other, 30);
    expect(other.disk.images).toEqual([]);
  });

  it('makes an image in pieces, one after a pause', async () => {
    const { time, disk } = setUp();
    time.lookMs = 0.5;
    time.advance(1000);
    await turns();
    expect(disk.images.map((pieces) => pieces.length)).toEqual([1]);
    time.advance(2);
    await turns();
    expect(disk.images[0]).toHaveLength(1);
    time.advance(20);
    await turns();
    expect(disk.images[0]).toHaveLength(2);
  });

  it('rests after an image, the longer the more it was', async () => {
    const world = setUp();
    world.time.lookMs = 6;
    await run(world, 17);
    expect(world.disk.ends).toEqual(['published']);
    change(world.store, IMAGE_RECORDS_MIN);
    // Some 67 pieces of 6 ms each: 50 times that from its beginning on.
    await run(world, 1);
    expect(world.disk.images).toHaveLength(1);
    await run(world, 15);
    expect(world.disk.images).toHaveLength(2);
  });

  it('makes another when compaction went past it, and gives up one that it passes', async () => {
    const world = setUp();
    await run(world, 30);
    put(world.store, 'k1', 'v');
    compact(world.store, world.store.revision, 1_000_000);
    world.time.advance(1000);
    await turns();
    expect(world.disk.images).toHaveLength(2);
    remove(world.store, 'k1');
    compact(world.store, world.store.revision, 1_000_000);
    await run(world, 5);
    expect(world.disk.ends).toEqual(['published', 'abandoned']);
    await run(world, 30);
    expect(world.disk.ends).toEqual(['published', 'abandoned', 'published']);
  });

  it('makes another when the database was replaced', async () => {
    const world = setUp();
    await run(world, 30);
    world.disk.hasImage = false;
    await run(world, 30);
    expect(world.disk.ends).toEqual(['published', 'published']);
  });

  it('ends with an image, without pauses, also of one begun before', async () => {
    const idle = setUp();
    await idle.keeper.stop(idle.time.monotonicMs());
    expect(idle.disk.ends).toEqual(['published']);
    const busy = setUp();
    busy.time.advance(1000);
    await turns();
    expect(busy.disk.images[0]?.length).toBeLessThan(3);
    const stopped = busy.keeper.stop(busy.time.monotonicMs());
    busy.time.advance(1000);
    await stopped;
    expect(busy.disk.ends).toEqual(['published']);
  });

  it('ends without an image when the stop has taken long, also without one begun before', async () => {
    const busy = setUp();
    const sinceMs = busy.time.monotonicMs();
    busy.time.advance(IMAGE_AT_STOP_WITHIN_MS + 1);
    const stopped = busy.keeper.stop(sinceMs);
    busy.time.advance(1000);
    await stopped;
    // The one that the first look began.
    expect(busy.disk.ends).toEqual(['abandoned']);
    const quiet = setUp(IMAGE_RECORDS_MIN, { imageRevision: 2, recordCount: -IMAGE_RECORDS_MIN });
    quiet.disk.hasImage = true;
    const quietSinceMs = quiet.time.monotonicMs();
    quiet.time.advance(IMAGE_AT_STOP_WITHIN_MS + 1);
    change(quiet.store, IMAGE_RECORDS_MIN);
    await quiet.keeper.stop(quietSinceMs);
    expect(quiet.disk.images).toEqual([]);
  });

  it('goes on without an image when the disk has no room for it, and ends the member when the store cannot be synced', async () => {
    const world = setUp();
    world.disk.failure = new Error('no space left');
    await run(world, 5);
    expect([world.disk.ends, world.fatal]).toEqual([['abandoned'], []]);
    world.disk.failure = undefined;
    await run(world, 30);
    expect(world.disk.ends).toEqual(['abandoned', 'published']);
    const broken = setUp();
    broken.disk.failure = new StoreFatalError('cannot sync');
    await run(broken, 5);
    expect(broken.fatal).toEqual([broken.disk.failure]);
  });
});
