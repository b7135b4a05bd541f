// Goal: members of a new cluster write equal logs, and equal to Go's. Method: the worked bytes of a cluster of one,
// order and refusals. A failure means logs that disagree from the first entry on.
import { describe, expect, it } from 'vitest';
import { BootstrapError, bootstrapLog, initialCluster } from '../../../server/cluster/bootstrap.ts';
import { decodeConfChange, encodeEntry } from '../../../server/proto/gen/raft.ts';

const CONTEXT = '{"id":10276657743932975437,"peerURLs":["http://localhost:2380"],"name":"default"}';

describe('a new cluster', () => {
  it('of one member has the bytes of the example', () => {
    const cluster = initialCluster(
      [{ name: 'default', peerUrls: ['http://localhost:2380'] }],
      'etcd-cluster',
    );
    expect(cluster.clusterId).toBe(0xcdf818194e3a8c32n);
    const log = bootstrapLog(cluster.members);
    const context = Buffer.from(CONTEXT).toString('hex');
    const change = `0800100018cdd2918bd2b881cf8e012251${context}`;
    expect(log.entries.map((entry) => Buffer.from(encodeEntry(entry)).toString('hex'))).toEqual([
      `0801100118012262${change}`,
    ]);
    expect(log.hardState).toEqual({ term: 1, vote: 0n, commit: 1 });
    expect(log.confState.voters).toEqual([0x8e9e05c52164694dn]);
  });

  it('adds its members by ascending id, whatever the order they are given in', () => {
    const given = [32380, 2380, 22380].map((port, i) => ({
      name: `m${i}`,
      peerUrls: [`http://127.0.0.1:${port}`],
    }));
    const cluster = initialCluster(given, 'etcd-cluster');
    const log = bootstrapLog(cluster.members);
    expect(log).toEqual(bootstrapLog(initialCluster(given.reverse(), 'etcd-cluster').members));
    const ids = log.entries.map((entry) => decodeConfChange(entry.data).nodeId.toString(16));
    expect(ids).toEqual(['628170c800dbcee', '9e737febb6b99eee', 'b71f75320dc06a6c']);
    expect(log.entries.map((entry) => entry.index)).toEqual([1, 2, 3]);
    expect(log.hardState.commit).toBe(3);
    expect(log.confState.voters).toEqual(cluster.members.map((member) => member.id));
  });

  it('refuses members with equal URLs', () => {
    const members = ['a', 'b'].map((name) => ({ name, peerUrls: ['http://h:1'] }));
    expect(() => initialCluster(members, 't')).toThrow(BootstrapError);
    expect(() => initialCluster(members, 't')).toThrow(/^member exists with identical ID &\{/);
  });
});
