// Owns rolling members whose data lies in memory: their Pods cannot be made again without losing it. Instead a new member
// joins, built from the new specification, and an old one leaves, until all are new.
import { hasOldConfig, hasOldImage } from './trouble.ts';
import { type ClusterView, type MemberView, stayingVoters } from './view.ts';

/** Members there should be for the moment: one more than asked for while old ones are being replaced. */
export function membersWanted(view: ClusterView): number {
  const isSurging = stayingVoters(view).some((member) => needsNewMember(view, member));
  return view.spec.replicas + (isSurging ? 1 : 0);
}

/** Built from an older specification, and not to be rolled in place. */
export function needsNewMember(view: ClusterView, member: MemberView): boolean {
  if (view.spec.storage.medium === 'Disk' || view.spec.replicas === 0) return false;
  return hasOldConfig(view, member) || hasOldImage(view, member);
}
