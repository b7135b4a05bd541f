// Owns the growing of volumes when storage.size has been raised. Kubernetes refuses it where the storage class does not allow
// it, for good, and as long as a claim is not bound. So it comes after all else, nothing waits for it, and it is asked for
// again only after a while: that it was asked for is latched in the status, and a claim that is still too small then is said
// to be.
import { parseQuantity } from '../api/quantity.ts';
import { formatTime, parseTime } from '../api/time.ts';
import { type Action, inChain, normal, warning } from './action.ts';
import { GROWTH_RETRY_MS } from './limits.ts';
import { isAwake, shallRun } from './pods.ts';
import type { Latches } from './step.ts';
import type { ClusterView, MemberView } from './view.ts';

export function growVolumes(view: ClusterView): readonly Action[] {
  const { cluster, spec, nowMs } = view;
  const askedMs = parseTime(cluster.status?.lastGrowth);
  const isNew = askedMs === undefined || cluster.status?.growthSize !== spec.storage.size;
  if (!isNew && nowMs - askedMs < GROWTH_RETRY_MS) return [];
  return tooSmall(view).flatMap((member) =>
    inChain(`volume of ${member.name}`, growClaim(view, member)),
  );
}

/** What the status says from now on, when volumes are asked to grow. */
export function noteGrowth({ spec, nowMs }: ClusterView): Latches {
  return { growthSize: spec.storage.size, lastGrowth: formatTime(nowMs) };
}

/** What it said before, as long as it matters. */
export function keptGrowth(view: ClusterView): Latches {
  const { growthSize, lastGrowth } = view.cluster.status ?? {};
  if (growthSize === undefined || lastGrowth === undefined || tooSmall(view).length === 0)
    return {};
  return { growthSize, lastGrowth };
}

/** Members whose volumes were asked to grow to what is wanted now, and did not. */
export function notGrown(view: ClusterView): readonly MemberView[] {
  return view.cluster.status?.growthSize === view.spec.storage.size ? tooSmall(view) : [];
}

function tooSmall(view: ClusterView): readonly MemberView[] {
  const { size, medium } = view.spec.storage;
  const wanted = parseQuantity(size) ?? 0;
  if (medium === 'Memory') return [];
  return view.members.filter((member) => {
    const { claim } = member;
    // One that is not bound takes no other size, and gets the one it was made with.
    if (claim?.status?.phase !== 'Bound' || claim.metadata.deletionTimestamp !== undefined)
      return false;
    const has = parseQuantity(claim.spec.resources.requests.storage) ?? Number.MAX_SAFE_INTEGER;
    return has < wanted && isAwake(view, member) && shallRun(view, member);
  });
}

function growClaim({ spec }: ClusterView, { claim, name }: MemberView): readonly Action[] {
  if (claim === undefined) return [];
  const [has, wants] = [claim.spec.resources.requests.storage, spec.storage.size];
  const event = normal('VolumeGrown', `asked for ${wants} instead of ${has} for ${name}`);
  const refusal = warning('VolumeNotGrown', `the volume of ${name} stays at ${has}`);
  const { name: claimName, uid = '' } = claim.metadata;
  return [{ kind: 'growClaim', name: claimName, uid, size: wants, event, refusal }];
}
