// Checks HPACK against the worked examples of RFC 7541 appendix C: the bytes decode to the fields
// listed, and the table ends in the size the RFC gives. A failure means that no other
// implementation understands us.

import { describe, expect, it } from 'vitest';
import { HpackDecoder } from '../../../server/http2/hpack-decoder.ts';
import { FieldEntry } from '../../../server/http2/hpack-field.ts';
import { DynamicTable } from '../../../server/http2/hpack-table.ts';
import { huffmanBytes, writeHuffman } from '../../../server/http2/huffman.ts';

interface Step {
  readonly hex: string;
  readonly fields: readonly (readonly [string, string])[];
}

const REQUEST_1: Step['fields'] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
];
const REQUEST_2: Step['fields'] = [...REQUEST_1, ['cache-control', 'no-cache']];
const REQUEST_3: Step['fields'] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/index.html'],
  [':authority', 'www.example.com'],
  ['custom-key', 'custom-value'],
];
const RESPONSE_1: Step['fields'] = [
  [':status', '302'],
  ['cache-control', 'private'],
  ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
  ['location', 'https://www.example.com'],
];
const RESPONSE_2: Step['fields'] = [[':status', '307'], ...RESPONSE_1.slice(1)];
const RESPONSE_3: Step['fields'] = [
  [':status', '200'],
  ['cache-control', 'private'],
  ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'],
  ['location', 'https://www.example.com'],
  ['content-encoding', 'gzip'],
  ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
];

const SEQUENCES: readonly { name: string; tableBytes: number; steps: readonly Step[] }[] = [
  {
    name: 'C.2.1 literal with indexing',
    tableBytes: 4096,
    steps: [
      {
        hex: '400a637573746f6d2d6b65790d637573746f6d2d686561646572',
        fields: [['custom-key', 'custom-header']],
      },
    ],
  },
  {
    name: 'C.2.2 literal without indexing',
    tableBytes: 4096,
    steps: [{ hex: '040c2f73616d706c652f70617468', fields: [[':path', '/sample/path']] }],
  },
  {
    name: 'C.2.3 literal never indexed',
    tableBytes: 4096,
    steps: [{ hex: '100870617373776f726406736563726574', fields: [['password', 'secret']] }],
  },
  { name: 'C.2.4 indexed', tableBytes: 4096, steps: [{ hex: '82', fields: [[':method', 'GET']] }] },
  {
    name: 'C.3 requests without Huffman coding',
    tableBytes: 4096,
    steps: [
      { hex: '828684410f7777772e6578616d706c652e636f6d', fields: REQUEST_1 },
      { hex: '828684be58086e6f2d6361636865', fields: REQUEST_2 },
      {
        hex: '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
        fields: REQUEST_3,
      },
    ],
  },
  {
    name: 'C.4 requests with Huffman coding',
    tableBytes: 4096,
    steps: [
      { hex: '828684418cf1e3c2e5f23a6ba0ab90f4ff', fields: REQUEST_1 },
      { hex: '828684be5886a8eb10649cbf', fields: REQUEST_2 },
      { hex: '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf', fields: REQUEST_3 },
    ],
  },
  {
    name: 'C.5 responses without Huffman coding, table of 256 bytes',
    tableBytes: 256,
    steps: [
      {
        hex:
          '4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120' +
          '474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d',
        fields: RESPONSE_1,
      },
      { hex: '4803333037c1c0bf', fields: RESPONSE_2 },
      {
        hex:
          '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738' +
          '666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d33' +
          '3630303b2076657273696f6e3d31',
        fields: RESPONSE_3,
      },
    ],
  },
  {
    name: 'C.6 responses with Huffman coding, table of 256 bytes',
    tableBytes: 256,
    steps: [
      {
        hex:
          '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad1718' +
          '63c78f0b97c8e9ae82ae43d3',
        fields: RESPONSE_1,
      },
      { hex: '4883640effc1c0bf', fields: RESPONSE_2 },
      {
        hex:
          '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7' +
          'b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
        fields: RESPONSE_3,
      },
    ],
  },
];

function unhex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

describe('the examples of RFC 7541', () => {
  for (const { name, tableBytes, steps } of SEQUENCES) {
    it(name, () => {
      const decoder = new HpackDecoder(tableBytes, 65_536);
      for (const step of steps) {
        const block = unhex(step.hex);
        expect(decoder.decode(block, 0, block.length)).toBe(true);
        expect(decoder.entries.map((entry) => entry.field)).toEqual(step.fields);
      }
    });
  }

  it('evicts so that the table of C.5 ends with 215 bytes', () => {
    const table = new DynamicTable(256);
    const inserted = [...RESPONSE_1, ...RESPONSE_2.slice(0, 1), ...RESPONSE_3.slice(2, 3)];
    for (const [name, value] of [...inserted, ...RESPONSE_3.slice(4)]) {
      table.insert(new FieldEntry(name, value));
    }
    expect(table.sizeBytes).toBe(215);
    expect(table.count).toBe(3);
    expect(table.get(0)?.field[0]).toBe('set-cookie');
    expect(table.get(2)?.field).toEqual(RESPONSE_3[2]);
    expect(table.get(3)).toBeUndefined();
  });

  it('codes strings as the examples do', () => {
    const cases: readonly [string, string][] = [
      ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
      ['no-cache', 'a8eb10649cbf'],
      ['custom-key', '25a849e95ba97d7f'],
      ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
    ];
    for (const [text, hex] of cases) {
      const buffer = new Uint8Array(huffmanBytes(text));
      expect(writeHuffman(buffer, 0, text)).toBe(buffer.length);
      expect(buffer).toEqual(unhex(hex));
    }
  });
});

describe('blocks that are not legal', () => {
  const cases: readonly [string, string][] = [
    ['index 0', '80'],
    ['index beyond both tables', 'be'],
    ['integer cut short', 'ff'],
    ['integer without end', 'ffffffffffffffffff01'],
    ['integer above 32 bits', 'ffffffffff0f'],
    ['string cut short', '400a6375'],
    ['value missing', '4001 61'.replace(' ', '')],
    ['table size above the setting', '3fe21f'],
    ['table size after a field', '8220'],
    ['Huffman padding of eight bits', `${'00018161'.slice(0, 2)}821fff00`],
    ['Huffman padding of zeros', '008118' + '00'],
    ['the end-of-string code', '0084ffffffff00'],
  ];
  for (const [name, hex] of cases) {
    it(`refuses: ${name}`, () => {
      const decoder = new HpackDecoder(4096, 65_536);
      const block = unhex(hex);
      expect(decoder.decode(block, 0, block.length)).toBe(false);
    });
  }

  it('takes a table size at the limit, twice, before the first field', () => {
    const decoder = new HpackDecoder(4096, 65_536);
    const block = unhex('203fe11f82');
    expect(decoder.decode(block, 0, block.length)).toBe(true);
  });
});
