// Owns what every call must pass before its handler: a member that may serve it, the client's declared version, and the
// wish to fail rather than wait when there is no leader. etcd: server/etcdserver/api/v3rpc/interceptor.go.

import { EtcdError, type EtcdErrorCode } from '../base/errors.ts';
import type { MetricRegistry } from '../base/metrics.ts';
import { decodeRangeRequest } from '../proto/gen/rpc.ts';
import type { AnyCall, Interceptor } from './grpc/types.ts';
import { failWith } from './status.ts';

const NO_LEADER_METADATA = 'hasleader';
const API_VERSION_METADATA = 'client-api-version';

/** Client versions counted one by one; more than these are counted together, since the label comes from clients. */
const COUNTED_VERSIONS_MAX = 32;

/** etcd: maxNoLeaderCnt. Election timeouts without a leader before streams that want one are ended. */
const LEADERLESS_CHECKS_MAX = 3;

export interface GateDeps {
  readonly hasLeader: () => boolean;
  readonly isLearner: () => boolean;
  /** Beyond etcd: a learner also answers reads that ask the leader for a read index, and watches. */
  readonly learnerServesReads: boolean;
  readonly registry: MetricRegistry;
}

export interface Gate {
  readonly interceptor: Interceptor;
  /** To be called every election timeout: ends streams that want a leader when there has been none for a while. */
  checkLeader(): void;
}

export function createGate(deps: GateDeps): Gate {
  const count = createRequestCounter(deps.registry);
  let leaderStreams: AnyCall[] = [];
  let leaderlessChecks = 0;
  return {
    interceptor: (call) => {
      const refusal = refusalOf(deps, call, count);
      if (refusal !== undefined) failWith(call, refusal);
      else if (call.kind !== 'unary' && wantsLeader(call)) leaderStreams.push(call);
      return refusal === undefined;
    },
    checkLeader: () => {
      leaderStreams = leaderStreams.filter((call) => !call.finished);
      leaderlessChecks = deps.hasLeader() ? 0 : leaderlessChecks + 1;
      if (leaderlessChecks < LEADERLESS_CHECKS_MAX) return;
      const { status, message } = new EtcdError('noLeader');
      for (const call of leaderStreams) call.stop(status, message);
      leaderStreams = [];
    },
  };
}

type CountRequest = (kind: string, version: string) => void;

function refusalOf(deps: GateDeps, call: AnyCall, count: CountRequest): EtcdErrorCode | undefined {
  if (deps.isLearner() && !isServedByLearner(call, deps.learnerServesReads)) {
    return 'notSupportedForLearner';
  }
  const version = call.metadata(API_VERSION_METADATA) ?? 'unknown';
  if (version.includes('\ufffd')) return 'invalidClientApiVersion';
  count(call.kind === 'unary' ? 'unary' : 'stream', version);
  return wantsLeader(call) && !deps.hasLeader() ? 'noLeader' : undefined;
}

function wantsLeader(call: AnyCall): boolean {
  return call.metadata(NO_LEADER_METADATA) === 'true';
}

/** etcd: v3rpc/util.go isRPCSupportedForLearner: what a learner answers from what it has. */
function isServedByLearner(call: AnyCall, servesReads: boolean): boolean {
  if (servesReads && LEARNER_READS.has(call.path)) return true;
  switch (call.path) {
    case '/etcdserverpb.Maintenance/Status':
    case '/etcdserverpb.Maintenance/Snapshot':
      return true;
    case '/etcdserverpb.KV/Range':
      return call.kind === 'unary' && decodeRangeRequest(call.message).serializable;
    default:
      return false;
  }
}

const LEARNER_READS: ReadonlySet<string> = new Set([
  '/etcdserverpb.KV/Range',
  '/etcdserverpb.KV/RangeStream',
  '/etcdserverpb.Watch/Watch',
  '/etcdserverpb.Cluster/MemberList',
  '/etcdserverpb.Maintenance/HashKV',
]);

function createRequestCounter(registry: MetricRegistry): CountRequest {
  const known = new Map<string, { inc(): void }>();
  const counterOf = (kind: string, version: string): { inc(): void } => {
    const key = `${kind} ${version}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= COUNTED_VERSIONS_MAX && version !== OTHER_VERSIONS) {
      return counterOf(kind, OTHER_VERSIONS);
    }
    const counter = registry.counter(
      'etcd_server_client_requests_total',
      'Requests by kind and version of the client.',
      { type: kind, client_api_version: version },
    );
    known.set(key, counter);
    return counter;
  };
  return (kind, version) => counterOf(kind, version).inc();
}

const OTHER_VERSIONS = 'other';
