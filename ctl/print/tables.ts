// Owns the rows of results that are lists of members or endpoints. etcd: printer.go.
import type { Member } from '../../server/proto/gen/rpc.ts';
import { hexId, humanSize } from './go-text.ts';
import type { EndpointHash, EndpointHealth, EndpointStatus } from './result.ts';

export interface Rows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function memberRows(members: readonly Member[]): Rows {
  return {
    head: ['ID', 'Status', 'Name', 'Peer Addrs', 'Client Addrs', 'Is Learner'],
    rows: members.map((member) => [
      hexId(member.id),
      member.name === '' ? 'unstarted' : 'started',
      member.name,
      member.peerUrls.join(','),
      member.clientUrls.join(','),
      String(member.isLearner),
    ]),
  };
}

export function healthRows(list: readonly EndpointHealth[]): Rows {
  return {
    head: ['endpoint', 'health', 'took', 'error'],
    rows: list.map(({ endpoint, health, took, error }) => [endpoint, String(health), took, error]),
  };
}

export function statusRows(list: readonly EndpointStatus[]): Rows {
  return {
    head: [
      ...['endpoint', 'ID', 'version', 'storage version', 'db size', 'in use'],
      ...['percentage not in use', 'quota', 'is leader', 'is learner', 'raft term'],
      ...['raft index', 'raft applied index', 'errors'],
      ...['downgrade target version', 'downgrade enabled'],
    ],
    rows: list.map(statusRow),
  };
}

function statusRow({ endpoint, response }: EndpointStatus): readonly string[] {
  const { dbSize, dbSizeInUse, downgradeInfo } = response;
  const memberId = response.header?.memberId ?? 0n;
  // Whole percents, as etcd divides integers.
  const usedPercent = dbSize === 0 ? 0 : Math.trunc((dbSizeInUse * 100) / dbSize);
  return [
    endpoint,
    hexId(memberId),
    response.version,
    response.storageVersion,
    humanSize(dbSize),
    humanSize(dbSizeInUse),
    `${100 - usedPercent}%`,
    humanSize(response.dbSizeQuota),
    String(response.leader === memberId),
    String(response.isLearner),
    String(response.raftTerm),
    String(response.raftIndex),
    String(response.raftAppliedIndex),
    response.errors.join(', '),
    downgradeInfo?.targetVersion ?? '',
    String(downgradeInfo?.enabled ?? false),
  ];
}

export function hashRows(list: readonly EndpointHash[]): Rows {
  return {
    head: ['endpoint', 'hash', 'hash_revision'],
    rows: list.map(({ endpoint, response }) => [
      endpoint,
      String(response.hash),
      String(response.hashRevision),
    ]),
  };
}

/** One line per row, as the format "simple" has it. */
export function commaLines({ rows }: Rows): string {
  return rows.map((row) => `${row.join(', ')}\n`).join('');
}
