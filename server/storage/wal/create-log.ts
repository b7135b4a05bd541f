// Owns making the directory of a new log: complete under its name, or not there at all.
import { type FileSystem, parentOf, syncDirectory } from '../file-system.ts';
import { RecordEncoder, RecordType } from './record-encoder.ts';
import { type SegmentName, segmentName } from './segment-name.ts';
import { WalError } from './wal-error.ts';
import { encodeWalSnapshot } from './wal-messages.ts';

export interface NewLog {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly metadataBytes: Uint8Array;
  /** What the first segment is extended to. */
  readonly sizeBytes: number;
}

/** Makes the log; returns its first segment and where it ends. */
export function createLog(log: NewLog): {
  readonly segment: SegmentName;
  readonly offset: number;
  readonly crc: number;
} {
  const { fileSystem, directory } = log;
  if (fileSystem.exists(directory) && fileSystem.list(directory).length > 0) {
    throw new WalError('alreadyExists', directory);
  }
  const temporary = `${directory}.tmp`;
  fileSystem.removeDirectory(temporary);
  fileSystem.makeDirectory(temporary);
  const segment = segmentName(0, 0);
  const encoder = new RecordEncoder(0);
  encoder.addCrc();
  encoder.addData(RecordType.metadata, log.metadataBytes);
  encoder.addData(RecordType.snapshot, encodeWalSnapshot({ index: 0, term: 0 }));
  const file = fileSystem.open(`${temporary}/${segment.name}`, 'create');
  try {
    file.write(encoder.bytes, encoder.length, 0);
    file.truncate(log.sizeBytes);
    file.syncNow();
  } finally {
    file.close();
  }
  syncDirectory(fileSystem, temporary);
  // An empty directory may have been made by hand; rename does not replace one everywhere.
  fileSystem.removeDirectory(directory);
  fileSystem.rename(temporary, directory);
  syncDirectory(fileSystem, parentOf(directory));
  return { segment, offset: encoder.length, crc: encoder.crc };
}
