// Owns what every call must pass before its handler: the client's declared version, and the wish to fail rather than wait
// when there is no leader. etcd: server/etcdserver/api/v3rpc/interceptor.go.

import type { MetricRegistry } from '../base/metrics.ts';
import type { Interceptor } from './grpc/types.ts';
import { failWith } from './status.ts';

const NO_LEADER_METADATA = 'hasleader';
const API_VERSION_METADATA = 'client-api-version';

/** Client versions counted one by one; more than these are counted together, since the label comes from clients. */
const COUNTED_VERSIONS_MAX = 32;

export function createGate(hasLeader: () => boolean, registry: MetricRegistry): Interceptor {
  const counted = new Map<string, { inc(): void }>();
  const count = (kind: string, version: string): void => {
    const label = counted.size < COUNTED_VERSIONS_MAX ? version : 'other';
    const key = `${kind} ${label}`;
    let counter = counted.get(key);
    if (counter === undefined) {
      counter = registry.counter(
        'etcd_server_client_requests_total',
        'Requests by kind and version of the client.',
        { type: kind, client_api_version: label },
      );
      counted.set(key, counter);
    }
    counter.inc();
  };
  return (call) => {
    const version = call.metadata(API_VERSION_METADATA) ?? 'unknown';
    if (version.includes('\ufffd')) {
      failWith(call, 'invalidClientApiVersion');
      return false;
    }
    count(call.kind === 'unary' ? 'unary' : 'stream', version);
    if (call.metadata(NO_LEADER_METADATA) === 'true' && !hasLeader()) {
      failWith(call, 'noLeader');
      return false;
    }
    return true;
  };
}
