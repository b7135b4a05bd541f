// Owns the names of everything the operator makes: objects, ports, URLs.
import { shortSuffix } from './hash.ts';

export const PORTS = { client: 2379, peer: 2380, metrics: 2381 } as const;

export const CLUSTER_FINALIZER = 'etcd-ts.io/cluster';
export const MEMBER_FINALIZER = 'etcd-ts.io/member';
export const FIELD_MANAGER = 'etcd-ts-operator';

/** The place of a member: its name and namespace, and the cluster it belongs to. */
export interface MemberPlace {
  readonly cluster: string;
  readonly namespace: string;
  readonly member: string;
}

export function headlessServiceName(cluster: string): string {
  return `${cluster}-peers`;
}

export function clientServiceName(cluster: string): string {
  return `${cluster}-client`;
}

export function budgetName(cluster: string): string {
  return `${cluster}-voters`;
}

export function claimName(member: string): string {
  return `data-${member}`;
}

/** The member a claim belongs to by its name, or undefined. */
export function memberOfClaim(claim: string): string | undefined {
  return claim.startsWith('data-') ? claim.slice('data-'.length) : undefined;
}

/** A new member's name; `salt` makes it differ from all earlier ones. */
export function memberName(cluster: string, salt: string): string {
  return `${cluster}-${shortSuffix(salt)}`;
}

/** Without the cluster's domain, which Pods have in their search list and which differs between installations. */
export function memberHost({ cluster, namespace, member }: MemberPlace): string {
  return `${member}.${headlessServiceName(cluster)}.${namespace}.svc`;
}

export function peerUrl(place: MemberPlace): string {
  return `http://${memberHost(place)}:${PORTS.peer}`;
}

export function clientUrl(place: MemberPlace): string {
  return `http://${memberHost(place)}:${PORTS.client}`;
}

/** The member whose peer URL this is, or undefined for a URL that is not of this cluster. */
export function memberOfPeerUrl(
  cluster: string,
  namespace: string,
  url: string,
): string | undefined {
  const match =
    /^https?:\/\/([a-z0-9-]+)\.([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)?:\d+$/.exec(url);
  if (match === null || match[2] !== headlessServiceName(cluster) || match[3] !== namespace) {
    return undefined;
  }
  return match[1];
}

/** The token that keeps members of different clusters apart, also of clusters that had the same name. */
export function clusterToken(namespace: string, cluster: string, uid: string): string {
  return `${namespace}-${cluster}-${uid}`;
}
