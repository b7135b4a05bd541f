// Owns the probes of a member, which ask the metrics port: plain HTTP, no certificate, not behind clients' load.
//
// Liveness and startup ask /livez, which reads from the local store only: a member without a quorum is alive, and
// restarting it would not help. Readiness asks /readyz, which needs a linearizable read: a member that has lost the others
// leaves the Services. etcd: server/etcdserver/api/etcdhttp/health.go.
import type { Probe } from '../api/kube-objects.ts';

const alive = { path: '/livez', port: 'metrics' };

/** Half an hour: replaying a long log or receiving a big snapshot is no reason to start over. */
export const STARTUP_PROBE: Probe = {
  httpGet: alive,
  periodSeconds: 5,
  timeoutSeconds: 5,
  failureThreshold: 360,
};

/** Two minutes of silence: a stuck disk gets time, a stuck process is ended. */
export const LIVENESS_PROBE: Probe = {
  httpGet: alive,
  periodSeconds: 15,
  timeoutSeconds: 15,
  failureThreshold: 8,
};

export const READINESS_PROBE: Probe = {
  httpGet: { path: '/readyz', port: 'metrics' },
  periodSeconds: 5,
  timeoutSeconds: 5,
  failureThreshold: 3,
};
