// Goal: an entry's bytes become the command they say, whatever the order of fields, with fields of later versions, and
// malformed ones an error. Method: encoded requests of the generated code, and bytes made by hand. A failure means a
// member that stops or differs on an entry that etcd applies.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCommand, readCommandHeader } from '../../../server/apply/command.ts';
import { concatBytes, utf8Bytes } from '../../../server/base/bytes.ts';
import { createRequest, encodeRequest } from '../../../server/proto/gen/etcdserver.ts';
import {
  createInternalRaftRequest,
  encodeInternalRaftRequest,
  type InternalRaftRequest,
} from '../../../server/proto/gen/raft-internal.ts';
import {
  createPutRequest,
  createRangeRequest,
  createTxnRequest,
} from '../../../server/proto/gen/rpc.ts';
import { DecodeError } from '../../../server/proto/reader.ts';
import { putOf } from '../../support/apply-harness.ts';

const HEADER = { id: 77n, username: 'u', authRevision: 3 };
const PUT = putOf('foo', 'bar');

const payloads: Partial<InternalRaftRequest>[] = [
  { range: createRangeRequest({ key: utf8Bytes('a') }) },
  { put: PUT },
  { deleteRange: { key: utf8Bytes('a'), rangeEnd: utf8Bytes('b'), prevKv: true } },
  { txn: createTxnRequest({ success: [] }) },
  { compaction: { revision: 5, physical: true } },
  { leaseGrant: { ttl: 5, id: 6n } },
  { leaseRevoke: { id: 6n } },
  { leaseCheckpoint: { checkpoints: [{ id: 1n, remainingTtl: 2 }] } },
  { alarm: { action: 1, memberId: 2n, alarm: 1 } },
  { clusterVersionSet: { ver: '3.6.0' } },
  {
    clusterMemberAttrSet: { memberId: 5n, memberAttributes: { name: 'n', clientUrls: ['u'] } },
  },
  { downgradeInfoSet: { enabled: true, ver: '3.5.0' } },
  { downgradeVersionTest: { ver: '3.7' } },
];

describe('payloads', () => {
  it.each(payloads)('%o', (payload) => {
    const [kind, request] = Object.entries(payload)[0] ?? [];
    for (const header of [HEADER, undefined]) {
      const data = encodeInternalRaftRequest(createInternalRaftRequest({ ...payload, header }));
      expect(decodeCommand(data)).toEqual({ kind, request });
    }
    // The id that v2 requests had stands in front of the payload.
    const data = encodeInternalRaftRequest(createInternalRaftRequest({ ...payload, id: 5n }));
    expect(decodeCommand(data)).toEqual({ kind, request });
  });

  it('of authentication and of later versions are told apart', () => {
    const data = encodeInternalRaftRequest(createInternalRaftRequest({ authEnable: {} }));
    expect(decodeCommand(data)).toMatchObject({ kind: 'other', request: { authEnable: {} } });
    // Field 1400, empty.
    expect(decodeCommand(Uint8Array.of(0xc2, 0x57, 0))).toMatchObject({ kind: 'other' });
  });

  it('stand beside unknown fields, in any order', () => {
    const put = encodeInternalRaftRequest(createInternalRaftRequest({ put: PUT, header: HEADER }));
    const unknown = Uint8Array.of(0xc2, 0x57, 1, 9);
    for (const data of [concatBytes([put, unknown]), concatBytes([unknown, put])]) {
      expect(decodeCommand(data)).toEqual({ kind: 'put', request: PUT });
    }
  });

  it('of the v2 store stand alone or inside', () => {
    const request = createRequest({ id: 5n, method: 'PUT', path: '/0/version', val: '3.5.0' });
    for (const data of [
      encodeRequest(request),
      encodeInternalRaftRequest(createInternalRaftRequest({ v2: request })),
    ]) {
      expect(decodeCommand(data)).toEqual({ kind: 'v2', request });
    }
  });

  it('an empty put is a put', () => {
    expect(decodeCommand(Uint8Array.of(0x22, 0))).toEqual({
      kind: 'put',
      request: createPutRequest(),
    });
  });
});

describe('headers', () => {
  it('are read wherever they stand', () => {
    for (const payload of payloads) {
      const data = encodeInternalRaftRequest(
        createInternalRaftRequest({ ...payload, header: HEADER }),
      );
      expect(readCommandHeader(data)).toEqual(HEADER);
    }
    const bare = encodeInternalRaftRequest(createInternalRaftRequest({ put: PUT }));
    expect(readCommandHeader(bare)).toBeUndefined();
  });
});

describe('bad bytes', () => {
  it.each([
    ['nothing', []],
    ['two payloads', [0x22, 0, 0x2a, 0]],
    ['a cut payload', [0x22, 5, 0x0a]],
    ['a cut tag', [0x80]],
    ['a header alone', [0xa2, 0x06, 0]],
  ])('%s', (_name, bytes) => {
    expect(() => decodeCommand(Uint8Array.from(bytes))).toThrow(DecodeError);
  });

  it('never fail otherwise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeCommand(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});
