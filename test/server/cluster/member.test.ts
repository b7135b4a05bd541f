// Goal: member records are Go's bytes and ids keep all their bits. Method: exact texts, round trips of random members,
// damaged records. A failure means diverging log entries, or a member under another id after a restart.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import { confStateJson, parseConfState } from '../../../server/cluster/conf-state.ts';
import { goJsonString, JsonFormatError, parseJson } from '../../../server/cluster/json.ts';
import {
  attributesJson,
  type Member,
  maybeParseId,
  memberContext,
  memberJson,
  newMember,
  parseAttributes,
  parseConfChangeContext,
  parseMember,
  parseMembers,
  promoteContext,
  raftAttributesJson,
} from '../../../server/cluster/member.ts';

const ID = 10276657743932975437n;
const MEMBER: Member = {
  id: ID,
  peerUrls: ['http://localhost:2380'],
  isLearner: false,
  name: 'default',
  clientUrls: ['http://localhost:2379'],
};

describe('member JSON', () => {
  it('has the keys of Go in their order', () => {
    expect(memberJson(MEMBER)).toBe(
      '{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default","clientURLs":["http://localhost:2379"]}',
    );
    expect(memberJson(newMember(ID, ['http://a:1', 'http://b:2'], true))).toBe(
      '{"id":10276657743932975437,"peerURLs":["http://a:1","http://b:2"],"isLearner":true}',
    );
    expect(memberJson(newMember(1n, [], false))).toBe('{"id":1,"peerURLs":null}');
    expect(raftAttributesJson({ ...MEMBER, isLearner: true })).toBe(
      '{"peerURLs":["http://localhost:2380"],"isLearner":true}',
    );
    expect(attributesJson({ name: '', clientUrls: [] })).toBe('{}');
  });

  it('escapes what Go escapes', () => {
    expect(goJsonString('a<b>&"\\\n\u2028\u0001é\ud800')).toBe(
      '"a\\u003cb\\u003e\\u0026\\"\\\\\\n\\u2028\\u0001é\ufffd"',
    );
    expect(memberJson({ ...MEMBER, name: '<x>', clientUrls: [] })).toContain(
      '"name":"\\u003cx\\u003e"',
    );
  });

  it('is read back, with all bits of the id', () => {
    const member: fc.Arbitrary<Member> = fc.record({
      id: fc.bigInt(0n, 2n ** 64n - 1n),
      peerUrls: fc.array(fc.string({ unit: 'grapheme' })),
      isLearner: fc.boolean(),
      name: fc.string({ unit: 'binary' }).map((text) => text.replace(/\p{Surrogate}/gu, '')),
      clientUrls: fc.array(fc.string()),
    });
    fc.assert(
      fc.property(member, (m) => {
        expect(parseMember(memberJson(m))).toEqual(m);
        expect(parseMembers(`[${memberJson(m)},${memberJson(MEMBER)}]`)).toEqual([m, MEMBER]);
      }),
    );
  });

  it.each([
    ['not JSON', '{"id":1'],
    ['a list', '[]'],
    ['an id below zero', '{"id":-1}'],
    ['an id of 65 bits', '{"id":18446744073709551616}'],
    ['an id that is text', '{"id":"10276657743932975437"}'],
    ['a fraction', '{"id":1.5}'],
    ['URLs that are no list', '{"id":1,"peerURLs":"http://a:1"}'],
    ['URLs that are no texts', '{"id":1,"peerURLs":[1]}'],
    ['a name that is no text', '{"id":1,"name":{}}'],
    ['a flag that is no boolean', '{"id":1,"isLearner":1}'],
  ])('is refused as %s', (_name, text) => {
    expect(() => parseMember(text)).toThrow(JsonFormatError);
  });

  it('reads attributes alone', () => {
    expect(parseAttributes('{"name":"a","clientURLs":["http://c:1"]}')).toEqual({
      name: 'a',
      clientUrls: ['http://c:1'],
    });
  });
});

describe('integers in JSON', () => {
  it('stay exact, and texts that look like them stay texts', () => {
    expect(parseJson('{"a":18446744073709551615,"b":["12345678901234567890",7,1.5e3]}')).toEqual({
      a: 18446744073709551615n,
      b: ['12345678901234567890', 7, 1500],
    });
    expect(parseJson('"\\"id\\":12345678901234567890"')).toBe('"id":12345678901234567890');
    expect(parseJson('"\\u0000integer x"')).toBe('\u0000integer x');
  });
});

describe('conf change contexts', () => {
  it('of an added member', () => {
    expect(parseConfChangeContext(memberContext(MEMBER))).toEqual({
      member: MEMBER,
      isPromote: false,
    });
    const old = '{"id":5,"peerURLs":["http://a:1"],"isPromote":false}';
    expect(parseConfChangeContext(utf8Bytes(old)).isPromote).toBe(false);
  });

  it('of a promotion', () => {
    expect(utf8Text(promoteContext(ID))).toBe(`{"id":${ID},"peerURLs":null,"isPromote":true}`);
    const { member, isPromote } = parseConfChangeContext(promoteContext(ID));
    expect([member.id, isPromote]).toEqual([ID, true]);
  });
});

describe('ids as text', () => {
  it.each([
    ['8e9e05c52164694d', ID],
    ['628170c800dbcee', 0x628170c800dbceen],
    ['0', 0n],
    ['', undefined],
    ['xyz', undefined],
    ['11111111111111111', undefined],
  ])('%j', (text, id) => expect(maybeParseId(text)).toBe(id));
});

describe('conf state JSON', () => {
  const none = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };

  it('leaves out empty lists and always says auto_leave', () => {
    expect(confStateJson({ ...none, voters: [ID] })).toBe(`{"voters":[${ID}],"auto_leave":false}`);
    expect(confStateJson({ ...none, voters: [1n, 2n], learners: [3n] })).toBe(
      '{"voters":[1,2],"learners":[3],"auto_leave":false}',
    );
  });

  it('is read back, also without auto_leave', () => {
    const full = {
      ...none,
      voters: [ID],
      learners: [2n],
      votersOutgoing: [3n],
      learnersNext: [4n],
    };
    expect(parseConfState(confStateJson({ ...full, autoLeave: true }))).toEqual({
      ...full,
      autoLeave: true,
    });
    expect(parseConfState(`{"voters":[${ID}]}`)).toEqual({ ...none, voters: [ID] });
  });
});
