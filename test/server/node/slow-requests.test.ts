// Goal: who looks into the log for what was slow finds the request, what came of it, and no value. Method: a whole node in
// memory whose clock makes every look cost a second where a test says so; and the warnings alone, for requests of every
// kind. A failure means slow requests nobody can name, or secrets in a log file.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ApplyOutcome } from '../../../server/apply/result.ts';
import { EtcdError } from '../../../server/base/errors.ts';
import { type Logger, SILENT_LOGGER } from '../../../server/base/logger.ts';
import { MetricRegistry } from '../../../server/base/metrics.ts';
import { SlowRequests } from '../../../server/node/slow-requests.ts';
import {
  createTxnRequest,
  encodeAlarmRequest,
  encodeCompactionRequest,
  encodeDeleteRangeRequest,
  encodeLeaseGrantRequest,
  encodeLeaseRevokeRequest,
  encodePutRequest,
  encodeRangeRequest,
  encodeTxnRequest,
  sizePutResponse,
} from '../../../server/proto/gen/rpc.ts';
import { encodeRaftRequest } from '../../../server/proto/hot.ts';
import { PayloadField, type PayloadFieldNumber } from '../../../server/proto/payload-field.ts';
import { type Entry, EntryType } from '../../../server/raft/types.ts';
import { deleteOf, putOf, putOp, rangeOf, rangeOp } from '../../support/apply-harness.ts';
import { KV, RpcWorld } from '../../support/rpc-harness.ts';

let lines: Record<string, unknown>[];
let logger: Logger;

beforeEach(() => {
  lines = [];
  logger = {
    ...SILENT_LOGGER,
    warn: (message, fields) => void lines.push({ message, ...fields }),
  };
});

describe('a member', () => {
  let world: RpcWorld;

  beforeEach(() => {
    world = new RpcWorld({ logger });
    world.start();
    for (const key of ['a', 'b', 'c']) world.put(key, 'secret');
    world.time.settle();
  });

  /** Lines of a call during which every look at the clock costs a second. */
  function slowly(method: string, message: Uint8Array): Record<string, unknown>[] {
    expect(lines).toEqual([]);
    world.time.lookMs = 1000;
    world.call(world.kv, KV + method, message);
    world.time.lookMs = 0;
    return lines;
  }

  it('names an apply that was slow, with its answer', () => {
    expect(slowly('Put', encodePutRequest(putOf('d', 'secret')))).toEqual([
      {
        message: 'apply request took too long',
        took: '1000.000ms',
        'expected-duration': '100ms',
        prefix: '',
        request: expect.stringMatching(/^header:<ID:\d+> put:<key:"d" value_size:6>$/),
        response: 'size:4',
        entries: 1,
      },
    ]);
    expect(world.metrics.slowApplies.value).toBe(1);
  });

  it('names what became of one that was refused', () => {
    const message = encodePutRequest(putOf('d', 'secret', { lease: 7n }));
    expect(slowly('Put', message)).toMatchObject([
      { response: '', error: 'etcdserver: requested lease not found' },
    ]);
  });

  it('names all entries that were applied together', () => {
    world.log.isInstant = false;
    for (const key of ['y', 'z']) world.put(key, 'secret');
    world.time.settle();
    world.time.lookMs = 1000;
    world.log.sync();
    world.time.settle();
    expect(lines).toMatchObject([
      {
        request: expect.stringMatching(
          /^header:<ID:\d+> put:<key:"y" value_size:6> header:<ID:\d+> put:<key:"z" value_size:6>$/,
        ),
        response: '',
        entries: 2,
      },
    ]);
  });

  it.each([
    ['of one key', rangeOf('a', '', { serializable: true }), 1],
    ['of one key, linearizable', rangeOf('a'), 1],
    ['of many', rangeOf('a', 'd', { serializable: true }), 3],
    ['of many, linearizable', rangeOf('a', 'd'), 3],
  ])('names a range %s', (_name, request, count) => {
    const found = slowly('Range', encodeRangeRequest(request));
    const reads = found.filter((line) => line['prefix'] !== '');
    expect(reads).toMatchObject([
      {
        prefix: 'read-only range ',
        request: expect.stringContaining('key:"a"'),
        response: expect.stringMatching(new RegExp(`^range_response_count:${count} size:\\d+$`)),
      },
    ]);
    expect(reads[0]).not.toHaveProperty('entries');
  });

  it('names a transaction that only reads', () => {
    const request = createTxnRequest({
      success: [
        rangeOp('a', 'c', { serializable: true }),
        rangeOp('x', '', { serializable: true }),
      ],
    });
    expect(slowly('Txn', encodeTxnRequest(request))).toMatchObject([
      {
        prefix: 'read-only txn ',
        request: expect.stringContaining('request_range:{key:"a" range_end:"c" serializable:true}'),
        response: expect.stringMatching(
          /^responses:<range_response_count:2 range_response_count:0> size:\d+$/,
        ),
      },
    ]);
  });

  it('says nothing of others', () => {
    world.call(world.kv, `${KV}Range`, encodeRangeRequest(rangeOf('a', 'd')));
    world.call(world.kv, `${KV}Range`, encodeRangeRequest(rangeOf('a')));
    expect(lines).toEqual([]);
  });
});

