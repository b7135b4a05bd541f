// Goal: a slow request can be recognized in the log, and no value is ever seen there. Method: requests of every shape
// against texts written down after etcd's stringer. A failure means a line that names the wrong request, or a secret
// in a log file.
import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import {
  CompareTarget,
  createCompare,
  createDeleteRangeRequest,
  createPutRequest,
  createRangeRequest,
  createRequestOp,
  createTxnRequest,
  SortOrder,
  SortTarget,
} from '../../../server/proto/gen/rpc.ts';
import {
  deleteRangeText,
  putText,
  rangeText,
  txnText,
} from '../../../server/proto/request-text.ts';

const key = utf8Bytes('/registry/pods/a');
const secret = utf8Bytes('secret');

describe('a range', () => {
  it('shows what is not zero', () => {
    expect(rangeText(createRangeRequest({ key }))).toBe('key:"/registry/pods/a"');
    const request = createRangeRequest({
      key,
      rangeEnd: new Uint8Array([0]),
      limit: 500,
      revision: 7,
      sortOrder: SortOrder.descend,
      sortTarget: SortTarget.mod,
      serializable: true,
      keysOnly: true,
      countOnly: true,
      minModRevision: 1,
      maxModRevision: 2,
      minCreateRevision: 3,
      maxCreateRevision: 4,
    });
    expect(rangeText(request)).toBe(
      'key:"/registry/pods/a" range_end:"\\x00" limit:500 revision:7 sort_order:DESCEND sort_target:MOD ' +
        'serializable:true keys_only:true count_only:true min_mod_revision:1 max_mod_revision:2 ' +
        'min_create_revision:3 max_create_revision:4',
    );
  });
});

describe('writes', () => {
  it('show the size of a value', () => {
    const put = { key, value: secret, lease: 5n, prevKv: true, ignoreLease: true };
    expect(putText(createPutRequest(put))).toBe(
      'key:"/registry/pods/a" value_size:6 lease:5 prev_kv:true ignore_lease:true',
    );
    expect(putText(createPutRequest({ key, ignoreValue: true }))).toBe(
      'key:"/registry/pods/a" ignore_value:true',
    );
    const range = { key: utf8Bytes('a'), rangeEnd: utf8Bytes('b'), prevKv: true };
    expect(deleteRangeText(createDeleteRangeRequest(range))).toBe(
      'key:"a" range_end:"b" prev_kv:true',
    );
  });

  it('of a transaction do so at every depth', () => {
    const put = createRequestOp({ requestPut: createPutRequest({ key, value: secret }) });
    const inner = createTxnRequest({
      compare: [createCompare({ key, target: CompareTarget.value, value: secret, result: 3 })],
      success: [put],
    });
    const request = createTxnRequest({
      compare: [
        createCompare({ key, target: CompareTarget.mod }),
        createCompare({ key, target: CompareTarget.version, version: 2, result: 1 }),
        createCompare({ key, target: CompareTarget.create, createRevision: 3, result: 2 }),
        createCompare({ key, target: CompareTarget.lease, lease: 4n, rangeEnd: utf8Bytes('z') }),
      ],
      success: [put, createRequestOp({ requestTxn: inner })],
      failure: [
        createRequestOp({ requestRange: createRangeRequest({ key }) }),
        createRequestOp({ requestDeleteRange: createDeleteRangeRequest({ key }) }),
        createRequestOp(),
      ],
    });
    const name = 'key:"/registry/pods/a"';
    const putPart = `request_put:<${name} value_size:6>`;
    expect(txnText(request)).toBe(
      `compare:<target:MOD ${name} mod_revision:0 result:GREATER ${name} version:2 ` +
        `result:LESS target:CREATE ${name} create_revision:3 target:LEASE ${name} lease:4 range_end:"z"> ` +
        `success:<${putPart} request_txn:<compare:<result:NOT_EQUAL target:VALUE ${name} value_size:6> ` +
        `success:<${putPart}> failure:<>>> ` +
        `failure:<request_range:{${name}} request_delete_range:{${name}} >`,
    );
  });
});

describe('a key', () => {
  it.each<[string, Uint8Array, string]>([
    ['quotes and control characters', utf8Bytes('a"\\\n\r\t\x7f'), 'a\\"\\\\\\n\\r\\t\\x7f'],
    ['UTF-8', utf8Bytes('ä🙂'), 'ä🙂'],
    ['bytes that are none', new Uint8Array([0x61, 0xff, 0, 0x22]), 'a\\xff\\x00\\"'],
  ])('with %s', (_name, bytes, text) => {
    expect(rangeText(createRangeRequest({ key: bytes }))).toBe(`key:"${text}"`);
  });
});

it('is cut where a line would become too long', () => {
  const long = new Uint8Array(100_000).fill(0x61);
  expect(rangeText(createRangeRequest({ key: long })).length).toBeLessThan(10_000);
  const op = createRequestOp({ requestPut: createPutRequest({ key }) });
  const wide = createTxnRequest({ success: Array.from({ length: 50_000 }, () => op) });
  const text = txnText(wide);
  expect(text.length).toBeLessThan(10_000);
  expect(text).toMatch(/^compare:<> success:<request_put:.*\.\.\.$/);
});
