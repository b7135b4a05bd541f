// Owns which version members are started with: spec.version, if etcd allows the step from what runs, else the one before.
// Checked against what the members say they run, not against the last specification: three quick edits of one minor each
// are three minors.

import { DEFAULTS } from '../api/defaults.ts';
import type { EtcdCluster } from '../api/etcd-cluster.ts';
import { compareVersions, versionStep } from '../api/versions.ts';
import type { Observed } from './observed.ts';

export interface TargetVersion {
  readonly version: string;
  /** Why spec.version is not it. */
  readonly problem?: string;
}

export function targetVersion(cluster: EtcdCluster, observed: Observed): TargetVersion {
  const wanted = cluster.spec.version ?? DEFAULTS.version;
  const current = cluster.status?.targetVersion;
  if (current === undefined || current === wanted) return { version: wanted };
  const from = lowestVersion(observed) ?? cluster.status?.version;
  // Nothing has ever run: nothing to be compatible with.
  if (from === undefined) return { version: wanted };
  const step = versionStep(from, wanted);
  if (step === 'same' || step === 'allowed') return { version: wanted };
  const why = step === 'downgrade' ? 'is older than' : 'is more than one minor above';
  return { version: current, problem: `version ${wanted} ${why} ${from}, which runs` };
}

export function lowestVersion({ statuses }: Observed): string | undefined {
  let lowest: string | undefined;
  for (const status of statuses.values()) {
    if (status.kind === 'failed') continue;
    if (lowest === undefined || compareVersions(status.version, lowest) < 0)
      lowest = status.version;
  }
  return lowest;
}
