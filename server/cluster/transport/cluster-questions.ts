// Owns what a member asks the members of a cluster: who they are, their versions, whether a downgrade is under way, hashes
// and leases. Every question goes to one URL after the other until one answers. etcd: etcdserver/cluster_util.go,
// etcdserver/corrupt.go, lease/leasehttp/http.go.

import { utf8Bytes, utf8Text } from '../../base/bytes.ts';
import { EtcdError, type EtcdErrorCode } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { decodeLeaseInternalResponse, encodeLeaseInternalRequest } from '../../proto/gen/lease.ts';
import { parseJson, readObject, readString } from '../json.ts';
import { formatId, type Member, maybeParseId, parseMembers } from '../member.ts';
import { ANSWER_BYTES_MAX, CLUSTER_QUESTION_MS } from './limits.ts';
import { PROMOTE_PREFIX } from './member-routes.ts';
import type { PeerConnector } from './peer-connector.ts';
import { headerText } from './peer-headers.ts';
import { answerText, askPeer, type PeerAnswer } from './peer-question.ts';
import type { LeaseTimes, PeerHashKv, ServerVersions } from './types.ts';

export interface Asker {
  readonly connector: PeerConnector;
  readonly logger: Logger;
}

/** No member gave a usable answer. */
export class ClusterQuestionError extends Error {
  override readonly name: string = 'ClusterQuestionError';
}

export interface RemoteCluster {
  readonly clusterId: bigint;
  readonly members: readonly Member[];
}

/** What the first of `urls` to answer says about its cluster. Rejects with ClusterQuestionError. */
export async function fetchMembers(
  { connector, logger }: Asker,
  urls: readonly string[],
  timeoutMs: number = CLUSTER_QUESTION_MS,
): Promise<RemoteCluster> {
  for (const url of urls) {
    try {
      const answer = await ask(connector, { url, path: '/members', timeoutMs });
      const members = parseMembers(utf8Text(answer.body));
      const clusterId = maybeParseId(headerText(answer.headers, 'x-etcd-cluster-id'));
      if (clusterId === undefined) throw new Error('answer without a cluster ID');
      if (members.length === 0) {
        throw new ClusterQuestionError('failed to get raft cluster member(s) from the given URLs');
      }
      return { clusterId, members };
    } catch (error) {
      if (error instanceof ClusterQuestionError) throw error;
      logger.warn('failed to get cluster response', {
        address: `${url}/members`,
        error: String(error),
      });
    }
  }
  throw new ClusterQuestionError('could not retrieve cluster information from the given URLs');
}

/** The versions of one member, or undefined when none of its URLs answers. */
export async function fetchVersions(
  { connector, logger }: Asker,
  member: Member,
  timeoutMs: number = CLUSTER_QUESTION_MS,
): Promise<ServerVersions | undefined> {
  for (const url of member.peerUrls) {
    try {
      const answer = await ask(connector, { url, path: '/version', timeoutMs });
      return readVersions(utf8Text(answer.body));
    } catch (error) {
      logger.warn('failed to reach the peer URL', {
        address: `${url}/version`,
        'remote-member-id': formatId(member.id),
        error: String(error),
      });
    }
  }
  return undefined;
}

function readVersions(text: string): ServerVersions {
  const fields = readObject(parseJson(text));
  const storage = readString(fields['storage'], 'storage');
  return {
    etcdserver: readString(fields['etcdserver'], 'etcdserver'),
    etcdcluster: readString(fields['etcdcluster'], 'etcdcluster'),
    ...(storage === '' ? {} : { storage }),
  };
}

/** What the first member to answer says; false when none does. */
export async function fetchDowngradeEnabled(
  { connector, logger }: Asker,
  members: readonly Member[],
  timeoutMs: number = CLUSTER_QUESTION_MS,
): Promise<boolean> {
  for (const member of members) {
    for (const url of member.peerUrls) {
      try {
        const answer = await ask(connector, { url, path: '/downgrade/enabled', timeoutMs });
        const text = answerText(answer);
        if (text === 'true' || text === 'false') return text === 'true';
        throw new Error(`neither true nor false: ${text.slice(0, 200)}`);
      } catch (error) {
        logger.warn('failed to get downgrade enabled status', {
          address: `${url}/downgrade/enabled`,
          'remote-member-id': formatId(member.id),
          error: String(error),
        });
      }
    }
  }
  return false;
}

/** A question that is passed on to the leader, or to one other member. */
export interface PeerTarget {
  /** All of one member. */
  readonly urls: readonly string[];
  readonly timeoutMs: number;
}

/**
 * The members after the promotion. Rejects with EtcdError (memberNotFound, memberNotLearner, learnerNotReady, timeout)
 * for what the leader has decided, with ClusterQuestionError when no URL gave an answer that counts.
 */
