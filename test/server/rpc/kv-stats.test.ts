// Goal: the log line of a slow call says what etcd's says: counts, sizes, the request without its values. Method: calls
// of every kind on the service over a whole node in memory, asked afterwards as the server asks slow ones. A failure
// means a line that leads astray whoever looks for what makes a cluster slow.
import { beforeEach, expect, it } from 'vitest';
import {
  CompareResult,
  createTxnRequest,
  encodeDeleteRangeRequest,
  encodePutRequest,
  encodeRangeRequest,
  encodeTxnRequest,
  sizeRequestOp,
} from '../../../server/proto/gen/rpc.ts';
import {
  compareOf,
  deleteOf,
  putOf,
  putOp,
  rangeOf,
  rangeOp,
} from '../../support/apply-harness.ts';
import { callUnary, type FakeUnary } from '../../support/fake-call.ts';
import { KV, RpcWorld } from '../../support/rpc-harness.ts';

let world: RpcWorld;

beforeEach(() => {
  world = new RpcWorld();
  world.start();
  for (const key of ['a', 'b', 'c']) call('Put', encodePutRequest(putOf(key, 'secret')));
});

function call(method: string, message: Uint8Array): FakeUnary {
  return world.call(world.kv, KV + method, message);
}

function statsOf(method: string, message: Uint8Array): unknown {
  const done = call(method, message);
  expect(done.content?.stats().responseBytes).toBe(done.sent[0]?.length ?? 0);
  return done.content?.stats();
}

it('of a put counts one', () => {
  const message = encodePutRequest(putOf('a', 'secret', { prevKv: true }));
  expect(statsOf('Put', message)).toMatchObject({
    requestCount: 1,
    requestBytes: message.length,
    responseCount: 0,
    requestContent: 'key:"a" value_size:6 prev_kv:true',
  });
});

it.each([true, false])('of a range counts what was found (serializable: %s)', (serializable) => {
  const message = encodeRangeRequest(rangeOf('a', 'c', { limit: 1, serializable }));
  expect(statsOf('Range', message)).toMatchObject({
    requestCount: 0,
    requestBytes: message.length,
    responseCount: 2,
    requestContent: `key:"a" range_end:"c" limit:1${serializable ? ' serializable:true' : ''}`,
  });
});

it('of a deletion counts what was deleted', () => {
  const message = encodeDeleteRangeRequest(deleteOf('a', 'c'));
  expect(statsOf('DeleteRange', message)).toMatchObject({
    requestCount: 0,
    requestBytes: message.length,
    responseCount: 2,
    requestContent: 'key:"a" range_end:"c"',
  });
});

it('of a transaction counts the branch that ran', () => {
  const failure = [putOp('a', 'secret'), rangeOp('b')];
  const compare = [compareOf('x', { result: CompareResult.greater })];
  const request = createTxnRequest({ compare, success: [putOp('b')], failure });
  expect(statsOf('Txn', encodeTxnRequest(request))).toMatchObject({
    requestCount: 2,
    requestBytes: failure.reduce((sum, op) => sum + sizeRequestOp(op), 0),
    responseCount: 0,
    requestContent:
      'compare:<result:GREATER key:"x" version:0> success:<request_put:<key:"b">> ' +
      'failure:<request_put:<key:"a" value_size:6> request_range:{key:"b"}>',
  });
});

it('of a transaction that only reads says the same', () => {
  const request = createTxnRequest({ success: [rangeOp('a'), rangeOp('b')] });
  expect(statsOf('Txn', encodeTxnRequest(request))).toMatchObject({
    requestCount: 2,
    requestContent:
      'compare:<> success:<request_range:{key:"a"} request_range:{key:"b"}> failure:<>',
  });
});

it('of a call that failed have no answer; a transaction then has nothing', () => {
  const message = encodePutRequest(putOf('a', 'secret', { lease: 7n }));
  expect(statsOf('Put', message)).toMatchObject({
    requestBytes: message.length,
    responseCount: 0,
    requestContent: 'key:"a" value_size:6 lease:7',
  });
  const request = createTxnRequest({ success: [putOp('a', 'secret', { lease: 7n })] });
  expect(statsOf('Txn', encodeTxnRequest(request))).toEqual({
    requestCount: 0,
    requestBytes: 0,
    responseCount: 0,
    responseBytes: 0,
    requestContent: '',
  });
});

it('are there while a call still waits', () => {
  world.log.isInstant = false;
  const waiting = callUnary(world.kv, `${KV}Put`, encodePutRequest(putOf('d', 'secret')));
  world.time.settle();
  expect(waiting.finished).toBe(false);
  expect(waiting.content?.stats()).toMatchObject({
    responseBytes: 0,
    requestContent: 'key:"d" value_size:6',
  });
});
