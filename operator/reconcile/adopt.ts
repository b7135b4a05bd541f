// Owns finding the members whose objects are gone: somebody deleted an EtcdMember by force, or the definition of them. Their
// volumes are still there, and so may be their Pods. They are recorded again, as they were; nothing is started over.
import { LABEL_CLUSTER_UID, LABEL_RELEASED } from '../api/labels.ts';
import { memberOfClaim } from '../api/names.ts';
import { buildMember } from '../specs/member.ts';
import { type Action, warning } from './action.ts';
import type { ClusterView } from './view.ts';

export function adoptMembers(view: ClusterView): readonly Action[] {
  const names = new Set(
    view.orphans.filter((entry) => !entry.isLearner).map(({ member }) => member),
  );
  // Without objects there may be no list either, since no Pod is looked after: the volumes tell who there was.
  if (view.list === undefined) for (const name of membersOfClaims(view)) names.add(name);
  for (const { name } of view.members) names.delete(name);
  return [...names].sort().map((name) => ({
    kind: 'createMember',
    member: buildMember(view.context, name, { seed: false, adopted: true }),
    event: warning('MemberAdopted', `${name} had no EtcdMember; it is recorded again`),
  }));
}

/** Members by the volumes of this very cluster; volumes of an earlier one with its name have another UID. */
export function membersOfClaims({ observed, context, list }: ClusterView): readonly string[] {
  const listed = list === undefined ? undefined : list.flatMap((entry) => entry.peerUrls).join(' ');
  const names: string[] = [];
  for (const { metadata } of observed.claims) {
    if (metadata.labels?.[LABEL_CLUSTER_UID] !== context.uid) continue;
    if (metadata.deletionTimestamp !== undefined) continue;
    if (metadata.labels[LABEL_RELEASED] !== undefined) continue;
    const name = memberOfClaim(metadata.name);
    // Where the list is known, a volume whose member is not in it is a kept one of a removed member.
    if (name !== undefined && listed?.includes(`//${name}.`) !== false) names.push(name);
  }
  return names;
}
