// Owns the headers that members send along with everything about raft, and the check of those that arrive: versions and
// cluster id come before any other look at a request. etcd: rafthttp/util.go, rafthttp/http.go.

import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from '../../base/logger.ts';
import type { MemberId } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import { compareMinor, maybeParseVersion, VERSION_UNSAID, type Version } from './semver.ts';

/** Who this member is on the wire. */
export interface Identity {
  readonly localId: MemberId;
  readonly clusterId: bigint;
  readonly localPeerUrls: readonly string[];
  readonly serverVersion: string;
  readonly minClusterVersion: string;
}

export const INCOMPATIBLE_VERSION = 'incompatible version';
export const CLUSTER_ID_MISMATCH = 'cluster ID mismatch';

/** Of every request to /raft*. */
export function requestHeaders(identity: Identity): Record<string, string> {
  return {
    'X-Server-From': formatId(identity.localId),
    'X-Server-Version': identity.serverVersion,
    'X-Min-Cluster-Version': identity.minClusterVersion,
    'X-Etcd-Cluster-ID': formatId(identity.clusterId),
    'X-PeerURLs': identity.localPeerUrls.join(','),
  };
}

/** One header, empty when it is missing. */
export function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}

/** Undefined when the text is there and is no version. */
export function readVersion(headers: IncomingHttpHeaders, name: string): Version | undefined {
  const text = headerText(headers, name);
  return text === '' ? VERSION_UNSAID : maybeParseVersion(text);
}

/** Why a request must be refused (status 412), or undefined. */
export function headerProblem(
  identity: Identity,
  headers: IncomingHttpHeaders,
  logger: Logger,
): string | undefined {
  const fields = {
    'local-member-id': formatId(identity.localId),
    'local-member-cluster-id': formatId(identity.clusterId),
    'local-member-server-version': identity.serverVersion,
    'local-member-server-minimum-cluster-version': identity.minClusterVersion,
    'remote-peer-server-name': headerText(headers, 'x-server-from'),
    'remote-peer-server-version': headerText(headers, 'x-server-version'),
    'remote-peer-server-minimum-cluster-version': headerText(headers, 'x-min-cluster-version'),
  };
  const reason = versionProblem(identity, headers);
  if (reason !== undefined) {
    logger.warn('failed version compatibility check', { ...fields, error: reason });
    return INCOMPATIBLE_VERSION;
  }
  const remoteClusterId = headerText(headers, 'x-etcd-cluster-id');
  if (remoteClusterId !== formatId(identity.clusterId)) {
    logger.warn('request cluster ID mismatch', {
      ...fields,
      'remote-peer-cluster-id': remoteClusterId,
    });
    return CLUSTER_ID_MISMATCH;
  }
  return undefined;
}

function versionProblem(identity: Identity, headers: IncomingHttpHeaders): string | undefined {
  const local = maybeParseVersion(identity.serverVersion);
  const localMin = maybeParseVersion(identity.minClusterVersion);
  const remote = readVersion(headers, 'x-server-version');
  const remoteMin = readVersion(headers, 'x-min-cluster-version');
  if (local === undefined || localMin === undefined) return 'local version is unreadable';
  // etcd: the Go handler panics on these and drops the connection.
  if (remote === undefined || remoteMin === undefined) return 'remote version is unreadable';
  if (compareMinor(remote, localMin) < 0) return 'remote version is too low';
  if (compareMinor(remoteMin, local) > 0) return 'local version is too low';
  return undefined;
}
