// Owns the write-ahead log while it is written: appending records, group commit, cutting segments, releasing and
// purging old ones. Reading is read-log.ts. The log is the only thing synced for every write of the member.
//
// A failed write or sync ends the log: after a failed fsync the system may have dropped the data, and a later one
// would report success for it. Nothing is acknowledged after that, `onFatal` is called once and the process stops.
import { assert, must } from '../../base/assert.ts';
import { type Logger, SILENT_LOGGER } from '../../base/logger.ts';
import type { ConfState, Entry, HardState } from '../../raft/types.ts';
import type { DiskFile, FileSystem } from '../file-system.ts';
import { NODE_FILE_SYSTEM } from '../node-file-system.ts';
import { createLog } from './create-log.ts';
import {
  BULK_WRITE_BYTES,
  FILL_LEAD_BYTES_MIN,
  SEGMENT_SIZE_BYTES,
  SLOW_SYNC_MS,
  WRITE_BYTES_MAX,
} from './limits.ts';
import { type LogStart, readLog } from './read-log.ts';
import { RecordEncoder, RecordType } from './record-encoder.ts';
import { repairLog } from './repair-log.ts';
import { Segment } from './segment.ts';
import { listSegments, type SegmentName, segmentName } from './segment-name.ts';
import { SyncPace } from './sync-pace.ts';
import { type DurableDone, SyncQueue } from './sync-queue.ts';
import {
  encodeMetadata,
  encodeWalSnapshot,
  type WalMetadata,
  type WalSnapshot,
} from './wal-messages.ts';
import { type FillTarget, ZeroFiller } from './zero-filler.ts';

/** What the log tells about its work. */
export interface WalMetrics {
  /** One sync, cuts included. */
  fsyncSeconds(seconds: number): void;
  /** One write into the page cache. */
  writeSeconds(seconds: number): void;
  writtenBytes(count: number): void;
}

export interface WalOptions {
  /** The log cannot go on: stop the process. Called once. */
  readonly onFatal: (error: Error) => void;
  readonly logger?: Logger;
  readonly fileSystem?: FileSystem;
  readonly metrics?: WalMetrics;
  /** etcd: --unsafe-no-fsync. A crash of the machine may lose acknowledged writes. */
  readonly unsafeNoFsync?: boolean;
  readonly segmentSizeBytes?: number;
  /** False leaves preallocated space a hole; for tests and the simulator. */
  readonly fillAhead?: boolean;
  /** Runs a task in a later turn of the event loop. */
  readonly defer?: (task: () => void) => void;
  readonly monotonicMs?: () => number;
}

/** A log read from disk and ready to be appended to. */
export interface OpenedWal {
  readonly wal: Wal;
  readonly metadata: WalMetadata;
  readonly hardState: HardState;
  readonly entries: Entry[];
  readonly confState: ConfState | undefined;
}

/** Where a log continues. */
interface WalPosition {
  readonly metadataBytes: Uint8Array;
  readonly hardState: HardState | undefined;
  readonly lastIndex: number;
  readonly segments: SegmentName[];
  /** Sequence number of the oldest segment still needed. */
  readonly neededSequence: number;
  readonly offset: number;
  readonly crc: number;
}

/** A segment that is full, until its successor has a name. */
interface Cut {
  readonly full: Segment;
  readonly name: SegmentName;
  readonly temporaryPath: string;
}

/** Names of the two files next segments are prepared in, in turn. */
const TEMPORARY_NAMES = ['0.tmp', '1.tmp'] as const;

