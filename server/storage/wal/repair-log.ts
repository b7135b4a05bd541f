// Owns cutting off a write that a crash tore: the only damage a log is repaired from, because nothing after its last
// good record was ever acknowledged.
import type { Logger } from '../../base/logger.ts';
import { type FileSystem, syncDirectory } from '../file-system.ts';
import { READ_BLOCK_BYTES } from './limits.ts';
import type { LogEnd } from './read-log.ts';

/** Keeps a copy of the last segment as it was found and cuts the original after its last good record. */
export function repairLog(
  fileSystem: FileSystem,
  directory: string,
  end: LogEnd,
  logger: Logger,
): void {
  const path = `${directory}/${end.segment.name}`;
  logger.info('repairing', { path });
  const file = fileSystem.open(path, 'write');
  try {
    const copy = fileSystem.open(`${path}.broken`, 'create');
    try {
      const sizeBytes = file.sizeBytes();
      const block = new Uint8Array(READ_BLOCK_BYTES);
      for (let offset = 0; offset < sizeBytes; offset += block.length) {
        copy.write(block, file.read(block, offset), offset);
      }
      copy.syncNow();
    } finally {
      copy.close();
    }
    file.truncate(end.offset);
    file.syncNow();
  } finally {
    file.close();
  }
  syncDirectory(fileSystem, directory);
  logger.info('repaired', { path });
}
