// Goal: exports are few at a time and in order, end when nobody wants them or the disk is full, and leave nothing behind.
// Method: a real store; staged writes hold what is being exported, and the disk's free space is the test's. A failure means
// a member killed by its own snapshots: a full disk, or threads that never end.
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { concatBytes } from '../../../server/base/bytes.ts';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import {
  CLIENT_EXPORTS_MAX,
  CLIENT_EXPORTS_WAITING_MAX,
  EXPORT_FREE_BYTES_MIN,
  PEER_EXPORTS_MAX,
} from '../../../server/storage/limits.ts';
import type { RocksBackend } from '../../../server/storage/rocks/rocks-backend.ts';
import {
  type ExportedSnapshot,
  type ExportLane,
  SnapshotExports,
} from '../../../server/storage/snapshot-export.ts';
import { openStore, temporaryDirectory } from './rocks/temporary-store.ts';

const RECORDS = 2000;

let store: RocksBackend;
let directory: string;
let exports: SnapshotExports;
/** What the disk has left; the last one for good. */
let freeBytes: number[];

beforeEach(async () => {
  store = await openStore();
  for (let main = 2; main < RECORDS; main++)
    store.putRevision(main, 0, false, new Uint8Array(1000));
  store.commit();
  directory = await temporaryDirectory();
  freeBytes = [Number.MAX_SAFE_INTEGER];
  exports = new SnapshotExports({
    store,
    directory,
    logger: SILENT_LOGGER,
    freeBytes: () =>
      Promise.resolve((freeBytes.length > 1 ? freeBytes.shift() : freeBytes[0]) ?? 0),
  });
});

afterEach(() => exports.stop());

/** Exports wait for the end of staged writes: until `store.commit()` they are being made. */
function holdExports(main = RECORDS): void {
  store.putRevision(main, 0, false, new Uint8Array(1));
}

function files(): string[] {
  return readdirSync(directory);
}

async function fill(lane: ExportLane, count: number): Promise<ExportedSnapshot[]> {
  return await Promise.all(Array.from({ length: count }, () => exports.open(lane).opened));
}

/** "opened", or what went wrong. */
async function outcomeOf({ opened }: { opened: Promise<ExportedSnapshot> }): Promise<string> {
  return await opened.then(
    () => 'opened',
    (error: Error) => error.message,
  );
}

describe('an export', () => {
  it('is a file that is read and then removed', async () => {
    const exported = await exports.open('client').opened;
    expect(files()).toHaveLength(1);
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await exported.read(100_000);
      if (piece.length === 0) break;
      pieces.push(piece.slice());
    }
    expect(concatBytes(pieces)).toHaveLength(exported.totalBytes);
    const chunks = await exports.open('peer').opened;
    let sizeBytes = 0;
    for await (const chunk of chunks.chunks()) sizeBytes += chunk.length;
    expect(sizeBytes).toBe(exported.totalBytes);
    await exported.close();
    await exported.close();
    await chunks.close();
    expect(files()).toEqual([]);
  });

  it('that is abandoned while it is made ends, and the next one has its place', async () => {
    holdExports();
    const abandoned = Array.from({ length: CLIENT_EXPORTS_MAX }, () => exports.open('client'));
    const next = exports.open('client');
    for (const opening of abandoned) opening.abandon();
    for (const opening of abandoned) {
      expect(await outcomeOf(opening)).toBe('etcdserver: request canceled');
    }
    expect(files()).toEqual([]);
    store.commit();
    expect(await outcomeOf(next)).toBe('opened');
    expect(files()).toHaveLength(1);
  });

  it('that is abandoned after its view was taken leaves nothing', async () => {
    const opening = exports.open('client', () => opening.abandon());
    expect(await outcomeOf(opening)).toBe('etcdserver: request canceled');
    expect(files()).toEqual([]);
  });

  it('that is abandoned while it is read is closed', async () => {
    const opening = exports.open('client');
    const exported = await opening.opened;
    const reading = exported.read(1000);
    opening.abandon();
    expect(await reading).toHaveLength(1000);
    await expect(exported.read(1000)).rejects.toThrow('etcdserver: request canceled');
    await exported.close();
    expect(files()).toEqual([]);
  });
});

