// Goal: ids are those that Go members compute. Method: vectors of Go's own tests and of clusters that were started. A
// failure means that our member starts a cluster of its own beside the others.
import { describe, expect, it } from 'vitest';
import { clusterIdOf, memberIdOf } from '../../../server/cluster/member-id.ts';

const TIME = Date.UTC(1984, 11, 23, 15, 4, 5) / 1000;

describe('member ids', () => {
  it.each([
    [['http://10.0.0.8:2379'], '', undefined, 14544069596553697298n],
    [['http://10.0.0.8:2379'], '', TIME, 2448790162483548276n],
    [['http://10.0.0.8:2379'], 'etcd', TIME, 6973882743191604649n],
    [['http://10.0.0.1:2379', 'http://10.0.0.2:2379'], '', undefined, 16552244735972308939n],
    [['http://10.0.0.2:2379', 'http://10.0.0.1:2379'], '', undefined, 16552244735972308939n],
    [['http://localhost:2380'], 'etcd-cluster', undefined, 0x8e9e05c52164694dn],
  ])('of %j, token %j, time %j', (urls, token, time, id) => {
    expect(memberIdOf(urls, token, time)).toBe(id);
  });
});

describe('cluster ids', () => {
  it.each([
    ['etcd-cluster', ['localhost:2380'], ['8e9e05c52164694d'], 'cdf818194e3a8c32'],
    [
      'etcd-cluster-1',
      ['127.0.0.1:12380', '127.0.0.1:22380', '127.0.0.1:32380'],
      ['8211f1d0f64f3269', '91bc3c398fb3c146', 'fd422379fda50e48'],
      'ef37ad9dc622a7c4',
    ],
    [
      'etcd-cluster',
      ['127.0.0.1:2380', '127.0.0.1:22380', '127.0.0.1:32380'],
      ['b71f75320dc06a6c', '9e737febb6b99eee', '628170c800dbcee'],
      '66d3a070bf89b39',
    ],
  ])('token %s, hosts %j', (token, hosts, memberIds, clusterId) => {
    const ids = hosts.map((host) => memberIdOf([`http://${host}`], token));
    expect(new Set(ids.map((id) => id.toString(16)))).toEqual(new Set(memberIds));
    expect(clusterIdOf(ids).toString(16)).toBe(clusterId);
    expect(clusterIdOf([...ids].reverse()).toString(16)).toBe(clusterId);
  });
});
