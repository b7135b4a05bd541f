// Goal: a member that joins asks the right questions and starts only where it belongs. Method: the questions against a
// server whose node is played, the checks on lists. A failure means a member with a foreign id or version in a cluster.
import { afterEach, describe, expect, it } from 'vitest';
import { EtcdError } from '../../../../server/base/errors.ts';
import { SILENT_LOGGER } from '../../../../server/base/logger.ts';
import { type Member, newMember } from '../../../../server/cluster/member.ts';
import {
  fetchDowngradeEnabled,
  fetchHashKv,
  fetchMembers,
  fetchVersions,
  leaseTimeToLiveViaPeer,
  promoteViaPeer,
} from '../../../../server/cluster/transport/cluster-questions.ts';
import {
  checkCompatibility,
  validateAgainst,
} from '../../../../server/cluster/transport/join-check.ts';
import { PeerConnector } from '../../../../server/cluster/transport/peer-connector.ts';
import type { PeerNodePort, ServerVersions } from '../../../../server/cluster/transport/types.ts';
import { CLUSTER_ID, notingLogger, stopAll, TestMember, textOf } from './harness.ts';

const connector = new PeerConnector();
const asker = { connector, logger: SILENT_LOGGER };
const NOWHERE = 'http://127.0.0.1:1';

afterEach(stopAll);

function startWith(node: Partial<PeerNodePort>): Promise<TestMember> {
  return TestMember.start(1n, { node });
}

const alice: Member = { ...newMember(7n, ['http://a:1'], false), name: 'alice' };

describe('questions to a cluster', () => {
  it('members: the first that answers', async () => {
    const empty = await startWith({ members: () => [] });
    const member = await startWith({ members: () => [alice] });
    expect(await fetchMembers(asker, [NOWHERE, member.url, empty.url], 2_000)).toEqual({
      clusterId: CLUSTER_ID,
      members: [alice],
    });
    await expect(fetchMembers(asker, [empty.url, member.url], 2_000)).rejects.toThrow(
      'failed to get raft cluster member(s) from the given URLs',
    );
    await expect(fetchMembers(asker, [NOWHERE], 2_000)).rejects.toThrow(
      'could not retrieve cluster information from the given URLs',
    );
  });

  it('end when there is no answer in time', async () => {
    const silent = await startWith({ downgradeEnabled: () => undefined });
    const member = newMember(1n, [silent.url], false);
    const { lines, ...logger } = notingLogger();
    expect(await fetchDowngradeEnabled({ connector, logger }, [member], 30)).toBe(false);
    expect(lines).toEqual(['failed to get downgrade enabled status']);
  });

  it('versions and downgrade', async () => {
    const there = await startWith({ downgradeEnabled: (done) => done(true) });
    const failing = await startWith({ downgradeEnabled: (done) => done(new EtcdError('timeout')) });
    const members = [failing, there].map(({ url }) => newMember(1n, [NOWHERE, url], false));
    expect(await fetchDowngradeEnabled(asker, members, 2_000)).toBe(true);
    expect(await fetchVersions(asker, newMember(1n, [NOWHERE, there.url], false), 2_000)).toEqual({
      etcdserver: '3.7.1',
      etcdcluster: '3.7.0',
      storage: '3.7.0',
    });
    expect(await fetchVersions(asker, newMember(1n, [NOWHERE], false), 2_000)).toBeUndefined();
  });

  it('promotions', async () => {
    const outcomes: Record<string, readonly Member[] | EtcdError> = {
      1: [alice],
      2: new EtcdError('memberNotFound'),
      3: new EtcdError('memberNotLearner'),
      4: new EtcdError('learnerNotReady'),
      5: new EtcdError('noLeader'),
    };
    const tokens: (string | undefined)[] = [];
    const { url } = await startWith({
      promote: (id, token, done) => {
        tokens.push(token);
        done(outcomes[String(id)] ?? []);
      },
    });
    const promote = (id: bigint, authorization?: string): Promise<readonly Member[]> =>
      promoteViaPeer(asker, { urls: [NOWHERE, url], timeoutMs: 2_000 }, { id, authorization });
    expect(await promote(1n, 'token')).toEqual([alice]);
    expect(tokens).toEqual(['token']);
    await expect(promote(2n)).rejects.toMatchObject({ code: 'memberNotFound' });
    await expect(promote(3n)).rejects.toMatchObject({ code: 'memberNotLearner' });
    await expect(promote(4n)).rejects.toMatchObject({ code: 'learnerNotReady' });
    await expect(promote(5n)).rejects.toMatchObject({ name: 'ClusterQuestionError' });
  });

  it('leases', async () => {
    const { url } = await startWith({
      leaseTimeToLive: (id, wantsKeys, done) => {
        if (id === 2n) done(new EtcdError('timeout'));
        else if (id === 4n) done(new EtcdError('leaseNotFound'));
        else if (id === 3n) done(new EtcdError('notLeader'));
        else done({ id, ttl: -1, grantedTtl: 60, keys: wantsKeys ? [Uint8Array.of(97)] : [] });
      },
    });
    const target = { urls: [url], timeoutMs: 2_000 };
    const found = await leaseTimeToLiveViaPeer(asker, target, { id: -5n, keys: true });
    expect(found).toMatchObject({ id: -5n, ttl: -1, grantedTtl: 60 });
    expect(found.keys.map(textOf)).toEqual(['a']);
    await expect(
      leaseTimeToLiveViaPeer(asker, target, { id: 2n, keys: false }),
    ).rejects.toMatchObject({ code: 'timeout' });
    await expect(
      leaseTimeToLiveViaPeer(asker, target, { id: 4n, keys: false }),
    ).rejects.toMatchObject({ code: 'leaseNotFound' });
    await expect(leaseTimeToLiveViaPeer(asker, target, { id: 3n, keys: false })).rejects.toThrow(
      'lease: unknown error(not a primary lessor)',
    );
  });

  it('hashes', async () => {
    const { url } = await startWith({
      hashKv: (revision, done) => {
        if (revision === 1) done(new EtcdError('compacted'));
        else if (revision === 2) done(new EtcdError('futureRev'));
        else done({ revision: 5, hash: 7, compactRevision: 0, hashRevision: revision });
      },
    });
    const target = { urls: [url], timeoutMs: 2_000 };
    const hash = (clusterId: bigint, revision: number): Promise<unknown> =>
      fetchHashKv(asker, target, { clusterId, revision });
    expect(await hash(CLUSTER_ID, 3)).toEqual({
      revision: 5,
      hash: 7,
      compactRevision: 0,
      hashRevision: 3,
    });
    await expect(hash(CLUSTER_ID, 1)).rejects.toMatchObject({ code: 'compacted' });
    await expect(hash(CLUSTER_ID, 2)).rejects.toMatchObject({ code: 'futureRev' });
    await expect(hash(1n, 3)).rejects.toMatchObject({ code: 'clusterIdMismatch' });
  });
});

