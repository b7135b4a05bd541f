// Goal: a snapshot of a 3.5 member gives the right members although its database does not. Method: a store as 3.5.16 has
// written it, shortened; what we write ourselves; damage. A failure means a voter that believes to be a learner.
import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import { JsonFormatError } from '../../../server/cluster/json.ts';
import { memberContext, newMember } from '../../../server/cluster/member.ts';
import { MembershipBook } from '../../../server/cluster/membership-book.ts';
import { type V2View, v2StoreJson } from '../../../server/cluster/v2-store.ts';
import { parseV2Store } from '../../../server/cluster/v2-store-reader.ts';
import { ConfChangeType } from '../../../server/raft/types.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';

const ID = 0x66d0524c4266e20n;
const GONE = 0xbdae9bbc11dd390dn;
const PATH = '/0/members/66d0524c4266e20';

const node = (path: string, value: string, children: unknown): unknown => ({
  Path: path,
  CreatedIndex: 4,
  ModifiedIndex: 7,
  ExpireTime: '0001-01-01T00:00:00Z',
  Value: value,
  Children: children,
});

const OF_3_5 = {
  Root: node('/', '', {
    0: node('/0', '', {
      members: node('/0/members', '', {
        '66d0524c4266e20': node(PATH, '', {
          attributes: node(
            `${PATH}/attributes`,
            '{"name":"ts1","clientURLs":["http://127.0.0.1:23792"]}',
            null,
          ),
          raftAttributes: node(
            `${PATH}/raftAttributes`,
            '{"peerURLs":["http://127.0.0.1:23802"]}',
            null,
          ),
        }),
      }),
      removed_members: node('/0/removed_members', '', {
        bdae9bbc11dd390d: node('/0/removed_members/bdae9bbc11dd390d', '', null),
      }),
      version: node('/0/version', '3.5.0', null),
    }),
    1: node('/1', '', {}),
  }),
  WatcherHub: { EventHistory: { Queue: { Events: [null], Size: 1 }, StartIndex: 1, LastIndex: 2 } },
  CurrentIndex: 1060,
  Stats: { getsSuccess: 1 },
  CurrentVersion: 2,
};

const EXPECTED: V2View = {
  members: [
    {
      ...newMember(ID, ['http://127.0.0.1:23802'], false),
      name: 'ts1',
      clientUrls: ['http://127.0.0.1:23792'],
    },
  ],
  removedIds: [GONE],
  clusterVersion: '3.5.0',
};

function bytesOf(value: unknown): Uint8Array {
  return utf8Bytes(JSON.stringify(value));
}

describe('the v2 store', () => {
  it('of a 3.5 member is read', () => {
    expect(parseV2Store(bytesOf(OF_3_5))).toEqual(EXPECTED);
  });

  it('that was written here is read as it was meant', () => {
    const learner = newMember(1n, ['http://a:1', 'http://b:1'], true);
    const views: V2View[] = [
      EXPECTED,
      { members: [learner, ...EXPECTED.members], removedIds: [], clusterVersion: undefined },
    ];
    for (const view of views) expect(parseV2Store(v2StoreJson(view, 9))).toEqual(view);
  });

  it('may be missing, and must not be damaged', () => {
    expect(parseV2Store(new Uint8Array(0))).toBeUndefined();
    const damaged = [
      'nonsense',
      '[]',
      '{}',
      '{"Root":{}}',
      '{"Root":{"Children":{"0":{"Children":{"members":{"Children":{"xyz":{}}}}}}}}',
      '{"Root":{"Children":{"0":{"Children":{"members":{"Children":{"1f":{}}}}}}}}',
      '{"Root":{"Children":{"0":{"Children":[]}}}}',
    ];
    for (const text of damaged) {
      expect(() => parseV2Store(utf8Bytes(text)), text).toThrow(JsonFormatError);
    }
  });
});

describe('a book that adopts it', () => {
  const options = { clusterId: 7n, localId: ID, logger: SILENT_LOGGER };

  it('learns what the database of 3.5 did not keep', () => {
    const backend = new MemoryBackend();
    const book = new MembershipBook(backend, options);
    const stale = [
      newMember(ID, ['http://old:1'], true),
      newMember(GONE, ['http://gone:1'], false),
      newMember(5n, ['http://lost:1'], false),
    ];
    for (const member of stale) {
      const type = member.isLearner ? ConfChangeType.addLearnerNode : ConfChangeType.addNode;
      book.applyConfChange({ id: 1n, type, nodeId: member.id, context: memberContext(member) });
    }
    expect(book.isLocalLearner()).toBe(true);
    book.adopt(EXPECTED);
    expect(book.members()).toEqual(EXPECTED.members);
    expect(book.isLocalLearner()).toBe(false);
    expect(book.isRemoved(GONE)).toBe(true);
    expect(book.clusterVersion).toBe('3.5.0');
    expect(new MembershipBook(backend, options).v2View()).toEqual(book.v2View());
  });

  it('keeps a name that v2 does not know yet, and changes nothing that is equal', () => {
    const backend = new MemoryBackend();
    const book = new MembershipBook(backend, options);
    const named = { ...newMember(ID, ['http://a:1'], false), name: 'first' };
    const context = memberContext(named);
    book.applyConfChange({ id: 1n, type: ConfChangeType.addNode, nodeId: ID, context });
    const before = book.v2View();
    book.adopt({
      members: [newMember(ID, ['http://a:1'], false)],
      removedIds: [],
      clusterVersion: undefined,
    });
    expect(book.v2View()).toEqual(before);
  });
});