export async function promoteViaPeer(
  asker: Asker,
  { urls, timeoutMs }: PeerTarget,
  promotion: { readonly id: bigint; readonly authorization: string | undefined },
): Promise<readonly Member[]> {
  const { id, authorization } = promotion;
  const headers: Record<string, string> =
    authorization === undefined ? {} : { Authorization: authorization };
  const path = `${PROMOTE_PREFIX}${id}`;
  return await firstOf(urls, async (url) => {
    const question = { url, path, method: 'POST', headers, body: NO_BODY, timeoutMs } as const;
    const answer = await ask(asker.connector, question);
    const text = answerText(answer);
    if (answer.status === 200) return parseMembers(text);
    if (answer.status === 404) throw new EtcdError('memberNotFound');
    if (answer.status === 408) throw new EtcdError('timeout');
    if (answer.status === 412) {
      if (text.includes('in sync with leader')) throw new EtcdError('learnerNotReady');
      if (text.includes('can only promote a learner')) throw new EtcdError('memberNotLearner');
    }
    throw new ClusterQuestionError(`member promote: unknown error(${text})`);
  });
}

/** Rejects with EtcdError (leaseNotFound, timeout) or ClusterQuestionError. */
export async function leaseTimeToLiveViaPeer(
  asker: Asker,
  { urls, timeoutMs }: PeerTarget,
  lease: { readonly id: bigint; readonly keys: boolean },
): Promise<LeaseTimes> {
  const body = encodeLeaseInternalRequest({ leaseTimeToLiveRequest: lease });
  return await firstOf(urls, async (url) => {
    const answer = await askAboutLease(asker, { url, path: '/leases/internal', body, timeoutMs });
    const times = decodeLeaseInternalResponse(answer.body).leaseTimeToLiveResponse;
    if (times?.id !== lease.id) throw new ClusterQuestionError('lease: TTL id mismatch');
    const { id, ttl, grantedTtl, keys } = times;
    return { id, ttl, grantedTtl, keys };
  });
}

async function askAboutLease(
  { connector }: Asker,
  question: Pick<Question, 'url' | 'path' | 'body' | 'timeoutMs'>,
): Promise<PeerAnswer> {
  const headers = { 'Content-Type': 'application/protobuf' };
  const answer = await ask(connector, { ...question, method: 'POST', headers });
  if (answer.status === 404) throw new EtcdError('leaseNotFound');
  if (answer.status === 408) throw new EtcdError('timeout');
  if (answer.status === 200) return answer;
  throw new ClusterQuestionError(`lease: unknown error(${answerText(answer)})`);
}

/** Rejects with EtcdError (compacted, futureRev, clusterIdMismatch) or ClusterQuestionError. */
export async function fetchHashKv(
  asker: Asker,
  { urls, timeoutMs }: PeerTarget,
  { clusterId, revision }: { readonly clusterId: bigint; readonly revision: number },
): Promise<PeerHashKv> {
  const headers = {
    'Content-Type': 'application/json',
    'X-Etcd-Cluster-ID': formatId(clusterId),
  };
  const body = utf8Bytes(`{"revision":${revision}}`);
  return await firstOf(urls, async (url) => {
    const question = { url, path: '/members/hashkv', headers, body, timeoutMs };
    const answer = await ask(asker.connector, question);
    const text = answerText(answer);
    if (answer.status === 200) return readHashKv(text);
    for (const [part, code] of HASH_ERRORS) if (text.includes(part)) throw new EtcdError(code);
    throw new ClusterQuestionError(`unknown error: ${text}`);
  });
}

const HASH_ERRORS: readonly (readonly [string, EtcdErrorCode])[] = [
  ['mvcc: required revision has been compacted', 'compacted'],
  ['mvcc: required revision is a future revision', 'futureRev'],
  ['cluster ID mismatch', 'clusterIdMismatch'],
];

function readHashKv(text: string): PeerHashKv {
  const fields = readObject(parseJson(text));
  return {
    revision: readCount(readObject(fields['header'] ?? {})['revision']),
    hash: readCount(fields['hash']),
    compactRevision: readCount(fields['compact_revision']),
    hashRevision: readCount(fields['hash_revision']),
  };
}

/** A number that Go leaves out when it is zero. */
function readCount(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new ClusterQuestionError(`not a revision or a hash: ${String(value)}`);
}

/** A POST says that it has no body, which proxies insist on. */
const NO_BODY: Uint8Array = new Uint8Array(0);

interface Question {
  readonly url: string;
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
}

function ask(connector: PeerConnector, question: Question): Promise<PeerAnswer> {
  return askPeer(connector, { method: 'GET', answerBytesMax: ANSWER_BYTES_MAX, ...question });
}

/** What a member has decided ends the search; anything else sends it to the next URL, and the last failure counts. */
async function firstOf<T>(
  urls: readonly string[],
  attempt: (url: string) => Promise<T>,
): Promise<T> {
  let failure: unknown = new Error('no URLs to ask');
  for (const url of urls) {
    try {
      return await attempt(url);
    } catch (error) {
      if (error instanceof EtcdError) throw error;
      failure = error;
    }
  }
  if (failure instanceof ClusterQuestionError) throw failure;
  throw new ClusterQuestionError(String(failure), { cause: failure });
}
