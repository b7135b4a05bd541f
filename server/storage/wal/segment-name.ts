// Owns the names of segment files: `%016x-%016x.wal`, sequence number and index of the first entry the segment may
// hold, and the choice of segments to read from.
import type { Logger } from '../../base/logger.ts';
import type { FileSystem } from '../file-system.ts';
import { WalError } from './wal-error.ts';

/** One segment file of the directory. */
export interface SegmentName {
  readonly name: string;
  /** 0, 1, 2, ... without gaps. */
  readonly sequence: number;
  /** Index of the first entry that may be in it. */
  readonly firstIndex: number;
}

const SEGMENT_PATTERN = /^([0-9a-f]{16})-([0-9a-f]{16})\.wal$/;

export function segmentName(sequence: number, firstIndex: number): SegmentName {
  return { name: `${hex16(sequence)}-${hex16(firstIndex)}.wal`, sequence, firstIndex };
}

function hex16(value: number): string {
  return value.toString(16).padStart(16, '0');
}

/** The parts of a segment's name, or undefined for any other file. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const match = SEGMENT_PATTERN.exec(name);
  if (match === null) return undefined;
  const sequence = Number.parseInt(match[1] ?? '', 16);
  const firstIndex = Number.parseInt(match[2] ?? '', 16);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(firstIndex)) return undefined;
  return { name, sequence, firstIndex };
}

/** All segments of a directory, ascending. Other names are reported, except the ones etcd leaves itself. */
export function listSegments(
  fileSystem: FileSystem,
  directory: string,
  logger: Logger,
): SegmentName[] {
  const segments: SegmentName[] = [];
  for (const name of fileSystem.list(directory)) {
    const segment = parseSegmentName(name);
    if (segment !== undefined) segments.push(segment);
    else if (!name.endsWith('.tmp') && !name.endsWith('.broken')) {
      logger.warn('ignored file in WAL directory', { path: `${directory}/${name}` });
    }
  }
  return segments;
}

/** The segments to read for a log that starts after `index`: from the last one whose name is not beyond it. */
export function segmentsFrom(segments: readonly SegmentName[], index: number): SegmentName[] {
  const from = segments.findLastIndex((segment) => segment.firstIndex <= index);
  if (from < 0) throw new WalError('fileNotFound', `no segment reaches back to index ${index}`);
  const chosen = segments.slice(from);
  checkSequence(chosen);
  return chosen;
}

/** Throws unless the sequence numbers have no gap. */
export function checkSequence(segments: readonly SegmentName[]): void {
  const first = segments[0];
  if (first === undefined) throw new WalError('fileNotFound', 'no segment files');
  segments.forEach((segment, position) => {
    if (segment.sequence !== first.sequence + position) {
      throw new WalError('sequenceGap', `${segment.name} follows ${first.sequence + position - 1}`);
    }
  });
}
