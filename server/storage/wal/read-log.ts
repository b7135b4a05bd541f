// Owns reading a whole log: from the segment a snapshot lies in to the end, with the rules by which later records
// override earlier ones. Changes nothing on disk. etcd: server/storage/wal/wal.go ReadAll.
import { equalBytes } from '../../base/bytes.ts';
import { type Logger, SILENT_LOGGER } from '../../base/logger.ts';
import { decodeEntry, decodeHardState } from '../../proto/gen/raft.ts';
import { DecodeError } from '../../proto/reader.ts';
import type { ConfState, Entry, HardState } from '../../raft/types.ts';
import type { FileSystem } from '../file-system.ts';
import { RecordType } from './record-encoder.ts';
import { RecordReader } from './record-reader.ts';
import { checkSequence, listSegments, type SegmentName, segmentsFrom } from './segment-name.ts';
import { WalError } from './wal-error.ts';
import {
  decodeMetadata,
  decodeWalSnapshot,
  type WalMetadata,
  type WalSnapshot,
} from './wal-messages.ts';

/** Where to read from; the record {0, 0} stands at the beginning of every log. */
export interface LogStart {
  readonly index: number;
  readonly term: number;
}

/** What a log says from some snapshot on. */
export interface LogContents {
  readonly metadata: WalMetadata;
  /** The record's own bytes: the ones to repeat in later segments. */
  readonly metadataBytes: Uint8Array;
  /** The last one saved; all zero in a new log. */
  readonly hardState: HardState;
  /** Entries after the snapshot, ascending without gaps; later ones replaced earlier ones of the same index. */
  readonly entries: Entry[];
  /** The one recorded with the snapshot, if it was. */
  readonly confState: ConfState | undefined;
  /** Highest index the log speaks of: an entry's or a snapshot's. */
  readonly lastIndex: number;
  /** Where the log ends. */
  readonly end: LogEnd;
}

export interface LogEnd {
  readonly segment: SegmentName;
  /** Offset after the last good record. */
  readonly offset: number;
  /** Running CRC there. */
  readonly crc: number;
  /** True when a write torn by a crash follows. */
  readonly torn: boolean;
}

const NEW_HARD_STATE: HardState = { term: 0, vote: 0n, commit: 0 };

/** Reads a log from `start` on. Throws WalError when it is damaged; a torn end is reported, not repaired. */
export function readLog(
  fileSystem: FileSystem,
  directory: string,
  start: LogStart,
  logger: Logger = SILENT_LOGGER,
): LogContents {
  const segments = segmentsFrom(listSegments(fileSystem, directory, logger), start.index);
  const log = new LogReplay(start);
  let crc = 0;
  let end: LogEnd | undefined;
  segments.forEach((segment, position) => {
    const isLast = position === segments.length - 1;
    const file = fileSystem.open(`${directory}/${segment.name}`, 'read');
    try {
      const reader = new RecordReader(file, { crc, isLast, checked: true });
      const outcome = log.replay(reader, file.path);
      if (outcome === 'torn' && !isLast) {
        throw new WalError('unexpectedEof', `${file.path}, offset ${reader.offset}`);
      }
      crc = reader.crc;
      end = { segment, offset: reader.offset, crc, torn: outcome === 'torn' };
    } finally {
      file.close();
    }
  });
  if (end === undefined) throw new WalError('fileNotFound', directory);
  return log.finish(end, directory);
}

/** A record whose frame and CRC are right but whose content does not parse is a damaged log too. */
function asWalError(error: unknown, detail: string): unknown {
  if (!(error instanceof DecodeError)) return error;
  return new WalError('malformed', detail, { cause: error });
}

/** The entry with data of its own: the reader's block is used again. */
function ownedEntry({ type, term, index, data }: Entry): Entry {
  if (!Number.isSafeInteger(term) || !Number.isSafeInteger(index)) {
    throw new DecodeError(`entry ${index} of term ${term}`);
  }
  return { type, term, index, data: data.slice() };
}

function checkedState(state: HardState): HardState {
  if (!Number.isSafeInteger(state.term) || !Number.isSafeInteger(state.commit)) {
    throw new DecodeError(`hard state of term ${state.term}, commit ${state.commit}`);
  }
  return state;
}

/** The state that reading builds up, record by record. */
class LogReplay {
  readonly #start: LogStart;
  readonly #entries: Entry[] = [];
  #metadataBytes: Uint8Array | undefined;
  #hardState: HardState = NEW_HARD_STATE;
  #confState: ConfState | undefined;
  #found = false;
  #lastIndex = 0;
  /** Term of the entry at the start, as the log stands; undefined when it has none. */
  #termAtStart: number | undefined;

  constructor(start: LogStart) {
    this.#start = start;
  }

  /** Takes every record of one segment. */
  replay(reader: RecordReader, path: string): 'end' | 'torn' {
    for (;;) {
      const outcome = reader.next();
      if (outcome !== 'record') return outcome;
      try {
        this.#take(reader, path);
      } catch (error) {
        throw asWalError(error, `${path}, before offset ${reader.offset}`);
      }
    }
  }

