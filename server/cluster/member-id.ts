// Owns how members and clusters get their ids: the first eight bytes, big endian, of SHA-1 sums that every
// bootstrapping member computes alike. etcd: server/etcdserver/api/membership/member.go, cluster.go.
import { createHash } from 'node:crypto';
import { utf8Bytes } from '../base/bytes.ts';

/**
 * `token`: --initial-cluster-token for a member of a new cluster, empty for one that is added to a running cluster. That
 * one mixes in the time (Unix seconds), so that the same URLs never get an id that was used before.
 */
export function memberIdOf(
  peerUrls: readonly string[],
  token: string,
  unixSeconds?: number,
): bigint {
  const time = unixSeconds === undefined ? '' : String(unixSeconds);
  return firstBytes(utf8Bytes([...peerUrls].sort().join('') + token + time));
}

/** The id of a cluster that starts with these members. */
export function clusterIdOf(memberIds: readonly bigint[]): bigint {
  const sorted = [...memberIds].sort((a, b) => (a < b ? -1 : 1));
  const bytes = new Uint8Array(8 * sorted.length);
  const view = new DataView(bytes.buffer);
  sorted.forEach((id, i) => {
    view.setBigUint64(8 * i, id);
  });
  return firstBytes(bytes);
}

function firstBytes(input: Uint8Array): bigint {
  const sum = createHash('sha1').update(input).digest();
  return new DataView(sum.buffer, sum.byteOffset).getBigUint64(0);
}
