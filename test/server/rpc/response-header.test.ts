// Goal: the header that is kept encoded is always the one the generated code would write. Method: headers in random
// order, written between other bytes. A failure means answers with a wrong revision or term.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodePutResponse, encodePutResponse } from '../../../server/proto/gen/rpc.ts';
import { ResponseHeaderWriter } from '../../../server/rpc/response-header.ts';

const id = fc.oneof(fc.constant(0n), fc.bigInt(0n, 2n ** 64n - 1n));
const number = fc.oneof(fc.constant(0), fc.nat(300), fc.maxSafeNat());

it('writes what the generated encoder writes, whatever came before', () => {
  fc.assert(
    fc.property(id, id, fc.array(fc.tuple(number, number)), (clusterId, memberId, moves) => {
      let term = 0;
      const writer = new ResponseHeaderWriter(clusterId, memberId, () => term);
      for (const [revision, raftTerm] of moves) {
        term = raftTerm;
        const header = { clusterId, memberId, revision, raftTerm };
        const expected = encodePutResponse({ header, prevKv: undefined });
        const out = new Uint8Array(writer.sizeBytes(revision) + 4).fill(0xee);
        expect(writer.write(revision, out, 2)).toBe(out.length - 2);
        expect(out.subarray(2, -2)).toEqual(expected);
        expect([...out.subarray(0, 2), ...out.subarray(-2)]).toEqual([0xee, 0xee, 0xee, 0xee]);
        expect(writer.header(revision)).toEqual(header);
        expect(decodePutResponse(expected).header).toEqual(header);
      }
    }),
  );
});
