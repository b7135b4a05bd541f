// Owns the growing of volumes when storage.size has been raised. It comes after all else: a storage class may not allow it,
// and nothing waits for it.
import { parseQuantity } from '../api/quantity.ts';
import { type Action, inChain, normal } from './action.ts';
import { isAwake, shallRun } from './pods.ts';
import type { ClusterView, MemberView } from './view.ts';

export function growVolumes(view: ClusterView): readonly Action[] {
  return view.members
    .filter((member) => isAwake(view, member) && shallRun(view, member))
    .flatMap((member) => inChain(`volume of ${member.name}`, growClaim(view, member)));
}

function growClaim({ spec }: ClusterView, { claim, name }: MemberView): readonly Action[] {
  if (claim === undefined || spec.storage.medium === 'Memory') return [];
  const [has, wants] = [claim.spec.resources.requests.storage, spec.storage.size];
  if ((parseQuantity(wants) ?? 0) <= (parseQuantity(has) ?? Number.MAX_SAFE_INTEGER)) return [];
  const event = normal('VolumeGrown', `asked for ${wants} instead of ${has} for ${name}`);
  const { name: claimName, uid = '' } = claim.metadata;
  return [{ kind: 'growClaim', name: claimName, uid, size: wants, event }];
}