export class Wal {
  readonly #directory: string;
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  readonly #options: WalOptions;
  readonly #segmentSizeBytes: number;
  readonly #monotonicMs: () => number;
  readonly #metadataBytes: Uint8Array;
  readonly #encoder: RecordEncoder;
  readonly #queue: SyncQueue;
  readonly #pace = new SyncPace();
  readonly #filler: ZeroFiller | undefined;
  readonly #directoryFile: DiskFile;
  /** Segments that have their name, ascending; the last one is the current one except during a cut. */
  readonly #segments: SegmentName[];
  #current: Segment;
  /** The prepared next one, once work on it began. */
  #prepared: Segment | undefined = undefined;
  #temporaryCount = 0;
  #cut: Cut | undefined = undefined;
  #neededSequence: number;
  #hardState: HardState | undefined;
  /** A commit index that waits to be written with the next record; see append. */
  #deferredState: HardState | undefined = undefined;
  #lastIndex: number;
  /** Since the start, without bulk writes: what zeros ahead are worth. */
  #smallWriteBytes = 0;
  /** The last write was so large that zeros under it would have been a second writing of as much. */
  #isBulk = false;
  #syncStartMs = 0;
  #isPurging = false;
  #isClosed = false;
  #failure: Error | undefined = undefined;

  private constructor(directory: string, position: WalPosition, options: WalOptions) {
    this.#directory = directory;
    this.#fileSystem = options.fileSystem ?? NODE_FILE_SYSTEM;
    this.#logger = options.logger ?? SILENT_LOGGER;
    this.#options = options;
    this.#segmentSizeBytes = options.segmentSizeBytes ?? SEGMENT_SIZE_BYTES;
    this.#monotonicMs = options.monotonicMs ?? ((): number => performance.now());
    this.#metadataBytes = position.metadataBytes;
    this.#encoder = new RecordEncoder(position.crc);
    this.#queue = new SyncQueue(() => this.#startSync());
    this.#filler = this.#makeFiller();
    this.#directoryFile = this.#fileSystem.open(directory, 'directory');
    this.#segments = position.segments;
    const last = must(position.segments.at(-1), 'segment to continue');
    const file = this.#fileSystem.open(`${directory}/${last.name}`, 'write');
    this.#current = new Segment(file, this.#segmentSizeBytes, position.offset);
    this.#neededSequence = position.neededSequence;
    this.#hardState = position.hardState;
    this.#lastIndex = position.lastIndex;
    this.#filler?.wake();
  }

  /** True when `directory` holds a log. */
  static exists(directory: string, fileSystem: FileSystem = NODE_FILE_SYSTEM): boolean {
    if (!fileSystem.exists(directory)) return false;
    return listSegments(fileSystem, directory, SILENT_LOGGER).length > 0;
  }

  /** Makes a new, empty log. It appears under its name complete or not at all. */
  static create(directory: string, metadata: WalMetadata, options: WalOptions): Wal {
    const fileSystem = options.fileSystem ?? NODE_FILE_SYSTEM;
    const metadataBytes = encodeMetadata(metadata);
    const sizeBytes = options.segmentSizeBytes ?? SEGMENT_SIZE_BYTES;
    const { segment, offset, crc } = createLog({ fileSystem, directory, metadataBytes, sizeBytes });
    const position: WalPosition = {
      metadataBytes,
      hardState: undefined,
      lastIndex: 0,
      segments: [segment],
      neededSequence: 0,
      offset,
      crc,
    };
    return new Wal(directory, position, options);
  }

  /**
   * Reads the log from `start` on and continues it. A write torn by a crash is cut off after a copy of the segment
   * was put beside it; any other damage throws WalError.
   */
  static open(directory: string, start: LogStart, options: WalOptions): OpenedWal {
    const fileSystem = options.fileSystem ?? NODE_FILE_SYSTEM;
    const logger = options.logger ?? SILENT_LOGGER;
    for (const name of TEMPORARY_NAMES) fileSystem.remove(`${directory}/${name}`);
    const log = readLog(fileSystem, directory, start, logger);
    if (log.end.torn) repairLog(fileSystem, directory, log.end, logger);
    const segments = listSegments(fileSystem, directory, SILENT_LOGGER);
    const needed = segments.findLast((segment) => segment.firstIndex <= start.index);
    const position: WalPosition = {
      metadataBytes: log.metadataBytes,
      hardState: isZero(log.hardState) ? undefined : log.hardState,
      lastIndex: log.lastIndex,
      segments,
      neededSequence: must(needed, 'first segment read').sequence,
      offset: log.end.offset,
      crc: log.end.crc,
    };
    const wal = new Wal(directory, position, options);
    wal.#settle();
    const { metadata, hardState, entries, confState } = log;
    return { wal, metadata, hardState, entries, confState };
  }

