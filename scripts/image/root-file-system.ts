// Owns writing the layers into a directory: what the Dockerfile's last stage copies. Owners are set when run as root.
import {
  chmodSync,
  copyFileSync,
  lchownSync,
  mkdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Layer } from './layers.ts';
import { completeEntries } from './tar-writer.ts';

export function writeRootFileSystem(layers: readonly Layer[], target: string): void {
  const isRoot = process.getuid?.() === 0;
  mkdirSync(target, { recursive: true });
  for (const entry of completeEntries(layers.flatMap((layer) => layer.entries))) {
    const path = join(target, entry.path);
    if (entry.kind === 'link') symlinkSync(entry.target, path);
    else if (entry.kind === 'directory') mkdirSync(path);
    else if (entry.kind === 'copy') copyFileSync(entry.source, path);
    else writeFileSync(path, entry.content);
    if (isRoot) lchownSync(path, entry.owner ?? 0, entry.owner ?? 0);
    // After the owner, and apart from creation: changing the owner clears bits, and the umask does too.
    if (entry.kind !== 'link') chmodSync(path, entry.mode);
  }
}
