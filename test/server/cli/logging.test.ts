// Goal: log lines have etcd's shape, reach every output, and are not written below the level. Method: real outputs in a
// temporary directory. A failure means that log collectors and etcd's own tests cannot read our lines.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogConfig } from '../../../server/cli/config.ts';
import { logTimestamp } from '../../../server/cli/log-clock.ts';
import { LogSampler } from '../../../server/cli/log-sampler.ts';
import { openLogging } from '../../../server/cli/logging.ts';

let dir: string;
let path: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'etcd-ts-log-'));
  path = join(dir, 'etcd.log');
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

function config(changes: Partial<LogConfig> = {}): LogConfig {
  return { level: 'info', format: 'json', outputs: [path], ...changes };
}

function lines(file: string = path): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}

describe('openLogging', () => {
  it('writes one JSON object per line, in the order of etcd', () => {
    const logger = openLogging(config()).logger('node/node.ts');
    logger.info('elected leader', { 'member-id': 255n, term: 2, urls: ['a'], none: undefined });
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatch(
      /^\{"level":"info","ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","caller":"node\/node\.ts","msg":"elected leader","member-id":"255","term":2,"urls":\["a"\]\}$/,
    );
  });

  it('prints errors by their message, with a stack when fatal', () => {
    const logger = openLogging(config()).logger('x');
    logger.error('failed', { error: new Error('disk full') });
    logger.fatal('lost', { error: new Error('bug') });
    const [failed, lost] = lines().map((line): Record<string, unknown> => JSON.parse(line));
    expect(failed).toMatchObject({ level: 'error', error: 'disk full' });
    expect(failed).not.toHaveProperty('stacktrace');
    expect(lost).toMatchObject({ level: 'fatal', error: 'bug' });
    expect(lost?.['stacktrace']).toContain('logging.test.ts');
  });

  it.each([
    ['debug', 5],
    ['info', 4],
    ['warn', 3],
    ['error', 2],
    ['panic', 1],
    ['fatal', 1],
  ] as const)('writes from level %s on', (level, count) => {
    const logger = openLogging(config({ level })).logger('x');
    logger.debug('1');
    logger.info('2');
    logger.warn('3');
    logger.error('4');
    logger.fatal('5');
    expect(lines()).toHaveLength(count);
  });

  it('writes to every output', () => {
    const second = join(dir, 'second.log');
    const logging = openLogging(config({ outputs: [path, second] }));
    logging.logger('x').info('both');
    logging.flush();
    expect(lines()).toEqual(lines(second));
  });

  it('appends to files', () => {
    openLogging(config()).logger('x').info('one');
    openLogging(config()).logger('x').info('two');
    expect(lines()).toHaveLength(2);
  });

  it('has a form for consoles', () => {
    const logger = openLogging(config({ format: 'console' })).logger('x');
    logger.warn('slow', { took: '1s' });
    logger.info('done');
    expect(lines()[0]).toMatch(/^\S+Z\twarn\tx\tslow\t\{"took":"1s"\}$/);
    expect(lines()[1]).toMatch(/^\S+Z\tinfo\tx\tdone$/);
  });

  it('refuses outputs that cannot be opened', () => {
    const output = join(dir, 'none', 'x.log');
    expect(() => openLogging(config({ outputs: [output] }))).toThrow(
      `couldn't open sink "${output}"`,
    );
  });

  it('drops a flood, but nothing fatal', () => {
    const logger = openLogging(config()).logger('x');
    for (let i = 0; i < 1000; i++) logger.warn('again');
    const written = lines().length;
    expect(written).toBeGreaterThanOrEqual(100);
    // Two seconds at most went by: twice the hundred, and each hundredth of the rest.
    expect(written).toBeLessThanOrEqual(220);
    for (let i = 0; i < 150; i++) logger.fatal('again');
    expect(lines()).toHaveLength(written + 150);
  });
});

describe('LogSampler', () => {
  it('counts by message and second', () => {
    const sampler = new LogSampler();
    const admitted = (message: string, nowMs: number): number => {
      let count = 0;
      for (let i = 0; i < 350; i++) if (sampler.admit(message, nowMs)) count++;
      return count;
    };
    expect(admitted('a', 5000)).toBe(102);
    expect(admitted('b', 5999)).toBe(102);
    expect(admitted('a', 6000)).toBe(102);
  });

  it('stays bounded when every message is new', () => {
    const sampler = new LogSampler();
    let admitted = 0;
    for (let i = 0; i < 10_000; i++) if (sampler.admit(`message ${i}`, 0)) admitted++;
    expect(admitted).toBe(4096 + 100 + Math.floor((10_000 - 4096) / 100) - 1);
  });
});

describe('logTimestamp', () => {
  it('counts microseconds in UTC and never goes back', () => {
    let last = logTimestamp();
    for (let i = 0; i < 1000; i++) {
      const next = logTimestamp();
      expect(next).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(next >= last).toBe(true);
      last = next;
    }
    expect(Math.abs(Date.parse(last) - Date.now())).toBeLessThan(1000);
  });

  it('waits out a small step back of the wall clock, and follows a large one', () => {
    const realMs = Date.now();
    const clock = vi.spyOn(Date, 'now');
    const before = logTimestamp();
    clock.mockReturnValue(realMs - 500);
    expect(logTimestamp() >= before).toBe(true);
    clock.mockReturnValue(realMs - 60_000);
    // More than once: a busy machine may take the processor away between the two clocks.
    const stamps = Array.from({ length: 50 }, () => logTimestamp());
    expect(stamps.some((stamp) => stamp < before)).toBe(true);
    clock.mockRestore();
    expect(Math.abs(Date.parse(logTimestamp()) - Date.now())).toBeLessThan(1000);
  });
});
