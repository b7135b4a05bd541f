// Goal: our bytes are etcd's bytes. Method: every worked example of the wire notes, encoded and decoded. A failure
// means that a Go member, a WAL reader or HashKV would see something else than we meant.
import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import {
  decodeMetadata,
  encodeMetadata,
  encodeRequest,
} from '../../../server/proto/gen/etcdserver.ts';
import { decodeKeyValue, encodeKeyValue } from '../../../server/proto/gen/kv.ts';
import { decodeLease, encodeLease } from '../../../server/proto/gen/lease.ts';
import {
  createConfState,
  createMessage,
  createSnapshot,
  decodeConfState,
  decodeEntry,
  decodeHardState,
  decodeMessage,
  decodeSnapshot,
  encodeConfChange,
  encodeConfState,
  encodeEntry,
  encodeHardState,
  encodeMessage,
  encodeSnapshot,
} from '../../../server/proto/gen/raft.ts';
import {
  createInternalRaftRequest,
  createRequestHeader,
  decodeInternalRaftRequest,
  encodeInternalRaftRequest,
} from '../../../server/proto/gen/raft-internal.ts';
import { createPutRequest } from '../../../server/proto/gen/rpc.ts';
import { encodeSnapshot as encodeSnapFile } from '../../../server/proto/gen/snap.ts';
import {
  encodeRecord,
  encodeSnapshot as encodeWalSnapshot,
} from '../../../server/proto/gen/wal.ts';

const MEMBER = 0x8e9e05c52164694dn;
const CLUSTER = 0xcdf818194e3a8c32n;
const MEMBER_HEX = 'cd d2 91 8b d2 b8 81 cf 8e 01';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
}

function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

const ascii = utf8Bytes;

describe('raftpb', () => {
  it('writes and reads an entry', () => {
    const entry = { type: 0, term: 1, index: 4, data: ascii('some data') };
    const bytes = '08 00 10 01 18 04 22 09 73 6f 6d 65 20 64 61 74 61';
    expect(hex(encodeEntry(entry))).toBe(bytes);
    expect(decodeEntry(unhex(bytes))).toEqual(entry);
  });

  it('writes every scalar of a hard state, zero or not', () => {
    const state = { term: 1, vote: 0n, commit: 1 };
    expect(hex(encodeHardState(state))).toBe('08 01 10 00 18 01');
    expect(decodeHardState(unhex('08 01 10 00 18 01'))).toEqual(state);
  });

  it('writes voters unpacked and auto_leave always', () => {
    const state = createConfState({ voters: [MEMBER] });
    expect(hex(encodeConfState(state))).toBe(`08 ${MEMBER_HEX} 28 00`);
    expect(decodeConfState(unhex(`08 ${MEMBER_HEX} 28 00`))).toEqual(state);
  });

  it('reads voters packed as well', () => {
    expect(decodeConfState(unhex('0a 03 01 02 03')).voters).toEqual([1n, 2n, 3n]);
  });

  it('writes an append in the style of 3.6', () => {
    const message = createMessage({
      type: 3,
      to: 2n,
      from: 1n,
      term: 1,
      logTerm: 1,
      entries: [{ type: 0, term: 1, index: 1, data: ascii('a') }],
    });
    const bytes =
      '08 03 10 02 18 01 20 01 28 01 30 00 3a 09 08 00 10 01 18 01 22 01 61 40 00 50 00 58 00 68 00';
    expect(hex(encodeMessage(message))).toBe(bytes);
    expect(decodeMessage(unhex(bytes))).toEqual(message);
  });

  it('reads the link heartbeat of every version', () => {
    const heartbeat = createMessage({ type: 8 });
    const current = '08 08 10 00 18 00 20 00 28 00 30 00 40 00 50 00 58 00 68 00';
    const old =
      '08 08 10 00 18 00 20 00 28 00 30 00 40 00 4a 0a 12 08 0a 02 28 00 10 00 18 00 50 00 58 00';
    expect(hex(encodeMessage(heartbeat))).toBe(current);
    expect(decodeMessage(unhex(current))).toEqual(heartbeat);
    expect(decodeMessage(unhex('08 08'))).toEqual(heartbeat);
    expect(decodeMessage(unhex(old))).toEqual({ ...heartbeat, snapshot: createSnapshot() });
  });

  it('always writes the nested parts of a snapshot', () => {
    expect(hex(encodeSnapshot(createSnapshot()))).toBe('12 08 0a 02 28 00 10 00 18 00');
    expect(decodeSnapshot(new Uint8Array(0))).toEqual(createSnapshot());
  });

  it('writes the bootstrap entry', () => {
    const context = ascii(`{"id":${MEMBER},"peerURLs":["http://localhost:2380"],"name":"default"}`);
    const change = encodeConfChange({ id: 0n, type: 0, nodeId: MEMBER, context });
    expect(hex(change)).toBe(`08 00 10 00 18 ${MEMBER_HEX} 22 51 ${hex(context)}`);
    const entry = encodeEntry({ type: 1, term: 1, index: 1, data: change });
    expect(hex(entry)).toBe(`08 01 10 01 18 01 22 62 ${hex(change)}`);
    expect(entry.length).toBe(106);
  });
});

