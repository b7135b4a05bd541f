// Owns reading what the kernel says about this process. Everything is optional: elsewhere than on Linux the
// answers are undefined and the metrics are left out.
import { readdirSync, readFileSync } from 'node:fs';

/** Open file descriptors. */
export function openFileDescriptors(): number | undefined {
  try {
    // The listing itself needs one.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

/** Soft limit of open files; undefined when there is none or it is not known. */
export function fileDescriptorLimit(): number | undefined {
  const match = /^Max open files\s+(\d+)/m.exec(read('/proc/self/limits') ?? '');
  return match === null ? undefined : Number(match[1]);
}

export interface ProcessSizes {
  readonly virtualBytes: number;
  readonly threadCount: number;
}

/** Address space and threads. */
export function processSizes(): ProcessSizes | undefined {
  const status = read('/proc/self/status');
  if (status === undefined) return undefined;
  const virtualKib = Number(/^VmSize:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  const threadCount = Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  return { virtualBytes: virtualKib * 1024, threadCount };
}

export interface NetworkBytes {
  readonly received: number;
  readonly sent: number;
}

/** Bytes through the network namespace of the process. */
export function networkBytes(): NetworkBytes | undefined {
  const lines = (read('/proc/self/net/netstat') ?? '').split('\n');
  const names = lines.find((line) => line.startsWith('IpExt: In'))?.split(' ') ?? [];
  const values = lines.findLast((line) => line.startsWith('IpExt:'))?.split(' ') ?? [];
  const received = values[names.indexOf('InOctets')];
  const sent = values[names.indexOf('OutOctets')];
  if (received === undefined || sent === undefined) return undefined;
  return { received: Number(received), sent: Number(sent) };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