  /** Names of the segments, ascending; for tests and metrics. */
  get segmentNames(): string[] {
    return this.#segments.map((segment) => segment.name);
  }

  /**
   * Writes `entries`, then `hardState`, and calls `done` in order: once they are durable, or, with `mustSync`
   * false (only the commit index moved), as soon as nobody before it waits.
   *
   * A commit index alone is not written at once but with what comes next: a crash of the machine may lose it anyway, so
   * nobody counts on it, and with one client every put has one, which cost it a write before its answer.
   *
   * `isLone` says that nothing else waits for this turn of the event loop: the sync may then run on it, and `done` be
   * called before this returns.
   */
  append(
    entries: readonly Entry[],
    hardState: HardState | undefined,
    mustSync: boolean,
    done?: DurableDone,
    isLone = false,
  ): void {
    if (this.#isEnded()) return;
    if (!mustSync && entries.length === 0) {
      this.#deferredState = hardState ?? this.#deferredState;
      this.#queue.waitTurn(done);
      return;
    }
    if (hardState === undefined) this.#encodeDeferred();
    this.#deferredState = undefined;
    const encoder = this.#encoder;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry;
      encoder.addEntry(entry);
      this.#lastIndex = entry.index;
      if (encoder.length >= WRITE_BYTES_MAX && !this.#write()) return;
    }
    if (hardState !== undefined) this.#encodeHardState(hardState);
    this.#finishAppend(mustSync, done, isLone);
  }

  /** Records that the log can be replayed from here. Its .snap file, if any, must be durable before. */
  saveSnapshot(snapshot: WalSnapshot, done?: DurableDone): void {
    assert(
      snapshot.index === 0 || snapshot.confState !== undefined,
      `snapshot record ${snapshot.index} without conf state`,
    );
    if (this.#isEnded()) return;
    this.#encodeDeferred();
    this.#encoder.addData(RecordType.snapshot, encodeWalSnapshot(snapshot));
    if (snapshot.index > this.#lastIndex) this.#lastIndex = snapshot.index;
    this.#finishAppend(true, done);
  }

  /**
   * Entries up to `index` are not needed any more: `purge` may delete segments before the newest one whose name
   * lies below it. Make everything applied from them durable elsewhere first.
   */
  releaseTo(index: number): void {
    const keep = this.#segments.findLast((segment) => segment.firstIndex < index);
    if (keep !== undefined && keep.sequence > this.#neededSequence) {
      this.#neededSequence = keep.sequence;
    }
  }

  /** Deletes released segments, oldest first, while there are more than `segmentCountMax`. 0 keeps all. */
  purge(segmentCountMax: number): void {
    if (segmentCountMax <= 0 || this.#isPurging) return;
    if (this.#isClosed || this.#failure !== undefined) return;
    const oldest = this.#segments[0];
    if (oldest === undefined || this.#segments.length <= segmentCountMax) return;
    if (oldest.sequence >= this.#neededSequence) return;
    const path = `${this.#directory}/${oldest.name}`;
    this.#isPurging = true;
    this.#segments.shift();
    this.#fileSystem.removeLater(path, (error) => {
      this.#isPurging = false;
      if (error === undefined) {
        this.#logger.info('purged', { path });
        this.purge(segmentCountMax);
      } else this.#logger.warn('failed to purge', { path, error });
    });
  }

  /**
   * Makes everything written durable, then closes the files and calls `done`. Nothing may be appended after. When
   * the last sync fails, `onFatal` is called instead.
   */
  close(done: () => void): void {
    if (this.#isClosed) return;
    const finish = (): void => {
      this.#closeFiles();
      done();
    };
    this.#filler?.stop();
    if (this.#failure !== undefined) {
      this.#isClosed = true;
      finish();
      return;
    }
    this.#encodeDeferred();
    this.#write();
    this.#queue.waitDurable(finish);
    this.#isClosed = true;
  }

  /**
   * Makes what was read durable. A killed process may leave records that only the page cache holds; raft takes
   * whatever the log returns for persisted and says so to others, and then the machine may fail.
   */
  #settle(): void {
    if (this.#options.unsafeNoFsync === true) return;
    this.#current.file.syncNow();
    this.#directoryFile.syncNow();
  }

  #encodeDeferred(): void {
    if (this.#deferredState === undefined) return;
    this.#encodeHardState(this.#deferredState);
    this.#deferredState = undefined;
  }

  #encodeHardState(hardState: HardState): void {
    if (isZero(hardState)) return;
    this.#encoder.addHardState(hardState);
    this.#hardState = hardState;
  }

  #isEnded(): boolean {
    assert(!this.#isClosed, 'append to a closed WAL');
    return this.#failure !== undefined;
  }

  #finishAppend(mustSync: boolean, done: DurableDone | undefined, isLone = false): void {
    if (!this.#write()) return;
    const cuts = this.#current.offset >= this.#segmentSizeBytes && this.#cut === undefined;
    if (cuts && !this.#startCut()) return;
    if ((mustSync && this.#options.unsafeNoFsync !== true) || cuts) {
      const runsOnLoop = isLone && !cuts && this.#queue.isIdle && this.#pace.shouldBlock();
      if (runsOnLoop) this.#syncOnLoop(done);
      else this.#queue.waitDurable(done);
    } else this.#queue.waitTurn(done);
    if (!this.#isBulk) this.#filler?.wake();
  }

  /** Writes what was encoded. False when the log has failed. */
  #write(): boolean {
    const encoder = this.#encoder;
    const length = encoder.length;
    if (length === 0) return true;
    const metrics = this.#options.metrics;
    const startMs = metrics === undefined ? 0 : this.#monotonicMs();
    try {
      this.#current.write(encoder.bytes, length);
    } catch (error) {
      this.#fail(error);
      return false;
    }
    this.#isBulk = length >= BULK_WRITE_BYTES;
    if (!this.#isBulk) this.#smallWriteBytes += length;
    encoder.clear();
    if (metrics !== undefined) {
      metrics.writtenBytes(length);
      metrics.writeSeconds((this.#monotonicMs() - startMs) / 1000);
    }
    return true;
  }

  /**
   * Goes on in a new file. It keeps its temporary name until the full segment and its own head are durable; only
   * then may a reader find it, because it takes any segment but the last for complete.
   */
  #startCut(): boolean {
    const full = this.#current;
    const last = must(this.#segments.at(-1), 'current segment');
    const name = segmentName(last.sequence + 1, this.#lastIndex + 1);
    const next = this.#prepared ?? this.#attempt(() => this.#makeTemporary());
    if (next === undefined) return false;
    this.#prepared = undefined;
    this.#cut = { full, name, temporaryPath: next.file.path };
    this.#current = next;
    this.#encoder.addCrc();
    this.#encoder.addData(RecordType.metadata, this.#metadataBytes);
    if (this.#hardState !== undefined) this.#encoder.addHardState(this.#hardState);
    return this.#write();
  }

  /** The result of `action`, or undefined when it failed and with it the log. */
  #attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #makeTemporary(): Segment {
    const name = must(TEMPORARY_NAMES[this.#temporaryCount % 2], 'temporary name');
    this.#temporaryCount++;
    const file = this.#fileSystem.open(`${this.#directory}/${name}`, 'create');
    return new Segment(file, this.#segmentSizeBytes, 0);
  }

  /** Makes everything written so far durable: usually one file, four steps when a cut is pending. */
  #startSync(): void {
    this.#syncStartMs = this.#monotonicMs();
    const cut = this.#cut;
    if (cut === undefined) this.#sync(this.#current.file, this.#finishSync);
    else this.#sync(cut.full.file, () => this.#syncCut(cut));
  }

  /** The sync of somebody who waits alone; see SyncPace. */
  #syncOnLoop(done: DurableDone | undefined): void {
    const startMs = this.#monotonicMs();
    try {
      this.#current.file.syncNow();
    } catch (error) {
      this.#fail(error);
      return;
    }
    const tookMs = this.#monotonicMs() - startMs;
    this.#pace.record(tookMs);
    this.#reportSync(tookMs);
    done?.();
  }

  #syncCut(cut: Cut): void {
    this.#sync(this.#current.file, () => {
      const path = `${this.#directory}/${cut.name.name}`;
      this.#attempt(() => this.#fileSystem.rename(cut.temporaryPath, path));
      if (this.#failure !== undefined) return;
      this.#sync(this.#directoryFile, () => {
        cut.full.file.close();
        this.#cut = undefined;
        this.#segments.push(cut.name);
        this.#logger.info('created a new WAL segment', { path });
        this.#finishSync();
      });
    });
  }

  #sync(file: DiskFile, next: () => void): void {
    if (this.#options.unsafeNoFsync === true) {
      next();
      return;
    }
    file.sync((error) => {
      if (this.#failure !== undefined) return;
      if (error === undefined) next();
      else this.#fail(error);
    });
  }

  readonly #finishSync = (): void => {
    this.#reportSync(this.#monotonicMs() - this.#syncStartMs);
    this.#queue.finishSync();
  };

  #reportSync(tookMs: number): void {
    this.#options.metrics?.fsyncSeconds(tookMs / 1000);
    if (tookMs > SLOW_SYNC_MS) {
      this.#logger.warn('slow fdatasync', {
        took: `${tookMs.toFixed(3)}ms`,
        'expected-duration': `${SLOW_SYNC_MS / 1000}s`,
      });
    }
  }

  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#failure = error;
    this.#queue.stop();
    this.#filler?.stop();
    this.#logger.fatal('failed to write to the WAL', { error, path: this.#directory });
    this.#options.onFatal(error);
  }

  #makeFiller(): ZeroFiller | undefined {
    if (this.#options.fillAhead === false || this.#options.unsafeNoFsync === true) return undefined;
    return new ZeroFiller({
      target: (leastBytes) => this.#fillTarget(leastBytes),
      defer: this.#options.defer ?? ((task): void => void setImmediate(task)),
      logger: this.#logger,
      onSyncError: (error) => this.#fail(error),
    });
  }

  /**
   * Zeros are wanted as far ahead as was appended by small writes since the start, within bounds: a member that
   * writes much soon has a whole segment ready, one that writes little does not pay for it.
   */
  #fillTarget(leastBytes: number): FillTarget | undefined {
    const current = this.#current;
    const sizeBytes = this.#segmentSizeBytes;
    const lead = Math.min(Math.max(this.#smallWriteBytes, FILL_LEAD_BYTES_MIN), sizeBytes);
    const untilBytes = Math.min(current.offset + lead, sizeBytes);
    const missingBytes = untilBytes - current.filledBytes;
    // The rest of a segment is worth it however short: filling goes on with the next one only behind it.
    if (missingBytes > 0 && (missingBytes >= leastBytes || untilBytes === sizeBytes)) {
      return { segment: current, untilBytes };
    }
    const surplus = current.offset + lead - sizeBytes;
    const nextBytes = Math.min(surplus, sizeBytes);
    if (nextBytes - (this.#prepared?.filledBytes ?? 0) < leastBytes) return undefined;
    this.#prepared ??= this.#makeTemporary();
    return { segment: this.#prepared, untilBytes: nextBytes };
  }

  #closeFiles(): void {
    try {
      if (this.#prepared !== undefined) {
        this.#prepared.file.close();
        this.#fileSystem.remove(this.#prepared.file.path);
      }
      this.#cut?.full.file.close();
      this.#current.file.close();
      this.#directoryFile.close();
    } catch (error) {
      this.#logger.warn('failed to close WAL', { error, path: this.#directory });
    }
  }
}

function isZero(state: HardState): boolean {
  return state.term === 0 && state.vote === 0n && state.commit === 0;
}