  finish(end: LogEnd, directory: string): LogContents {
    if (this.#metadataBytes === undefined) throw new WalError('metadataMissing', directory);
    if (!this.#found) {
      const { index, term } = this.#start;
      throw new WalError('snapshotNotFound', `index ${index}, term ${term}, in ${directory}`);
    }
    return {
      metadata: decodeMetadata(this.#metadataBytes),
      metadataBytes: this.#metadataBytes,
      hardState: this.#hardState,
      entries: this.#entries,
      confState: this.#confState,
      lastIndex: this.#lastIndex,
      end,
    };
  }

  #take(reader: RecordReader, path: string): void {
    const { bytes, dataStart, dataEnd } = reader;
    switch (reader.type) {
      case RecordType.entry:
        this.#takeEntry(ownedEntry(decodeEntry(bytes, dataStart, dataEnd)), path);
        return;
      case RecordType.state:
        this.#hardState = checkedState(decodeHardState(bytes, dataStart, dataEnd));
        return;
      case RecordType.metadata:
        this.#takeMetadata(bytes.slice(dataStart, dataEnd), path);
        return;
      case RecordType.snapshot:
        this.#takeSnapshot(decodeWalSnapshot(bytes.slice(dataStart, dataEnd)));
        return;
      case RecordType.crc:
        return;
      default:
        throw new WalError('unknownRecord', `type ${reader.type}, ${path}`);
    }
  }

  #takeEntry(entry: Entry, path: string): void {
    this.#lastIndex = entry.index;
    if (entry.index <= this.#start.index) {
      // An entry takes the place of everything that was after it, also of what is beyond the start.
      this.#termAtStart = entry.index === this.#start.index ? entry.term : undefined;
      this.#entries.length = 0;
      return;
    }
    const position = entry.index - this.#start.index - 1;
    if (position > this.#entries.length) {
      throw new WalError(
        'sliceOutOfRange',
        `entry ${entry.index} after ${this.#start.index + this.#entries.length}, ${path}`,
      );
    }
    this.#entries.length = position;
    this.#entries.push(entry);
  }

  #takeMetadata(bytes: Uint8Array, path: string): void {
    if (this.#metadataBytes !== undefined && !equalBytes(this.#metadataBytes, bytes)) {
      throw new WalError('metadataConflict', path);
    }
    this.#metadataBytes = bytes;
  }

  #takeSnapshot(snapshot: WalSnapshot): void {
    if (snapshot.index > this.#lastIndex) this.#lastIndex = snapshot.index;
    if (snapshot.index !== this.#start.index) return;
    if (snapshot.term !== this.#start.term) {
      throw new WalError(
        'snapshotMismatch',
        `index ${snapshot.index}: term ${snapshot.term} in the log, ${this.#start.term} wanted`,
      );
    }
    this.#found = true;
    this.#confState = snapshot.confState;
    if (this.#termAtStart === snapshot.term) return;
    // It came from a leader, and the log was another one up to there: nothing of it was kept.
    this.#termAtStart = snapshot.term;
    this.#entries.length = 0;
    this.#lastIndex = snapshot.index;
  }
}

/**
 * Snapshot records a member may start from: those not beyond the last saved commit index, ascending as written.
 * Segments are looked at from the newest back until `countMax` are found. In all but the last one only frames are
 * checked here, `readLog` checks everything it uses.
 */
export function validSnapshots(
  fileSystem: FileSystem,
  directory: string,
  countMax: number = Number.POSITIVE_INFINITY,
): WalSnapshot[] {
  const segments = listSegments(fileSystem, directory, SILENT_LOGGER);
  checkSequence(segments);
  let found: WalSnapshot[] = [];
  let commit: number | undefined;
  for (const segment of segments.toReversed()) {
    const marks = readMarks(
      fileSystem,
      `${directory}/${segment.name}`,
      segment === segments.at(-1),
    );
    found = marks.snapshots.concat(found);
    commit ??= marks.commit;
    if (commit === undefined) continue;
    const reached = commit;
    found = found.filter((snapshot) => snapshot.index <= reached);
    if (found.length >= countMax) break;
  }
  return found.filter((snapshot) => snapshot.index <= (commit ?? 0));
}

/** The snapshot records of one segment and the commit index of its last hard state. */
function readMarks(
  fileSystem: FileSystem,
  path: string,
  isLast: boolean,
): { readonly snapshots: WalSnapshot[]; readonly commit: number | undefined } {
  const snapshots: WalSnapshot[] = [];
  let commit: number | undefined;
  const file = fileSystem.open(path, 'read');
  try {
    // The last segment may end in a torn write; only its CRC tells that from records, and nothing behind it counts.
    const reader = new RecordReader(file, { crc: 0, isLast, checked: isLast });
    while (reader.next() === 'record') {
      if (reader.type === RecordType.state) {
        commit = decodeHardState(reader.bytes, reader.dataStart, reader.dataEnd).commit;
      } else if (reader.type === RecordType.snapshot) {
        snapshots.push(decodeWalSnapshot(reader.bytes.subarray(reader.dataStart, reader.dataEnd)));
      }
    }
  } catch (error) {
    throw asWalError(error, path);
  } finally {
    file.close();
  }
  return { snapshots, commit };
}