describe('walpb, snappb, metadata', () => {
  it('writes the first records of a WAL', () => {
    const metadata = { nodeId: MEMBER, clusterId: CLUSTER };
    const bytes = `08 ${MEMBER_HEX} 10 b2 98 ea f1 94 83 86 fc cd 01`;
    expect(hex(encodeMetadata(metadata))).toBe(bytes);
    expect(decodeMetadata(unhex(bytes))).toEqual(metadata);
    expect(hex(encodeRecord({ type: 4, crc: 0, data: new Uint8Array(0) }))).toBe('08 04 10 00');
    expect(hex(encodeRecord({ type: 1, crc: 0x5f91_c0bb, data: encodeMetadata(metadata) }))).toBe(
      `08 01 10 bb 81 c7 fc 05 1a 16 ${bytes}`,
    );
    expect(hex(encodeWalSnapshot({ index: 0, term: 0, confState: undefined }))).toBe('08 00 10 00');
    expect(hex(encodeRecord({ type: 3, crc: 0x9a3c_b01d, data: unhex('08 01 10 00 18 01') }))).toBe(
      '08 03 10 9d e0 f2 d1 09 1a 06 08 01 10 00 18 01',
    );
  });

  it('writes a .snap file', () => {
    const snapshot = encodeSnapshot({
      data: ascii('{}'),
      metadata: { confState: createConfState({ voters: [MEMBER] }), index: 1, term: 1 },
    });
    expect(hex(snapshot)).toBe(`0a 02 7b 7d 12 13 0a 0d 08 ${MEMBER_HEX} 28 00 10 01 18 01`);
    expect(hex(encodeSnapFile({ crc: 0x2afe_be17, data: snapshot }))).toBe(
      `08 97 fc fa d7 02 12 19 ${hex(snapshot)}`,
    );
  });

  it('writes the v2 request of 3.5', () => {
    const request = {
      id: 0x694d0187a1b2c301n,
      method: 'PUT',
      path: '/0/version',
      val: '3.5.0',
      dir: false,
      prevValue: '',
      prevIndex: 0,
      prevExist: undefined,
      expiration: 0,
      wait: false,
      since: 0,
      recursive: false,
      sorted: false,
      quorum: false,
      time: 0,
      stream: false,
      refresh: undefined,
    };
    expect(hex(encodeRequest(request))).toBe(
      '08 81 86 cb 8d fa b0 c0 a6 69 12 03 50 55 54 1a 0a 2f 30 2f 76 65 72 73 69 6f 6e 22 05 33 2e 35 2e 30 ' +
        '28 00 32 00 38 00 48 00 50 00 58 00 60 00 68 00 70 00 78 00 80 01 00',
    );
  });
});

describe('InternalRaftRequest', () => {
  const header = createRequestHeader({ id: 0x694d0187a1b2c302n });
  const headerHex = 'a2 06 0a 08 82 86 cb 8d fa b0 c0 a6 69';

  it('writes a put', () => {
    const put = createPutRequest({ key: ascii('foo'), value: ascii('bar') });
    const bytes = `22 0a 0a 03 66 6f 6f 12 03 62 61 72 ${headerHex}`;
    const request = createInternalRaftRequest({ header, put });
    expect(hex(encodeInternalRaftRequest(request))).toBe(bytes);
    expect(decodeInternalRaftRequest(unhex(bytes))).toEqual(request);
  });

  it('writes the cluster version and the attributes of a member', () => {
    expect(
      hex(
        encodeInternalRaftRequest(
          createInternalRaftRequest({ header, clusterVersionSet: { ver: '3.6.0' } }),
        ),
      ),
    ).toBe(`${headerHex} a2 51 07 0a 05 33 2e 36 2e 30`);
    const attributes = { name: 'default', clientUrls: ['http://localhost:2379'] };
    expect(
      hex(
        encodeInternalRaftRequest(
          createInternalRaftRequest({
            header,
            clusterMemberAttrSet: { memberId: MEMBER, memberAttributes: attributes },
          }),
        ),
      ),
    ).toBe(
      `${headerHex} aa 51 2d 08 ${MEMBER_HEX} 12 20 0a 07 ${hex(ascii('default'))} 12 15 ` +
        hex(ascii('http://localhost:2379')),
    );
  });
});

describe('stored records', () => {
  it('writes a key and a tombstone', () => {
    const kv = {
      key: ascii('foo'),
      createRevision: 2,
      modRevision: 2,
      version: 1,
      value: ascii('bar'),
      lease: 0n,
    };
    const bytes = '0a 03 66 6f 6f 10 02 18 02 20 01 2a 03 62 61 72';
    expect(hex(encodeKeyValue(kv))).toBe(bytes);
    expect(decodeKeyValue(unhex(bytes))).toEqual(kv);
    expect(decodeKeyValue(unhex('0a 03 66 6f 6f')).createRevision).toBe(0);
  });

  it('writes a lease', () => {
    const lease = { id: 1n, ttl: 60, remainingTtl: 0 };
    expect(hex(encodeLease(lease))).toBe('08 01 10 3c');
    expect(decodeLease(unhex('08 01 10 3c'))).toEqual(lease);
  });
});
