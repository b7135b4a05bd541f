// Goal: the chunks of a streamed range, put together, are the answer Range gives, at one revision, as fast as the client
// takes them and no faster. Method: fake calls with little room, writes between chunks. A failure means torn lists.
import { beforeEach, describe, expect, it } from 'vitest';
import { concatBytes, utf8Text } from '../../../server/base/bytes.ts';
import {
  createRangeRequest,
  decodeRangeResponse,
  decodeRangeStreamResponse,
  encodeRangeRequest,
  encodeRangeResponse,
  type RangeRequest,
  type RangeResponse,
} from '../../../server/proto/gen/rpc.ts';
import { rangeOf } from '../../support/apply-harness.ts';
import { callStream, endOf, type FakeServerStream } from '../../support/fake-call.ts';
import { compact } from '../../support/mvcc-harness.ts';
import { KV, RpcWorld } from '../../support/rpc-harness.ts';

const KEYS = 300;
const PATH = `${KV}RangeStream`;

let world: RpcWorld;

beforeEach(() => {
  world = new RpcWorld({ chunkBytes: 1000 });
  world.start();
  for (let i = 0; i < KEYS; i++) world.put(`k${String(i).padStart(3, '0')}`, 'v'.repeat(i % 40));
  world.time.settle();
});

function stream(request: RangeRequest, room?: number): FakeServerStream {
  const options = room === undefined ? {} : { room };
  return callStream(world.kv, PATH, encodeRangeRequest(request), options);
}

function chunksOf(call: FakeServerStream): RangeResponse[] {
  return call.sent.map((bytes) => {
    const { rangeResponse } = decodeRangeStreamResponse(bytes);
    if (rangeResponse === undefined) throw new Error('an empty chunk');
    return rangeResponse;
  });
}

/** Merging protobuf messages is joining their bytes. */
function merged(call: FakeServerStream): RangeResponse {
  return decodeRangeResponse(
    concatBytes(chunksOf(call).map((chunk) => encodeRangeResponse(chunk))),
  );
}

function rangeAnswer(request: RangeRequest): RangeResponse {
  return decodeRangeResponse(world.answer(world.kv, `${KV}Range`, encodeRangeRequest(request)));
}

const requests: [string, RangeRequest][] = [
  ['everything', rangeOf('\0', '\0')],
  ['a part', rangeOf('k100', 'k200')],
  ['one key', rangeOf('k100')],
  ['nothing', rangeOf('x', 'z')],
  ['a limit below the first chunk', rangeOf('\0', '\0', { limit: 3 })],
  ['a limit that is the first chunk', rangeOf('\0', '\0', { limit: 10 })],
  ['a limit over several chunks', rangeOf('\0', '\0', { limit: 123 })],
  ['a limit beyond the end', rangeOf('\0', '\0', { limit: 1000 })],
  ['a limit that is the end', rangeOf('\0', '\0', { limit: KEYS })],
  ['keys only', rangeOf('\0', '\0', { keysOnly: true })],
  ['an old revision', rangeOf('\0', '\0', { revision: 100, limit: 50 })],
  ['a count', rangeOf('\0', '\0', { countOnly: true })],
  ['an old count', rangeOf('\0', '\0', { countOnly: true, revision: 100 })],
  ['a count with a limit', rangeOf('\0', '\0', { countOnly: true, limit: 5 })],
];

