// Owns the old (v2) form of membership: the JSON that raft snapshots carry for members of version 3.5 and 3.6, and the
// two requests by which 3.5 still publishes attributes and the cluster version. Nothing else of v2 exists here.
// etcd: membership/storev2.go, v2store/store.go.
import { utf8Bytes } from '../base/bytes.ts';
import { goJsonString } from './json.ts';
import {
  attributesJson,
  formatId,
  type Member,
  type MemberAttributes,
  maybeParseId,
  parseAttributes,
  raftAttributesJson,
} from './member.ts';

/** What the v2 tree shows: the membership exactly as of the snapshot's index. */
export interface V2View {
  readonly members: readonly Member[];
  readonly removedIds: readonly bigint[];
  /** major.minor.patch; undefined before the first decision. */
  readonly clusterVersion: string | undefined;
}

type Tree = { readonly [name: string]: Tree | string };

/** The store as JSON. WatcherHub and Stats are left out: readers start from a fresh store and keep theirs. */
export function v2StoreJson(view: V2View, index: number): Uint8Array {
  const members = view.members.map((member): [string, Tree] => {
    const raftAttributes = raftAttributesJson(member);
    // A name alone is not published yet: the bootstrap entries carry it, the v2 store does not.
    if (member.clientUrls.length === 0) return [formatId(member.id), { raftAttributes }];
    return [formatId(member.id), { attributes: attributesJson(member), raftAttributes }];
  });
  const zero: Record<string, Tree | string> = { members: Object.fromEntries(members) };
  if (view.removedIds.length > 0) {
    const removed = view.removedIds.map((id) => [formatId(id), '']);
    zero['removed_members'] = Object.fromEntries(removed);
  }
  if (view.clusterVersion !== undefined) zero['version'] = view.clusterVersion;
  const root = nodeJson('/', { 0: zero, 1: {} });
  return utf8Bytes(`{"Root":${root},"CurrentIndex":${index},"CurrentVersion":2}`);
}

/** A node and everything below it; children in the order of their names, as Go prints maps. */
function nodeJson(path: string, node: Tree | string): string {
  const isFile = typeof node === 'string';
  const children = isFile ? 'null' : childrenJson(path, node);
  return (
    `{"Path":${goJsonString(path)},"CreatedIndex":0,"ModifiedIndex":0,` +
    `"ExpireTime":"0001-01-01T00:00:00Z","Value":${goJsonString(isFile ? node : '')},` +
    `"Children":${children}}`
  );
}

function childrenJson(path: string, node: Tree): string {
  const parent = path === '/' ? '' : path;
  const children = Object.keys(node).sort();
  const parts = children.map((name) => {
    return `${goJsonString(name)}:${nodeJson(`${parent}/${name}`, node[name] ?? '')}`;
  });
  return `{${parts.join(',')}}`;
}

/** What a v2 request of a 3.5 member asks for. */
export type V2Put =
  | { readonly kind: 'attributes'; readonly id: bigint; readonly attributes: MemberAttributes }
  | { readonly kind: 'clusterVersion'; readonly version: string };

const ATTRIBUTES_PATH = /^\/0\/members\/([0-9a-f]+)\/attributes$/;

/** Reads a PUT of the v2 store; undefined for a path that carries no membership. Throws JsonFormatError. */
export function parseV2Put(path: string, value: string): V2Put | undefined {
  if (path === '/0/version') return { kind: 'clusterVersion', version: value };
  const id = maybeParseId(ATTRIBUTES_PATH.exec(path)?.[1] ?? '');
  if (id === undefined) return undefined;
  return { kind: 'attributes', id, attributes: parseAttributes(value) };
}