describe('exports', () => {
  it('are a few at a time, in their order, from the queue or the file to the end', async () => {
    const first = await fill('client', CLIENT_EXPORTS_MAX);
    const order: string[] = [];
    const waiting = ['a', 'b', 'c'].map((name) => exports.open('client', () => order.push(name)));
    waiting[1]?.abandon();
    expect(await Promise.all(waiting.slice(1, 2).map(outcomeOf))).toEqual([
      'etcdserver: request canceled',
    ]);
    expect([order, files().length]).toEqual([[], CLIENT_EXPORTS_MAX]);
    await first[2]?.close();
    const second = await waiting[0]?.opened;
    expect([order, files().length]).toEqual([['a'], CLIENT_EXPORTS_MAX]);
    await second?.close();
    await waiting[2]?.opened;
    expect([order, files().length]).toEqual([['a', 'c'], CLIENT_EXPORTS_MAX]);
  });

  it('are refused when too many wait', async () => {
    holdExports();
    const many = CLIENT_EXPORTS_MAX + CLIENT_EXPORTS_WAITING_MAX;
    const taken = Array.from({ length: many }, () => exports.open('client'));
    const refused = exports.open('client');
    expect(await outcomeOf(refused)).toBe('etcdserver: too many requests');
    for (const opening of taken) opening.abandon();
    await Promise.all(taken.map(outcomeOf));
  });

  it('for peers do not wait for those for clients', async () => {
    await fill('client', CLIENT_EXPORTS_MAX);
    exports.open('client').opened.catch(() => undefined);
    const peers = await fill('peer', PEER_EXPORTS_MAX);
    expect(files()).toHaveLength(CLIENT_EXPORTS_MAX + PEER_EXPORTS_MAX);
    const waiting = exports.open('peer');
    await peers[0]?.close();
    expect(await outcomeOf(waiting)).toBe('opened');
  });
});

describe('a disk', () => {
  const REFUSAL = 'etcdserver: not enough disk space for a snapshot';

  it('without room for the database and a reserve gets no export', async () => {
    const enough = store.sizeInUseBytes() + EXPORT_FREE_BYTES_MIN;
    freeBytes = [enough - 1];
    expect(await outcomeOf(exports.open('client'))).toBe(REFUSAL);
    expect(await outcomeOf(exports.open('peer'))).toBe(REFUSAL);
    expect(files()).toEqual([]);
    freeBytes = [enough];
    expect(await outcomeOf(exports.open('client'))).toBe('opened');
  });

  it('has room for those that are being made, too', async () => {
    holdExports();
    freeBytes = [2 * store.sizeInUseBytes() + EXPORT_FREE_BYTES_MIN - 1];
    const first = exports.open('client');
    const second = exports.open('client');
    expect(await outcomeOf(second)).toBe(REFUSAL);
    store.commit();
    expect(await outcomeOf(first)).toBe('opened');
    // What is made is on the disk: the figure above would be less by now.
    expect(await outcomeOf(exports.open('client'))).toBe('opened');
  });

  it('that fills while an export is made is rid of it', async () => {
    holdExports();
    const opening = exports.open('client', () => expect.unreachable());
    freeBytes = [Number.MAX_SAFE_INTEGER, EXPORT_FREE_BYTES_MIN, EXPORT_FREE_BYTES_MIN - 1];
    expect(await outcomeOf(opening)).toBe(REFUSAL);
    expect(files()).toEqual([]);
  });

  it('that fills is rid of the newest export first', async () => {
    holdExports();
    const plenty = Number.MAX_SAFE_INTEGER;
    freeBytes = [plenty, plenty, EXPORT_FREE_BYTES_MIN - 1, plenty];
    const first = exports.open('client');
    expect(await outcomeOf(exports.open('peer'))).toBe(REFUSAL);
    store.commit();
    expect(await outcomeOf(first)).toBe('opened');
  });
});

describe('a stop', () => {
  it('ends exports that wait, are made or are sent, and begins none', async () => {
    const [sent] = await fill('client', CLIENT_EXPORTS_MAX - 1);
    holdExports();
    const made = exports.open('client');
    const waiting = exports.open('client');
    await exports.stop();
    const stopped = 'etcdserver: server stopped';
    expect(files()).toEqual([]);
    expect(await outcomeOf(made)).toBe(stopped);
    expect(await outcomeOf(waiting)).toBe(stopped);
    await expect(sent?.read(1000)).rejects.toThrow(stopped);
    store.commit();
    expect(await outcomeOf(exports.open('peer'))).toBe(stopped);
    expect(files()).toEqual([]);
    await exports.stop();
  });
});