describe('the chunks', () => {
  it.each(requests)('%s: together are what Range answers', (_name, request) => {
    const call = stream({ ...request, serializable: true });
    world.time.settle();
    expect(endOf(call)).toBe('ok');
    expect(merged(call)).toEqual(rangeAnswer(request));
  });

  it('have a header only at the end', () => {
    const call = stream(rangeOf('\0', '\0', { serializable: true }));
    const chunks = chunksOf(call);
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.filter((chunk) => chunk.header !== undefined)).toEqual([chunks.at(-1)]);
    expect(chunks.at(-1)?.header).toEqual(world.fullHeader(KEYS + 1));
    for (const chunk of chunks.slice(0, -1)) expect(chunk).toMatchObject({ more: false, count: 0 });
  });

  it('begin with ten keys and aim at the chunk size', () => {
    const chunks = chunksOf(stream(rangeOf('\0', '\0', { serializable: true })));
    expect(chunks[0]?.kvs).toHaveLength(10);
    const sizes = chunks.slice(2, -1).map((chunk) => encodeRangeResponse(chunk).length);
    for (const size of sizes) expect(size).toBeLessThan(2500);
    expect(Math.max(...sizes)).toBeGreaterThan(500);
  });

  it('stay at the revision of the first, whatever is written meanwhile', () => {
    const request = rangeOf('\0', '\0', { limit: 250 });
    const expected = rangeAnswer(request);
    const call = stream({ ...request, serializable: true }, 1);
    for (let i = 0; i < 100 && !call.finished; i++) {
      world.put(`k${String(i * 3).padStart(3, '0')}`, 'new');
      world.remove(`k${String(i * 3 + 1).padStart(3, '0')}`);
      world.put(`k${i}x`, 'more');
      world.time.settle();
      call.drain(1);
      world.time.settle();
    }
    expect(endOf(call)).toBe('ok');
    expect(merged(call)).toEqual(expected);
  });
});

describe('the client', () => {
  it('is not sent more than it takes', () => {
    const call = stream(rangeOf('\0', '\0', { serializable: true }), 2);
    expect(endOf(call)).toBe('open after 2');
    call.drain(1);
    expect(endOf(call)).toBe('open after 3');
    call.drain();
    expect(endOf(call)).toBe('ok');
  });

  it('that gives up gets nothing more', () => {
    const call = stream(rangeOf('\0', '\0', { serializable: true }), 1);
    call.cancel();
    call.drain();
    expect(call.sent).toHaveLength(1);
  });

  it('gets a linearizable read after its index', () => {
    const call = stream(rangeOf('\0', '\0'));
    expect(endOf(call)).toBe('open after 0');
    world.time.settle();
    expect(endOf(call)).toBe('ok');
    expect(chunksOf(call).flatMap(({ kvs }) => kvs.map((kv) => utf8Text(kv.key)))).toHaveLength(
      KEYS,
    );
  });
});

describe('refusals', () => {
  it.each<[string, RangeRequest, string]>([
    ['no key', createRangeRequest(), '3 etcdserver: key is not provided'],
    ['a bad order', rangeOf('a', '', { sortOrder: 7 }), '3 etcdserver: invalid sort option'],
    [
      'an order',
      rangeOf('a', '', { sortOrder: 2 }),
      '12 RangeStream does not support custom sort orders',
    ],
    [
      'a filter',
      rangeOf('a', '', { maxModRevision: 2 }),
      '12 RangeStream does not support revision filters',
    ],
    [
      'the future',
      rangeOf('a', '', { revision: 5000 }),
      '11 etcdserver: mvcc: required revision is a future revision',
    ],
    [
      'a future count',
      rangeOf('a', 'b', { revision: 5000, countOnly: true }),
      '11 etcdserver: mvcc: required revision is a future revision',
    ],
  ])('of %s', (_name, request, text) => {
    const call = stream(request);
    world.time.settle();
    expect(endOf(call)).toBe(text);
    expect(call.sent).toEqual([]);
  });

  it.each([
    ['in the middle', 0],
    ['while the rest is counted', 15],
  ])('of a revision that is compacted away %s', (_name, limit) => {
    const compacted = '11 etcdserver: mvcc: required revision has been compacted';
    const call = stream(rangeOf('\0', '\0', { serializable: true, limit }), 1);
    for (let i = 0; i < 10; i++) world.put('z');
    world.time.settle();
    compact(world.store, world.store.revision);
    world.store.cache.clear();
    call.drain();
    world.time.settle();
    expect(endOf(call)).toBe(compacted);
  });

  it('bytes that are no request', () => {
    const call = callStream(world.kv, PATH, Uint8Array.of(0x0a, 9));
    expect(endOf(call)).toMatch(/^13 grpc: error unmarshalling request/);
  });
});
