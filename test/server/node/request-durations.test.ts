// Goal: etcd's histograms of requests and of reads tell how long clients waited, by type and by success. Method: calls of the
// KV service on a node in memory whose time is stepped, then the printed metrics. A failure means dashboards that lie.
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createRequestOp,
  createTxnRequest,
  encodePutRequest,
  encodeRangeRequest,
  encodeTxnRequest,
  type RangeRequest,
} from '../../../server/proto/gen/rpc.ts';
import { putOf, rangeOf } from '../../support/apply-harness.ts';
import { callUnary } from '../../support/fake-call.ts';
import { KV, RpcWorld, type RpcWorldOptions } from '../../support/rpc-harness.ts';

const REQUESTS = 'etcd_server_request_duration_seconds';
const RANGES = 'etcd_server_range_duration_seconds';

let world: RpcWorld;

function begin(options: RpcWorldOptions = {}): void {
  world = new RpcWorld(options);
  world.start();
}

beforeEach(() => begin());

/** The samples of a metric without its buckets. */
function samples(metric: string): string[] {
  const lines = world.registry.print().split('\n');
  return lines.filter(
    (line) => line.startsWith(`${metric}_count`) || line.startsWith(`${metric}_sum`),
  );
}

function range(request: RangeRequest): void {
  callUnary(world.kv, `${KV}Range`, encodeRangeRequest(request));
}

function put(key: string): void {
  callUnary(world.kv, `${KV}Put`, encodePutRequest(putOf(key)));
}

describe('requests', () => {
  it('are not there before the first one', () => {
    expect(world.registry.print()).not.toContain(REQUESTS);
  });

  it('have buckets from a millisecond to eight seconds', () => {
    world.log.isInstant = false;
    put('a');
    world.time.settle();
    world.time.advance(40);
    world.log.sync();
    world.time.settle();
    const text = world.registry.print();
    expect(text).toContain(`${REQUESTS}_bucket{success="true",type="Put",le="0.032"} 0\n`);
    expect(text).toContain(`${REQUESTS}_bucket{success="true",type="Put",le="0.064"} 1\n`);
    expect(text).toContain(`${REQUESTS}_bucket{success="true",type="Put",le="8.192"} 1\n`);
    expect(text.match(new RegExp(`^${REQUESTS}_bucket`, 'gm'))).toHaveLength(15);
    expect(samples(REQUESTS)).toEqual([
      `${REQUESTS}_sum{success="true",type="Put"} 0.04`,
      `${REQUESTS}_count{success="true",type="Put"} 1`,
    ]);
  });

  it('of the log that time out have failed', () => {
    world.log.isInstant = false;
    put('a');
    world.time.advance(8000);
    expect(samples(REQUESTS)[1]).toBe(`${REQUESTS}_count{success="false",type="Put"} 1`);
  });

  it('that the store refuses were answered', () => {
    const message = encodePutRequest(putOf('a', '', { lease: 9n }));
    callUnary(world.kv, `${KV}Put`, message);
    world.time.settle();
    expect(samples(REQUESTS)[1]).toBe(`${REQUESTS}_count{success="true",type="Put"} 1`);
  });

  it('that only read have a type of their own', () => {
    const success = [createRequestOp({ requestRange: rangeOf('a') })];
    const message = encodeTxnRequest(createTxnRequest({ success }));
    callUnary(world.kv, `${KV}Txn`, message);
    world.time.settle();
    expect(samples(REQUESTS)[1]).toBe(`${REQUESTS}_count{success="true",type="ReadonlyTxn"} 1`);
    expect(samples(RANGES)).toEqual([]);
  });
});

describe('ranges', () => {
  it('of one turn share the time of the turn', () => {
    range(rangeOf('a'));
    range(rangeOf('b'));
    range(rangeOf('c', '', { revision: 9 }));
    world.time.lookMs = 3;
    world.time.settle();
    world.time.lookMs = 0;
    expect(samples(RANGES)).toEqual([
      `${RANGES}_sum{success="false"} 0.001`,
      `${RANGES}_count{success="false"} 1`,
      `${RANGES}_sum{success="true"} 0.002`,
      `${RANGES}_count{success="true"} 2`,
    ]);
    expect(samples(REQUESTS).filter((line) => line.includes('_count'))).toEqual([
      `${REQUESTS}_count{success="true",type="Range"} 2`,
      `${REQUESTS}_count{success="false",type="Range"} 1`,
    ]);
  });

  it('that are serializable are timed by themselves', () => {
    world.time.lookMs = 5;
    range(rangeOf('a', '', { serializable: true }));
    world.time.lookMs = 0;
    expect(samples(RANGES)[0]).toBe(`${RANGES}_sum{success="true"} 0.005`);
    expect(samples(REQUESTS)[0]).toBe(`${REQUESTS}_sum{success="true",type="Range"} 0.005`);
  });

  it('that are large count with all of their slices', () => {
    for (let i = 0; i < 3000; i++) world.put(`k${i}`);
    world.time.settle();
    range(rangeOf('k', 'l'));
    world.time.lookMs = 4;
    world.time.settle();
    world.time.lookMs = 0;
    expect(samples(RANGES)[1]).toBe(`${RANGES}_count{success="true"} 1`);
    const [, seconds = ''] = samples(RANGES)[0]?.split(' ') ?? [];
    expect(Number(seconds)).toBeGreaterThan(0.01);
    expect(samples(REQUESTS)).toContain(`${REQUESTS}_count{success="true",type="Range"} 1`);
  });

  it('that nobody reads for are only requests', () => {
    begin({ voters: [1n, 2n] });
    range(rangeOf('a'));
    world.time.advance(8000);
    expect(samples(REQUESTS)[1]).toBe(`${REQUESTS}_count{success="false",type="Range"} 1`);
    expect(samples(RANGES)).toEqual([]);
  });
});
