// Goal: membership changes as in etcd, is refused as in etcd, and survives restarts. Method: conf changes into a book
// over a backend in memory; every state is compared with a book read anew. A failure means members that disagree
// about who is one.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import { type Logger, SILENT_LOGGER } from '../../../server/base/logger.ts';
import { MetricRegistry } from '../../../server/base/metrics.ts';
import { JsonFormatError } from '../../../server/cluster/json.ts';
import {
  type Member,
  memberContext,
  newMember,
  promoteContext,
} from '../../../server/cluster/member.ts';
import {
  MembershipBook,
  type MembershipBookOptions,
} from '../../../server/cluster/membership-book.ts';
import { MembershipMetrics } from '../../../server/cluster/membership-metrics.ts';
import { problemError, problemText } from '../../../server/cluster/membership-problem.ts';
import { type ConfChange, ConfChangeType } from '../../../server/raft/types.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';

const LOCAL = 0x8e9e05c52164694dn;
const OPTIONS: MembershipBookOptions = { clusterId: 7n, localId: LOCAL, logger: SILENT_LOGGER };

let backend: MemoryBackend;
let book: MembershipBook;

beforeEach(() => {
  backend = new MemoryBackend();
  book = new MembershipBook(backend, OPTIONS);
});

afterEach(() => {
  const restarted = new MembershipBook(backend, OPTIONS);
  expect(restarted.v2View()).toEqual(book.v2View());
  expect(restarted.downgrade).toEqual(book.downgrade);
});

function change(type: number, nodeId: bigint, context: Uint8Array): ConfChange {
  return { id: 1n, type, nodeId, context };
}

function add(member: Member): ConfChange {
  const type = member.isLearner ? ConfChangeType.addLearnerNode : ConfChangeType.addNode;
  return change(type, member.id, memberContext(member));
}

function promote(id: bigint): ConfChange {
  return change(ConfChangeType.addNode, id, promoteContext(id));
}

function update(id: bigint, peerUrls: string[]): ConfChange {
  return change(ConfChangeType.updateNode, id, memberContext(newMember(id, peerUrls, false)));
}

function remove(id: bigint): ConfChange {
  return change(ConfChangeType.removeNode, id, new Uint8Array(0));
}

const voter = (id: bigint): Member => newMember(id, [`http://m${id}:2380`], false);
const learner = (id: bigint): Member => newMember(id, [`http://m${id}:2380`], true);