describe('an entry', () => {
  function entryOf(field: PayloadFieldNumber, raw: Uint8Array): Entry {
    const origin = { idHigh: 1, idLow: 2, username: 'root', authRevision: 3 };
    return {
      type: EntryType.normal,
      term: 1,
      index: 5,
      data: encodeRaftRequest(field, raw, origin),
    };
  }

  function lineOf(entries: readonly Entry[], outcome?: ApplyOutcome): Record<string, unknown> {
    const slow = new SlowRequests(100, logger, new MetricRegistry().counter('slow', 'Slow.'));
    slow.applied(entries, outcome, 150);
    return lines[0] ?? {};
  }

  it.each<[PayloadFieldNumber, Uint8Array, string]>([
    [
      PayloadField.deleteRange,
      encodeDeleteRangeRequest(deleteOf('a', 'b')),
      'delete_range:{key:"a" range_end:"b"}',
    ],
    [
      PayloadField.txn,
      encodeTxnRequest(createTxnRequest({ success: [putOp('a', 'secret')] })),
      'txn:<compare:<> success:<request_put:<key:"a" value_size:6>> failure:<>>',
    ],
    [
      PayloadField.compaction,
      encodeCompactionRequest({ revision: 7, physical: true }),
      'compaction:{revision:7 physical:true}',
    ],
    [
      PayloadField.leaseGrant,
      encodeLeaseGrantRequest({ ttl: 60, id: -1n }),
      'lease_grant:<ttl:60-second id:ffffffffffffffff>',
    ],
    [
      PayloadField.leaseRevoke,
      encodeLeaseRevokeRequest({ id: 0x1fn }),
      'lease_revoke:<id:000000000000001f>',
    ],
    [PayloadField.alarm, encodeAlarmRequest({ action: 1, memberId: 1n, alarm: 1 }), 'alarm:{}'],
  ])('with field %i is named', (field, raw, text) => {
    const header = 'header:<ID:4294967298 username:"root" auth_revision:3> ';
    expect(lineOf([entryOf(field, raw)])).toMatchObject({ request: header + text });
  });

  it('without a request has no name', () => {
    const empty: Entry = { type: EntryType.normal, term: 1, index: 5, data: new Uint8Array(0) };
    expect(lineOf([empty])).toMatchObject({ request: '', response: '', entries: 1 });
  });

  it('is not named where a line ends', () => {
    const entry = entryOf(PayloadField.put, encodePutRequest(putOf('k'.repeat(1000))));
    const { request, entries } = lineOf(Array.from({ length: 1000 }, () => entry));
    expect(String(request).length).toBeLessThan(20_000);
    expect(String(request)).toMatch(/ \.\.\.$/);
    expect(entries).toBe(1000);
  });

  it.each<[string, ApplyOutcome, string]>([
    [
      'a put with its previous value',
      { kind: 'put', revision: 300, prevKv: new Uint8Array(200) },
      `size:${sizePutResponse({ header: { clusterId: 0n, memberId: 0n, revision: 300, raftTerm: 0 }, prevKv: undefined }) + 203}`,
    ],
    ['a deletion', { kind: 'deleteRange', revision: 1, deleted: 2, prevKvs: [] }, 'size:6'],
    [
      'a transaction',
      {
        kind: 'txn',
        revision: 1,
        succeeded: true,
        responses: [
          { kind: 'put', revision: 1, prevKv: undefined },
          { kind: 'empty' },
          { kind: 'range', revision: 1, kvs: [new Uint8Array(10)], more: false, count: 1 },
        ],
      },
      'size:38',
    ],
    ['a lease', { kind: 'leaseRevoke', revision: 1 }, ''],
  ])('tells the size of the answer to %s', (_name, outcome, response) => {
    const entry = entryOf(PayloadField.put, encodePutRequest(putOf('a')));
    expect(lineOf([entry], outcome)).toMatchObject({ response });
  });

  it('tells an error', () => {
    const entry = entryOf(PayloadField.put, encodePutRequest(putOf('a')));
    expect(lineOf([entry], new EtcdError('noSpace'))).toMatchObject({
      response: '',
      error: 'etcdserver: mvcc: database space exceeded',
    });
  });
});
