// Goal: what the operator did is told, also when the API server is away for a while, and an event that cannot be told holds up
// no other. Method: an API of two functions that fail as told, and time that is stepped. A failure means an act of which nobody
// learns, or an operator whose events stop.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventRecorder } from '../../../operator/kube/event-recorder.ts';
import { KubeError } from '../../../operator/kube/kube-error.ts';

const AWAY = new KubeError('connection refused');
const BUSY = new KubeError('too many requests', { status: 429 });
const BROKEN = new KubeError('internal error', { status: 500 });
const FORBIDDEN = new KubeError('forbidden', { status: 403 });
const CONFLICT = new KubeError('conflict', { status: 409, reason: 'Conflict' });
const THERE = new KubeError('already exists', { status: 409, reason: 'AlreadyExists' });
const SUBJECT = { apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: 'main', uid: 'u1' };
const ATTEMPTS = 12;

let stop: AbortController;
let recorder: EventRecorder;
/** What the requests about a message fail with, one after the other. */
let failures: Map<string, KubeError[]>;
/** Messages that were asked to be created, and counts that were asked for, in order. */
let asked: string[];
/** Names of the Events there are. */
let names: string[];
let warnings: string[];

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  stop = new AbortController();
  [failures, asked, names, warnings] = [new Map(), [], [], []];
  const log = (level: string, message: string): void => {
    if (level === 'warn') warnings.push(message);
  };
  recorder = new EventRecorder(api, { log, instance: 'test', signal: stop.signal });
});

afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

const api = {
  async create(_place: unknown, body: unknown): Promise<unknown> {
    const { message, metadata } = Object(body);
    asked.push(message);
    names.push(metadata.name);
    const failure = failures.get(message)?.shift();
    if (failure !== undefined) throw failure;
    return body;
  },
  async patch(_place: unknown, body: unknown): Promise<unknown> {
    const { count } = Object(body);
    asked.push(`count ${count}`);
    const failure = failures.get('count')?.shift();
    if (failure !== undefined) throw failure;
    return body;
  },
};

function record(message: string): void {
  recorder.record(SUBJECT, { type: 'Normal', reason: 'PodCreated', message });
}

describe('an event that was not written', () => {
  it('is tried again, under the same name, whatever failed that may pass', async () => {
    failures.set('a', [AWAY, BUSY, BROKEN, CONFLICT]);
    record('a');
    await vi.advanceTimersByTimeAsync(30_000);
    await recorder.flush();
    expect(asked).toEqual(['a', 'a', 'a', 'a', 'a']);
    expect(new Set(names).size).toBe(1);
    expect(warnings).toEqual([]);
  });

  it('waits between its attempts', async () => {
    failures.set('a', [AWAY, AWAY]);
    record('a');
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toEqual(['a']);
  });

  it('is given up after so many', async () => {
    failures.set('a', new Array(100).fill(AWAY));
    record('a');
    await vi.advanceTimersByTimeAsync(300_000);
    await recorder.flush();
    expect(asked).toHaveLength(ATTEMPTS);
    expect(warnings).toEqual(['an event was not written']);
  });

  it('is given up at once when the answer will not change', async () => {
    failures.set('a', [FORBIDDEN]);
    record('a');
    await recorder.flush();
    expect(asked).toEqual(['a']);
    expect(warnings).toEqual(['an event was not written']);
  });

  it('holds up no other', async () => {
    failures.set('a', new Array(100).fill(BROKEN));
    record('a');
    for (const message of ['b', 'c', 'd']) record(message);
    await vi.advanceTimersByTimeAsync(600);
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'a']);
  });

  it('ends with the operator', async () => {
    failures.set('a', new Array(100).fill(AWAY));
    record('a');
    record('b');
    await vi.advanceTimersByTimeAsync(1);
    stop.abort();
    await recorder.flush();
    expect(asked).toEqual(['a']);
  });
});

describe('an event whose answer was lost', () => {
  it('is there, and not made twice', async () => {
    failures.set('a', [AWAY, THERE]);
    record('a');
    await vi.advanceTimersByTimeAsync(1_000);
    record('a');
    await recorder.flush();
    expect(asked).toEqual(['a', 'a', 'count 2']);
    expect(warnings).toEqual([]);
  });

  it('is counted once', async () => {
    failures.set('count', [AWAY]);
    record('a');
    record('a');
    await vi.advanceTimersByTimeAsync(1_000);
    await recorder.flush();
    expect(asked).toEqual(['a', 'count 2', 'count 2']);
  });
});
