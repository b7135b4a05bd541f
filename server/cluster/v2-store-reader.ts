// Owns reading membership out of the v2 store that raft snapshots carry. Members of 3.5 keep the truth there: the bucket
// of members in their database knows who was added and removed, and nothing of what changed since, be it a promotion, a
// name or an address. etcd: membership/store.go unsafeSaveMemberToBackend of 3.5, membership/storev2.go.
import { utf8Text } from '../base/bytes.ts';
import { JsonFormatError, parseJson, readObject, readString } from './json.ts';
import { type Member, maybeParseId, newMember, parseAttributes, parseMember } from './member.ts';
import type { V2View } from './v2-store.ts';

/** Undefined for a snapshot without the store, as those of 3.8 are. Throws JsonFormatError. */
export function parseV2Store(data: Uint8Array): V2View | undefined {
  if (data.length === 0) return undefined;
  const root = readObject(readObject(parseJson(utf8Text(data)))['Root']);
  const zero = childOf(root, '0');
  if (zero === undefined) throw new JsonFormatError('v2 store without membership');
  const members = childrenOf(childOf(zero, 'members')).map(([id, node]) => readMember(id, node));
  const removedIds = childrenOf(childOf(zero, 'removed_members')).map(([id]) => readHexId(id));
  const version = textOf(childOf(zero, 'version'));
  return { members, removedIds, clusterVersion: version === '' ? undefined : version };
}

type V2Node = Readonly<Record<string, unknown>>;

function childOf(node: V2Node, name: string): V2Node | undefined {
  return childrenOf(node).find(([known]) => known === name)?.[1];
}

function childrenOf(node: V2Node | undefined): [name: string, child: V2Node][] {
  const children = node?.['Children'];
  if (children === undefined || children === null) return [];
  return Object.entries(readObject(children)).map(([name, child]) => [name, readObject(child)]);
}

function textOf(node: V2Node | undefined): string {
  return readString(node?.['Value'], 'Value');
}

function readMember(name: string, node: V2Node): Member {
  const id = readHexId(name);
  const raftAttributes = childOf(node, 'raftAttributes');
  if (raftAttributes === undefined) throw new JsonFormatError(`v2 member ${name} has no addresses`);
  const { peerUrls, isLearner } = parseMember(textOf(raftAttributes));
  const published = childOf(node, 'attributes');
  const member = newMember(id, peerUrls, isLearner);
  return published === undefined ? member : { ...member, ...parseAttributes(textOf(published)) };
}

function readHexId(text: string): bigint {
  const id = maybeParseId(text);
  if (id === undefined) throw new JsonFormatError(`not a member id: ${text}`);
  return id;
}
