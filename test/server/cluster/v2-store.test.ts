// Goal: members of 3.5 and 3.6 can restore our snapshots. Method: the tree is compared with the worked example, keys,
// order and all. A failure stops such a member at its next snapshot.
import { describe, expect, it } from 'vitest';
import { utf8Text } from '../../../server/base/bytes.ts';
import { newMember } from '../../../server/cluster/member.ts';
import { parseV2Put, v2StoreJson } from '../../../server/cluster/v2-store.ts';

const ID = 0x8e9e05c52164694dn;
const REST = '"CreatedIndex":0,"ModifiedIndex":0,"ExpireTime":"0001-01-01T00:00:00Z"';

describe('the v2 tree', () => {
  it('of one member is that of the example', () => {
    const member = {
      ...newMember(ID, ['http://localhost:2380'], false),
      name: 'default',
      clientUrls: ['http://localhost:2379'],
    };
    const view = { members: [member], removedIds: [], clusterVersion: '3.6.0' };
    const path = '/0/members/8e9e05c52164694d';
    expect(utf8Text(v2StoreJson(view, 4))).toBe(
      [
        `{"Root":{"Path":"/",${REST},"Value":"","Children":{`,
        `"0":{"Path":"/0",${REST},"Value":"","Children":{`,
        `"members":{"Path":"/0/members",${REST},"Value":"","Children":{`,
        `"8e9e05c52164694d":{"Path":"${path}",${REST},"Value":"","Children":{`,
        `"attributes":{"Path":"${path}/attributes",${REST},`,
        '"Value":"{\\"name\\":\\"default\\",\\"clientURLs\\":[\\"http://localhost:2379\\"]}","Children":null},',
        `"raftAttributes":{"Path":"${path}/raftAttributes",${REST},`,
        '"Value":"{\\"peerURLs\\":[\\"http://localhost:2380\\"]}","Children":null}}}}},',
        `"version":{"Path":"/0/version",${REST},"Value":"3.6.0","Children":null}}},`,
        `"1":{"Path":"/1",${REST},"Value":"","Children":{}}}},`,
        '"CurrentIndex":4,"CurrentVersion":2}',
      ].join(''),
    );
  });

  it('shows learners, removed ids, and no attributes before they are published', () => {
    const learner = { ...newMember(1n, ['http://a:1'], true), name: 'not published' };
    const view = { members: [learner], removedIds: [255n], clusterVersion: undefined };
    const tree = JSON.parse(utf8Text(v2StoreJson(view, 9)));
    const zero = tree.Root.Children['0'].Children;
    expect(Object.keys(zero)).toEqual(['members', 'removed_members']);
    expect(zero.removed_members.Children.ff).toMatchObject({
      Path: '/0/removed_members/ff',
      Value: '',
      Children: null,
    });
    const member = zero.members.Children['1'].Children;
    expect(Object.keys(member)).toEqual(['raftAttributes']);
    expect(JSON.parse(member.raftAttributes.Value)).toEqual({
      peerURLs: ['http://a:1'],
      isLearner: true,
    });
  });
});

describe('v2 requests', () => {
  it('carry attributes and the version', () => {
    const value = '{"name":"a","clientURLs":["http://c:1"]}';
    expect(parseV2Put('/0/members/8e9e05c52164694d/attributes', value)).toEqual({
      kind: 'attributes',
      id: ID,
      attributes: { name: 'a', clientUrls: ['http://c:1'] },
    });
    expect(parseV2Put('/0/version', '3.5.0')).toEqual({ kind: 'clusterVersion', version: '3.5.0' });
  });

  it.each(['/1/foo', '/0/members/xyz/attributes', '/0/members/1/raftAttributes', '/0/members/1'])(
    'mean nothing at %s',
    (path) => expect(parseV2Put(path, '{}')).toBeUndefined(),
  );
});