describe('the list a member was started with', () => {
  const local = (name: string, ...urls: string[]): Member => ({
    ...newMember(100n, urls, false),
    name,
  });
  const remote = (id: bigint, ...urls: string[]): Member => newMember(id, urls, true);

  it('takes over the ids of the cluster, and nothing else', async () => {
    const members = await validateAgainst(
      [local('a', 'http://x:1'), local('b', 'http://y:1', 'http://y:2')],
      [remote(2n, 'http://y:2', 'http://y:1'), remote(1n, 'http://x:1')],
    );
    expect(members.map(({ id, name, isLearner }) => [id, name, isLearner])).toEqual([
      [1n, 'a', false],
      [2n, 'b', false],
    ]);
  });

  it('must have as many members', async () => {
    await expect(validateAgainst([local('a', 'http://x:1')], [])).rejects.toThrow(
      'member count is unequal',
    );
  });

  it('may name hosts where the cluster names addresses', async () => {
    const resolve = async (host: string): Promise<string> => {
      if (host === 'x') return '10.0.0.1';
      throw new Error(`lookup ${host}: no such host`);
    };
    const members = await validateAgainst(
      [local('a', 'http://x:1')],
      [remote(5n, 'http://10.0.0.1:1')],
      { resolve, timeoutMs: 0 },
    );
    expect(members[0]?.id).toBe(5n);
    await expect(
      validateAgainst([local('a', 'http://x:1')], [remote(5n, 'http://10.0.0.2:1')], {
        resolve,
        timeoutMs: 0,
      }),
    ).rejects.toThrow(
      'PeerURLs: no match found for existing member (5, [http://10.0.0.2:1]), ' +
        'last resolver error (resolved urls: "http://10.0.0.2:1" != "http://10.0.0.1:1")',
    );
    await expect(
      validateAgainst([local('a', 'http://q:1')], [remote(5n, 'http://10.0.0.2:1')], {
        resolve,
        timeoutMs: 0,
      }),
    ).rejects.toThrow('last resolver error (failed to resolve "http://q:1"');
  });

  it('must not lose a member to another with the same addresses', async () => {
    await expect(
      validateAgainst(
        [local('a', 'http://x:1'), local('b', 'http://y:1')],
        [remote(1n, 'http://x:1'), remote(2n, 'http://x:1')],
      ),
    ).rejects.toThrow();
  });
});

describe('versions', () => {
  const check = (
    clusters: readonly (string | undefined)[],
    downgradeEnabled = false,
  ): (() => void) => {
    const versions: Map<bigint, ServerVersions | undefined> = new Map();
    clusters.forEach((etcdcluster, i) => {
      const known = etcdcluster === undefined ? undefined : { etcdserver: '3.6.0', etcdcluster };
      versions.set(BigInt(i + 1), known);
    });
    return () =>
      checkCompatibility({
        versions,
        downgradeEnabled,
        serverVersion: '3.7.1',
        minClusterVersion: '3.0.0',
        logger: SILENT_LOGGER,
      });
  };

  it('that fit', () => {
    for (const cluster of ['3.0.0', '3.5.0', '3.7.0']) expect(check([cluster])).not.toThrow();
    expect(check([undefined, 'not_decided', '3.5.0'])).not.toThrow();
    expect(check(['3.8.0'], true)).not.toThrow();
  });

  it('that do not fit, or that nobody knows', () => {
    const text = 'incompatible with current running cluster';
    for (const cluster of ['2.3.0', '3.8.0', '4.0.0']) expect(check([cluster])).toThrow(text);
    expect(check(['3.5.0', '3.8.0'])).toThrow(text);
    expect(check([undefined, 'not_decided'])).toThrow(text);
    expect(check([])).toThrow(text);
    expect(check(['3.7.0'], true)).toThrow(text);
  });
});
