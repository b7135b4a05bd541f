// Goal: values are written as Go writes them. Method: single functions on chosen values. A failure means that programs which
// read etcdctl's output see other texts.
import { describe, expect, it } from 'vitest';
import { jsonText, withoutEmpty } from '../../ctl/print/go-json.ts';
import { escapedHex, hexId, hexLease, humanSize, quoted } from '../../ctl/print/go-text.ts';
import { drawTable } from '../../ctl/print/table.ts';

describe('texts', () => {
  it('are quoted like %q', () => {
    expect(quoted('a"b\\c\n\t\x00\x7f')).toBe('"a\\"b\\\\c\\n\\t\\x00\\x7f"');
    expect(quoted('äλ🙂')).toBe('"äλ🙂"');
    expect(quoted('\u200b\u00a0')).toBe('"\\u200b\\u00a0"');
    expect(quoted(new Uint8Array([0xff, 0x61, 0xc3, 0xa4, 0xc3]))).toBe('"\\xffaä\\xc3"');
  });

  it('of ids and sizes are those of etcd', () => {
    expect(hexId(0x8e9e05c52164694dn)).toBe('8e9e05c52164694d');
    expect(hexLease(0x1234n)).toBe('0000000000001234');
    expect(escapedHex(new Uint8Array([1, 255]))).toBe('\\x01\\xff');
    expect([0, 9, 10, 999, 20_480, 24_576, 2_147_483_648].map(humanSize)).toEqual([
      '0 B',
      '9 B',
      '10 B',
      '999 B',
      '20 kB',
      '25 kB',
      '2.1 GB',
    ]);
  });
});

describe('JSON', () => {
  it('keeps all digits, and escapes like encoding/json', () => {
    const value = { id: 18446744073709551615n, bytes: new Uint8Array([1, 2]), text: '<a>&\u2028' };
    expect(jsonText(value)).toBe(
      '{"id":18446744073709551615,"bytes":"AQI=","text":"\\u003ca\\u003e\\u0026\\u2028"}',
    );
    expect(
      jsonText(withoutEmpty({ a: 0, b: '', c: [], d: false, e: 0n, f: undefined, g: 1 })),
    ).toBe('{"g":1}');
  });
});

describe('a table', () => {
  it('has a centred head and cells to the right', () => {
    const rows = [
      ['a', '1'],
      ['bcdef', ''],
    ];
    expect(drawTable({ head: ['na_me', 'took'], rows })).toBe(
      [
        '┌───────┬──────┐',
        '│ NA ME │ TOOK │',
        '├───────┼──────┤',
        '│     a │    1 │',
        '│ bcdef │      │',
        '└───────┴──────┘',
        '',
      ].join('\n'),
    );
  });
});
