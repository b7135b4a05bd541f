// Goal: the two small texts of the protocol are read and written as grpc-go does: grpc-timeout and grpc-message.
// Method: examples from the specification's grammar and properties against decodeURIComponent. A failure means wrong
// deadlines, or status texts that clients cannot match.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeGrpcMessage } from '../../../../server/rpc/grpc/status-message.ts';
import {
  explainMalformedTimeout,
  parseGrpcTimeoutMs,
} from '../../../../server/rpc/grpc/timeout.ts';

describe('grpc-timeout', () => {
  test.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['40m', 40],
    ['4999999u', 4999.999],
    ['99999999n', 99.999999],
    ['0n', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseGrpcTimeoutMs(text)).toBeCloseTo(ms, 6);
  });

  test.each([
    ['', 'transport: timeout string is too short: ""'],
    ['S', 'transport: timeout string is too short: "S"'],
    ['123456789S', 'transport: timeout string is too long: "123456789S"'],
    ['12x', 'transport: timeout unit is not recognized: "12x"'],
    ['-1S', 'strconv.ParseInt: parsing "-1": invalid syntax'],
    ['1.5S', 'strconv.ParseInt: parsing "1.5": invalid syntax'],
  ])('%j is malformed', (text, reason) => {
    expect(parseGrpcTimeoutMs(text)).toBeNaN();
    expect(explainMalformedTimeout(text)).toBe(`malformed grpc-timeout: ${reason}`);
  });
});

describe('grpc-message', () => {
  test('plain text is left alone', () => {
    const text = 'etcdserver: mvcc: required revision has been compacted';
    expect(encodeGrpcMessage(text)).toBe(text);
  });

  test('percent, control characters and other scripts are escaped', () => {
    expect(encodeGrpcMessage('50%\n')).toBe('50%25%0A');
    expect(encodeGrpcMessage('ä🙂')).toBe('%C3%A4%F0%9F%99%82');
  });

  test('whatever the text, the value is printable ASCII and decodes to the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const value = encodeGrpcMessage(text);
        expect(value).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeURIComponent(value)).toBe(text);
      }),
    );
  });
});
