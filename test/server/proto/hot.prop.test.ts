// Goal: the hand-written codecs and the generated ones are the same codec. Method: random parts through both, bytes
// compared. A failure means that a fast path sends or stores something else than the plain one would.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeEvent, encodeKeyValue } from '../../../server/proto/gen/kv.ts';
import {
  createInternalRaftRequest,
  encodeInternalRaftRequest,
} from '../../../server/proto/gen/raft-internal.ts';
import {
  createPutRequest,
  createWatchResponse,
  encodePutRequest,
  encodeWatchResponse,
} from '../../../server/proto/gen/rpc.ts';
import {
  decodeRaftRequestEnvelope,
  encodeEventParts,
  encodeKeyValueParts,
  encodeRaftRequest,
  sizeWatchResponseParts,
  writeWatchResult,
} from '../../../server/proto/hot.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const revision = fc.oneof(fc.constant(0), fc.nat(), fc.maxSafeNat());
const signedId = fc.oneof(fc.constant(0n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
const unsignedId = fc.oneof(fc.constant(0n), fc.bigInt(0n, 2n ** 64n - 1n));
const keyValue = fc.record({
  key: bytes,
  createRevision: revision,
  modRevision: revision,
  version: revision,
  value: bytes,
  lease: signedId,
});
const header = fc.record({
  clusterId: unsignedId,
  memberId: unsignedId,
  revision,
  raftTerm: revision,
});

it('writes stored keys', () => {
  fc.assert(
    fc.property(keyValue, (kv) => {
      const { key, createRevision, modRevision, version, value, lease } = kv;
      expect(encodeKeyValueParts(key, createRevision, modRevision, version, value, lease)).toEqual(
        encodeKeyValue(kv),
      );
    }),
  );
});

it('wraps an encoded request', () => {
  const origin = fc.record({ id: unsignedId, username: fc.string(), authRevision: revision });
  fc.assert(
    fc.property(bytes, origin, (key, from) => {
      const put = createPutRequest({ key, prevKv: true });
      const raw = encodePutRequest(put);
      const halves = {
        idHigh: Number(from.id >> 32n),
        idLow: Number(from.id & 0xffffffffn),
        username: from.username,
        authRevision: from.authRevision,
      };
      const wrapped = encodeRaftRequest(4, raw, halves);
      expect(wrapped).toEqual(
        encodeInternalRaftRequest(createInternalRaftRequest({ header: from, put })),
      );
      expect(decodeRaftRequestEnvelope(wrapped)).toEqual({ ...halves, field: 4, payload: raw });
    }),
  );
});

it('puts the header before a payload with a higher number', () => {
  const raw = new Uint8Array([10, 5, 51, 46, 54, 46, 48]);
  const header = { id: 1n, username: '', authRevision: 0 };
  expect(
    encodeRaftRequest(1300, raw, { idHigh: 0, idLow: 1, username: '', authRevision: 0 }),
  ).toEqual(
    encodeInternalRaftRequest(
      createInternalRaftRequest({ header, clusterVersionSet: { ver: '3.6.0' } }),
    ),
  );
});

it('takes the id of a v2 request when there is no header', () => {
  const request = createInternalRaftRequest({ id: 0x1_0000_0002n });
  const envelope = decodeRaftRequestEnvelope(encodeInternalRaftRequest(request));
  expect([envelope.idHigh, envelope.idLow, envelope.field]).toEqual([1, 2, 0]);
});

it('writes events', () => {
  const event = fc.record({
    type: fc.constantFrom(0, 1),
    kv: keyValue,
    prevKv: fc.option(keyValue, { nil: undefined }),
  });
  fc.assert(
    fc.property(
      header,
      fc.array(event),
      signedId,
      fc.boolean(),
      (head, events, watchId, fragment) => {
        const encoded = events.map(({ type, kv, prevKv }) => {
          const prev = prevKv === undefined ? undefined : encodeKeyValue(prevKv);
          return encodeEventParts(type, encodeKeyValue(kv), prev);
        });
        expect(encoded).toEqual(events.map((one) => encodeEvent(one)));
        const result = { watchId, fragment, events: encoded, from: 1, to: encoded.length };
        const headed = encodeWatchResponse(createWatchResponse({ header: head }));
        const out = new Uint8Array(sizeWatchResponseParts(headed.length, result));
        out.set(headed);
        writeWatchResult(result, out, headed.length);
        expect(out).toEqual(
          encodeWatchResponse(
            createWatchResponse({ header: head, watchId, fragment, events: events.slice(1) }),
          ),
        );
      },
    ),
  );
});