describe('conf changes', () => {
  it('add, promote, update and remove', () => {
    expect(book.applyConfChange(add(voter(2n)))).toEqual({ kind: 'added', member: voter(2n) });
    expect(book.applyConfChange(add(learner(1n)))).toEqual({ kind: 'added', member: learner(1n) });
    expect(book.members().map((member) => member.id)).toEqual([1n, 2n]);
    expect(book.confStateOfMembers()).toMatchObject({ voters: [2n], learners: [1n] });
    expect(book.applyConfChange(promote(1n))).toEqual({ kind: 'promoted', member: voter(1n) });
    expect(book.voters().map((member) => member.id)).toEqual([1n, 2n]);
    const updated = newMember(1n, ['http://x:1'], false);
    expect(book.applyConfChange(update(1n, ['http://x:1']))).toEqual({
      kind: 'updated',
      member: updated,
    });
    expect(book.peerUrls()).toEqual(['http://m2:2380', 'http://x:1']);
    expect(book.applyConfChange(remove(2n))).toEqual({ kind: 'removed', id: 2n });
    expect(book.member(2n)).toBeUndefined();
    expect(book.isRemoved(2n)).toBe(true);
  });

  it('keep the records of etcd', () => {
    book.applyConfChange(add({ ...voter(LOCAL), name: 'default' }));
    book.applyConfChange(add(voter(255n)));
    book.applyConfChange(remove(255n));
    const text = ([key, value]: [Uint8Array, Uint8Array]): string[] => [
      utf8Text(key),
      utf8Text(value),
    ];
    expect(backend.entries('members').map(text)).toEqual([
      ['8e9e05c52164694d', `{"id":${LOCAL},"peerURLs":["http://m${LOCAL}:2380"],"name":"default"}`],
    ]);
    expect(backend.entries('members_removed').map(text)).toEqual([['ff', 'removed']]);
  });

  it('are refused with the problems of etcd', () => {
    for (const member of [voter(1n), voter(2n), learner(3n), voter(9n)])
      book.applyConfChange(add(member));
    book.applyConfChange(remove(9n));
    const before = book.v2View();
    const refusals: [ConfChange, string][] = [
      [add(voter(9n)), 'idRemoved'],
      [remove(9n), 'idRemoved'],
      [add(voter(1n)), 'idExists'],
      [add(newMember(4n, ['http://m2:2380'], false)), 'peerUrlExists'],
      [add(learner(4n)), 'tooManyLearners'],
      [promote(8n), 'idNotFound'],
      [promote(2n), 'memberNotLearner'],
      [update(8n, ['http://x:1']), 'idNotFound'],
      [update(1n, ['http://m2:2380']), 'peerUrlExists'],
      [remove(8n), 'idNotFound'],
    ];
    for (const [refused, problem] of refusals) {
      expect(book.validate(refused)).toBe(problem);
      expect(book.applyConfChange(refused)).toEqual({ kind: 'refused', problem });
    }
    expect(book.v2View()).toEqual(before);
    expect(book.validate(update(1n, ['http://m1:2380']))).toBeUndefined();
  });

  it('allow as many learners as the flag says', () => {
    const roomy = new MembershipBook(new MemoryBackend(), { ...OPTIONS, maxLearners: 2 });
    for (const id of [1n, 2n]) expect(roomy.applyConfChange(add(learner(id))).kind).toBe('added');
    expect(roomy.validate(add(learner(3n)))).toBe('tooManyLearners');
  });

  it.each([
    ['without a context', change(ConfChangeType.addNode, 1n, new Uint8Array(0))],
    ['about another node', change(ConfChangeType.addNode, 1n, memberContext(voter(2n)))],
    ['of an unknown type', change(7, 1n, memberContext(voter(1n)))],
  ])('%s are damaged', (_name, damaged) => {
    expect(() => book.applyConfChange(damaged)).toThrow(JsonFormatError);
  });
});

describe('problems', () => {
  it('have a text for members and an error for clients', () => {
    expect(problemText('idNotFound')).toBe('membership: ID not found');
    expect(problemError('idRemoved').code).toBe('memberNotFound');
    expect(problemError('peerUrlExists').message).toBe('etcdserver: Peer URLs already exists');
    expect((problemError('idExists').cause as Error).message).toBe('membership: ID exists');
  });
});

