// Owns what a member is and its JSON form, which is API three times over: in the backend's buckets, in the context of
// conf changes in the log, and on the peers' /members. Key order and omissions are Go's.
import { utf8Bytes, utf8Text } from '../base/bytes.ts';
import {
  goJsonString,
  goJsonStrings,
  parseJson,
  readBoolean,
  readId,
  readObject,
  readString,
  readStrings,
} from './json.ts';

/** What a member says about itself once it runs. */
export interface MemberAttributes {
  /** Empty until the member has started. */
  readonly name: string;
  /** Empty until the member has started. */
  readonly clientUrls: readonly string[];
}

export interface Member extends MemberAttributes {
  readonly id: bigint;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
}

/** The context of a conf change that adds, promotes or updates a member. */
export interface ConfChangeContext {
  readonly member: Member;
  /** True when a learner becomes a voter: adding a voter has the same conf change type. */
  readonly isPromote: boolean;
}

/** A member that has not started yet. */
export function newMember(id: bigint, peerUrls: readonly string[], isLearner: boolean): Member {
  return { id, peerUrls, isLearner, name: '', clientUrls: [] };
}

/** A member has started once it has published its name. */
export function isStarted(member: Member): boolean {
  return member.name !== '';
}

/** An id as etcd prints it: lower-case hex without leading zeros. */
export function formatId(id: bigint): string {
  return id.toString(16);
}

/** The id of a text `formatId` could have made, or undefined. */
export function maybeParseId(text: string): bigint | undefined {
  return /^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined;
}

/** Ascending by id, which is the order of every list that leaves this server. */
export function compareMembers(a: Member, b: Member): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** {"id":1,"peerURLs":["..."],"isLearner":true,"name":"...","clientURLs":["..."]} */
export function memberJson(member: Member): string {
  return `{${memberFields(member)}}`;
}

function memberFields(member: Member): string {
  let text = `"id":${member.id},${raftAttributesFields(member)}`;
  const attributes = attributesFields(member);
  if (attributes !== '') text += `,${attributes}`;
  return text;
}

function raftAttributesFields(member: Member): string {
  const urls = member.peerUrls.length === 0 ? 'null' : goJsonStrings(member.peerUrls);
  return `"peerURLs":${urls}${member.isLearner ? ',"isLearner":true' : ''}`;
}

function attributesFields(attributes: MemberAttributes): string {
  const parts: string[] = [];
  if (attributes.name !== '') parts.push(`"name":${goJsonString(attributes.name)}`);
  if (attributes.clientUrls.length > 0) {
    parts.push(`"clientURLs":${goJsonStrings(attributes.clientUrls)}`);
  }
  return parts.join(',');
}

/** {"peerURLs":["..."],"isLearner":true} */
export function raftAttributesJson(member: Member): string {
  return `{${raftAttributesFields(member)}}`;
}

/** {"name":"...","clientURLs":["..."]} */
export function attributesJson(attributes: MemberAttributes): string {
  return `{${attributesFields(attributes)}}`;
}

/** Throws JsonFormatError. */
export function parseMember(text: string): Member {
  return readMember(parseJson(text));
}

/** The list a peer's /members answers. Throws JsonFormatError. */
export function parseMembers(text: string): Member[] {
  const list = parseJson(text);
  return (Array.isArray(list) ? list : [list]).map(readMember);
}

function readMember(value: unknown): Member {
  const fields = readObject(value);
  return {
    id: readId(fields['id'], 'id'),
    peerUrls: readStrings(fields['peerURLs'], 'peerURLs'),
    isLearner: readBoolean(fields['isLearner'], 'isLearner'),
    ...readAttributes(fields),
  };
}

function readAttributes(fields: Readonly<Record<string, unknown>>): MemberAttributes {
  return {
    name: readString(fields['name'], 'name'),
    clientUrls: readStrings(fields['clientURLs'], 'clientURLs'),
  };
}

/** Throws JsonFormatError. */
export function parseAttributes(text: string): MemberAttributes {
  return readAttributes(readObject(parseJson(text)));
}

/** Context of a conf change that adds `member`, or that takes over its peer URLs. */
export function memberContext(member: Member): Uint8Array {
  return utf8Bytes(memberJson(member));
}

/** Context of a conf change that makes a learner a voter. */
export function promoteContext(id: bigint): Uint8Array {
  return utf8Bytes(`{"id":${id},"peerURLs":null,"isPromote":true}`);
}

/** Throws JsonFormatError. */
export function parseConfChangeContext(context: Uint8Array): ConfChangeContext {
  const value = parseJson(utf8Text(context));
  const isPromote = readBoolean(readObject(value)['isPromote'], 'isPromote');
  return { member: readMember(value), isPromote };
}
