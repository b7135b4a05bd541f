// Measures the key index at one million keys of 40 bytes: resident memory per key beside the key's own bytes, time per
// operation, and the longest single operation in processor time, which a busy machine does not spoil.
// Run with: node --expose-gc dist/bench/micro/mvcc-memory.bench.js [sorted|random] [keys]. The budget is 150 bytes
// per key and 10 ms for any operation.

import { KeyIndex } from '../../server/mvcc/key-index.ts';

const KEY_BYTES = 40;
const BUDGET_BYTES = 150;

/** Operations between two looks at the processor time. */
const SAMPLE_OPERATIONS = 64;

interface Timing {
  readonly name: string;
  readonly operations: number;
  /** Processor time, which a busy machine does not spoil. */
  readonly cpuMs: number;
  readonly worstMs: number;
}

function main(): void {
  const order = process.argv[2] === 'sorted' ? 'sorted' : 'random';
  const count = Number(process.argv[3] ?? 1_000_000);
  const key = makeKeys(order);
  console.log(`${count} keys, ${order}, node ${process.version}`);
  const before = memory();
  const index = new KeyIndex();
  const insert = time('insert', count, (i) => {
    index.put(key(i), i + 2, 0);
  });
  const after = memory();
  const bytesPerKey = (after - before) / count - KEY_BYTES;
  console.log(
    `  ${bytesPerKey.toFixed(1)} bytes per key beside its ${KEY_BYTES} (budget ${BUDGET_BYTES})`,
  );
  print(insert);
  for (const timing of exercise(index, count, key)) print(timing);
}

/** Names the keys 0..count-1; one buffer for all, so that the measured memory holds no keys but the index's. */
function makeKeys(order: 'sorted' | 'random'): (i: number) => Uint8Array {
  const bytes = new TextEncoder().encode('/registry/pods/namespace/'.padEnd(KEY_BYTES, '0'));
  const first = '/registry/pods/namespace/'.length;
  return (i) => {
    // A multiplication by an odd number permutes 0..2^31: the same kind of keys in a scattered order.
    let rest = order === 'sorted' ? i : Math.imul(i, 0x9e3779b1) >>> 1;
    for (let at = KEY_BYTES - 1; at >= first; at--) {
      bytes[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    return bytes;
  };
}

function exercise(index: KeyIndex, count: number, key: (i: number) => Uint8Array): Timing[] {
  const next = count + 2;
  const pick = (i: number): Uint8Array => key((i * 7919) % count);
  const end = new Uint8Array([0xff]);
  return [
    time('find', count, (i) => {
      index.find(pick(i));
    }),
    time('count in range', 10_000, (i) => {
      index.countLive(pick(i), end);
    }),
    time('walk 100', 10_000, (i) => {
      index.walk(pick(i), end);
      for (let row = 0; row < 100 && index.walkNext(); row++) index.at(index.walkId(), next);
    }),
    time('put again', count, (i) => {
      index.put(pick(i), next + i, 0);
    }),
    time('find at old revision', count, (i) => {
      index.at(index.find(pick(i)), next);
    }),
    time('tombstone', count, (i) => {
      index.tombstone(pick(i), next + count + i, 0);
    }),
    time('compact row', index.endId - 1, (i) => {
      if (index.isUsed(i + 1)) index.compactRow(i + 1, next + 3 * count);
    }),
  ];
}

function time(name: string, operations: number, act: (i: number) => void): Timing {
  let worstMs = 0;
  const begin = cpuMs();
  let last = performance.now();
  let sampled = begin;
  for (let i = 0; i < operations; i++) {
    if (i % SAMPLE_OPERATIONS === 0) {
      sampled = cpuMs();
      last = performance.now();
    }
    act(i);
    const now = performance.now();
    const elapsed = now - last;
    last = now;
    // Waiting for a processor is no stall of ours: no operation took longer than the processor time since the sample.
    if (elapsed > worstMs) worstMs = Math.max(worstMs, Math.min(elapsed, cpuMs() - sampled));
  }
  return { name, operations, cpuMs: cpuMs() - begin, worstMs };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Resident bytes after everything that can go is gone. */
function memory(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

function print(timing: Timing): void {
  const ns = ((timing.cpuMs * 1e6) / timing.operations).toFixed(0);
  console.log(
    `  ${timing.name.padEnd(22)} ${ns.padStart(6)} ns each, worst ${timing.worstMs.toFixed(2)} ms`,
  );
}

main();