describe('other facts', () => {
  it('attributes of members, not of removed ones', () => {
    book.applyConfChange(add(voter(1n)));
    book.applyConfChange(add(voter(2n)));
    book.applyConfChange(remove(2n));
    const attributes = { name: 'a', clientUrls: ['http://c:2379'] };
    expect(book.setAttributes(1n, attributes)).toBe(true);
    expect(book.setAttributes(2n, attributes)).toBe(false);
    expect(book.member(1n)).toEqual({ ...voter(1n), ...attributes });
    expect(book.clientUrls()).toEqual(['http://c:2379']);
    expect(book.applyConfChange(update(1n, ['http://x:1']))).toMatchObject({ member: attributes });
  });

  it('the cluster version and a downgrade', () => {
    expect(book.clusterVersion).toBeUndefined();
    const storageKey = utf8Bytes('storageVersion');
    book.setClusterVersion('3.0.0');
    expect(backend.get('meta', storageKey)).toBeUndefined();
    book.setClusterVersion('3.6.0');
    expect(backend.get('meta', storageKey)).toEqual(utf8Bytes('3.6.0'));
    book.setDowngrade({ enabled: true, targetVersion: '3.5.0' });
    expect(utf8Text(backend.get('cluster', utf8Bytes('clusterVersion')) ?? utf8Bytes(''))).toBe(
      '3.6.0',
    );
    expect(utf8Text(backend.get('cluster', utf8Bytes('downgrade')) ?? utf8Bytes(''))).toBe(
      '{"target-version":"3.5.0","enabled":true}',
    );
    expect(() => book.setClusterVersion('3.6')).toThrow(JsonFormatError);
  });

  it('the conf state', () => {
    expect(book.savedConfState()).toBeUndefined();
    book.applyConfChange(add(voter(LOCAL)));
    book.saveConfState(book.confStateOfMembers());
    expect(book.savedConfState()).toEqual(book.confStateOfMembers());
    expect(utf8Text(backend.get('meta', utf8Bytes('confState')) ?? utf8Bytes(''))).toBe(
      `{"voters":[${LOCAL}],"auto_leave":false}`,
    );
  });
});

describe('what is told', () => {
  it('in logs, with the messages people search for', () => {
    const messages: string[] = [];
    const info = (message: string, fields?: object): void => {
      messages.push(`${message} ${JSON.stringify(fields)}`);
    };
    const logger: Logger = { ...SILENT_LOGGER, info };
    const talking = new MembershipBook(new MemoryBackend(), { ...OPTIONS, logger });
    talking.applyConfChange(add(learner(10n)));
    talking.applyConfChange(promote(10n));
    talking.applyConfChange(remove(10n));
    talking.setClusterVersion('3.5.0');
    talking.setClusterVersion('3.6.0');
    const ids = '"cluster-id":"7","local-member-id":"8e9e05c52164694d"';
    expect(messages).toEqual([
      `added member {${ids},"added-peer-id":"a","added-peer-peer-urls":["http://m10:2380"],"added-peer-is-learner":true}`,
      `promote member {${ids},"promoted-member-id":"a"}`,
      `removed member {${ids},"removed-remote-peer-id":"a","removed-remote-peer-urls":["http://m10:2380"],"removed-remote-peer-is-learner":false}`,
      `set initial cluster version {${ids},"cluster-version":"3.5"}`,
      `updated cluster version {${ids},"from":"3.5","to":"3.6"}`,
    ]);
  });

  it('in metrics', () => {
    const registry = new MetricRegistry();
    const metrics = new MembershipMetrics(registry, LOCAL);
    const counted = new MembershipBook(new MemoryBackend(), { ...OPTIONS, metrics });
    counted.applyConfChange(add(learner(LOCAL)));
    expect(registry.print()).toContain('etcd_server_is_learner 1\n');
    counted.applyConfChange(promote(LOCAL));
    counted.applyConfChange(add(voter(10n)));
    counted.applyConfChange(remove(10n));
    counted.setClusterVersion('3.5.0');
    counted.setClusterVersion('3.6.0');
    const text = registry.print();
    expect(text).toContain('etcd_server_is_learner 0\n');
    expect(text).toContain('etcd_network_known_peers{Local="8e9e05c52164694d",Remote="a"} 0\n');
    expect(text).toContain('etcd_cluster_version{cluster_version="3.5"} 0\n');
    expect(text).toContain('etcd_cluster_version{cluster_version="3.6"} 1\n');
  });
});

describe('damaged records', () => {
  it.each([
    ['members', 'zz', '{"id":1}'],
    ['members', '1', 'null'],
    ['members_removed', '', 'removed'],
  ] as const)('in %s under %j', (bucket, key, value) => {
    const damaged = new MemoryBackend();
    damaged.put(bucket, utf8Bytes(key), utf8Bytes(value));
    expect(() => new MembershipBook(damaged, OPTIONS)).toThrow(JsonFormatError);
  });
});
