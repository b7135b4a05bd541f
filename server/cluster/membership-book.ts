// Owns who the members of this cluster are, who never may be one again, and what the cluster as a whole has decided: its
// version and a downgrade. All of it is replicated: it changes only while the log is applied, and is kept in the
// buckets members, members_removed, cluster and meta. The peer transport reads it; it knows no transport.
// etcd: server/etcdserver/api/membership/cluster.go.
import type { Backend } from '../base/backend.ts';
import { utf8Bytes, utf8Text } from '../base/bytes.ts';
import type { Logger } from '../base/logger.ts';
import { compareMinorVersions } from '../base/version.ts';
import { ConfChangeType } from '../proto/gen/raft.ts';
import type { ConfChange, ConfState } from '../raft/types.ts';
import { confStateJson, parseConfState } from './conf-state.ts';
import {
  goJsonString,
  JsonFormatError,
  parseJson,
  readBoolean,
  readObject,
  readString,
} from './json.ts';
import { MAX_LEARNERS_DEFAULT } from './limits.ts';
import {
  type ConfChangeContext,
  compareMembers,
  formatId,
  type Member,
  type MemberAttributes,
  maybeParseId,
  memberJson,
  parseConfChangeContext,
  parseMember,
} from './member.ts';
import type { MembershipMetrics } from './membership-metrics.ts';
import type { MembershipProblem } from './membership-problem.ts';
import type { V2View } from './v2-store.ts';

/** What applying a conf change did. */
export type ConfChangeOutcome =
  | { readonly kind: 'added'; readonly member: Member }
  | { readonly kind: 'promoted'; readonly member: Member }
  | { readonly kind: 'updated'; readonly member: Member }
  | { readonly kind: 'removed'; readonly id: bigint }
  /** Raft is to be told of a change of node 0, which changes nothing but ends the pending change. */
  | { readonly kind: 'refused'; readonly problem: MembershipProblem };

/** A downgrade that is under way. */
export interface Downgrade {
  readonly enabled: boolean;
  /** major.minor.patch; empty when not enabled. */
  readonly targetVersion: string;
}

export interface MembershipBookOptions {
  readonly clusterId: bigint;
  readonly localId: bigint;
  readonly logger: Logger;
  readonly maxLearners?: number;
  readonly metrics?: MembershipMetrics;
}

const NOT_DOWNGRADING: Downgrade = { enabled: false, targetVersion: '' };
const CLUSTER_VERSION_KEY = utf8Bytes('clusterVersion');
const STORAGE_VERSION_KEY = utf8Bytes('storageVersion');
const FIRST_WITH_STORAGE_VERSION = '3.6.0';
const DOWNGRADE_KEY = utf8Bytes('downgrade');
const CONF_STATE_KEY = utf8Bytes('confState');
const REMOVED_VALUE = utf8Bytes('removed');
const VERSION = /^\d+\.\d+\.\d+$/;

export class MembershipBook {
  readonly clusterId: bigint;
  readonly localId: bigint;
  readonly #backend: Backend;
  readonly #logger: Logger;
  readonly #maxLearners: number;
  readonly #metrics: MembershipMetrics | undefined;
  readonly #members: Map<bigint, Member> = new Map();
  readonly #removed: Set<bigint> = new Set();
  #clusterVersion: string | undefined = undefined;
  #downgrade: Downgrade = NOT_DOWNGRADING;

  /** Reads the book from the backend. Throws JsonFormatError when a record is damaged. */
  constructor(backend: Backend, options: MembershipBookOptions) {
    this.clusterId = options.clusterId;
    this.localId = options.localId;
    this.#backend = backend;
    this.#logger = options.logger;
    this.#maxLearners = options.maxLearners ?? MAX_LEARNERS_DEFAULT;
    this.#metrics = options.metrics;
    this.restore();
  }

  // ---- reading

  /** Ascending by id. */
  members(): readonly Member[] {
    return [...this.#members.values()].sort(compareMembers);
  }

  member(id: bigint): Member | undefined {
    return this.#members.get(id);
  }

  /** Ascending by id. */
  voters(): readonly Member[] {
    return this.members().filter((member) => !member.isLearner);
  }

  isRemoved(id: bigint): boolean {
    return this.#removed.has(id);
  }

  /** Ascending. */
  removedIds(): readonly bigint[] {
    return [...this.#removed].sort((a, b) => (a < b ? -1 : 1));
  }

  isLocalLearner(): boolean {
    return this.#members.get(this.localId)?.isLearner ?? false;
  }

  /** Of all members, sorted. */
  peerUrls(): readonly string[] {
    return this.members()
      .flatMap((member) => member.peerUrls)
      .sort();
  }

  /** Of all members, sorted. */
  clientUrls(): readonly string[] {
    return this.members()
      .flatMap((member) => member.clientUrls)
      .sort();
  }

  /** major.minor.patch; undefined before the first decision. */
  get clusterVersion(): string | undefined {
    return this.#clusterVersion;
  }

  get downgrade(): Downgrade {
    return this.#downgrade;
  }

  /** What raft snapshots carry for members of 3.5 and 3.6. */
  v2View(): V2View {
    return {
      members: this.members(),
      removedIds: this.removedIds(),
      clusterVersion: this.#clusterVersion,
    };
  }

  /** Raft's configuration as the members say it is. etcd: 3.7 rebuilds it from here at start. */
  confStateOfMembers(): ConfState {
    const members = this.members();
    return {
      voters: members.filter((member) => !member.isLearner).map((member) => member.id),
      learners: members.filter((member) => member.isLearner).map((member) => member.id),
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
  }

  // ---- conf changes

  /** Why a conf change cannot be applied, or undefined. Throws JsonFormatError when its context is damaged. */
  validate(change: ConfChange): MembershipProblem | undefined {
    return this.#validate(change, contextOf(change));
  }

  /** Applies a conf change of the log, unless it is to be refused. Throws JsonFormatError. */
  applyConfChange(change: ConfChange): ConfChangeOutcome {
    const context = contextOf(change);
    const problem = this.#validate(change, context);
    if (problem !== undefined) return { kind: 'refused', problem };
    if (context === undefined) {
      this.#remove(change.nodeId);
      return { kind: 'removed', id: change.nodeId };
    }
    const known = this.#members.get(change.nodeId);
    if (known === undefined) {
      this.#add(context.member);
      return { kind: 'added', member: context.member };
    }
    if (change.type === ConfChangeType.updateNode) {
      const member: Member = { ...known, peerUrls: context.member.peerUrls };
      this.#save(member);
      this.#log('updated member', 'updated-remote-peer', member);
      return { kind: 'updated', member };
    }
    const member: Member = { ...known, isLearner: false };
    this.#save(member);
    this.#logger.info('promote member', {
      ...this.#logIds(),
      'promoted-member-id': formatId(member.id),
    });
    return { kind: 'promoted', member };
  }

  #validate(
    change: ConfChange,
    context: ConfChangeContext | undefined,
  ): MembershipProblem | undefined {
    if (this.#removed.has(change.nodeId)) return 'idRemoved';
    const known = this.#members.get(change.nodeId);
    if (change.type === ConfChangeType.removeNode || context === undefined) {
      return known === undefined ? 'idNotFound' : undefined;
    }
    if (change.type === ConfChangeType.updateNode) {
      if (known === undefined) return 'idNotFound';
      return this.#usesPeerUrl(context.member.peerUrls, known.id) ? 'peerUrlExists' : undefined;
    }
    if (context.isPromote) {
      if (known === undefined) return 'idNotFound';
      return known.isLearner ? undefined : 'memberNotLearner';
    }
    if (known !== undefined) return 'idExists';
    if (this.#usesPeerUrl(context.member.peerUrls, 0n)) return 'peerUrlExists';
    if (change.type !== ConfChangeType.addLearnerNode || !context.member.isLearner)
      return undefined;
    const learners = this.members().filter((member) => member.isLearner).length;
    return learners + 1 > this.#maxLearners ? 'tooManyLearners' : undefined;
  }

  #usesPeerUrl(urls: readonly string[], except: bigint): boolean {
    for (const member of this.#members.values()) {
      if (member.id === except) continue;
      if (member.peerUrls.some((url) => urls.includes(url))) return true;
    }
    return false;
  }

  #add(member: Member): void {
    this.#save(member);
    this.#metrics?.setKnown(member.id, true);
    this.#log('added member', 'added-peer', member);
  }

  #remove(id: bigint): void {
    const member = this.#members.get(id);
    this.#backend.delete('members', idKey(id));
    this.#backend.put('members_removed', idKey(id), REMOVED_VALUE);
    this.#members.delete(id);
    this.#removed.add(id);
    this.#metrics?.setKnown(id, false);
    if (member !== undefined) this.#log('removed member', 'removed-remote-peer', member);
  }

  #save(member: Member): void {
    this.#members.set(member.id, member);
    this.#backend.put('members', idKey(member.id), utf8Bytes(memberJson(member)));
    if (member.id === this.localId) this.#metrics?.setIsLearner(member.isLearner);
  }

  // ---- other replicated facts

  /**
   * Takes over what a member published about itself. False when there is no such member: removed ones are ignored,
   * ones that never were cannot publish. etcd: UpdateAttributes panics on the latter.
   */
  setAttributes(id: bigint, attributes: MemberAttributes): boolean {
    const known = this.#members.get(id);
    if (known === undefined) {
      this.#logger.warn('skipped attributes update of removed member', {
        ...this.#logIds(),
        'updated-peer-id': formatId(id),
      });
      return false;
    }
    this.#save({ ...known, name: attributes.name, clientUrls: [...attributes.clientUrls] });
    return true;
  }

  /** Sets the version all members have agreed on, major.minor.patch. Throws JsonFormatError on another form. */
  setClusterVersion(version: string): void {
    if (!VERSION.test(version)) throw new JsonFormatError(`not a cluster version: ${version}`);
    const minor = majorMinor(version);
    if (this.#clusterVersion === undefined) {
      this.#logger.info('set initial cluster version', {
        ...this.#logIds(),
        'cluster-version': minor,
      });
    } else {
      this.#logger.info('updated cluster version', {
        ...this.#logIds(),
        from: majorMinor(this.#clusterVersion),
        to: minor,
      });
    }
    this.#clusterVersion = version;
    this.#backend.put('cluster', CLUSTER_VERSION_KEY, utf8Bytes(version));
    this.#markStorage(version);
    this.#metrics?.setClusterVersion(minor);
  }

  /** etcdutl reads here which release's tools a snapshot is for; releases before 3.6 know no such mark. */
  #markStorage(version: string): void {
    if (compareMinorVersions(version, FIRST_WITH_STORAGE_VERSION) < 0)
      this.#backend.delete('meta', STORAGE_VERSION_KEY);
    else this.#backend.put('meta', STORAGE_VERSION_KEY, utf8Bytes(version));
  }

  setDowngrade(downgrade: Downgrade): void {
    this.#downgrade = downgrade;
    const target = goJsonString(downgrade.targetVersion);
    const json = `{"target-version":${target},"enabled":${downgrade.enabled}}`;
    this.#backend.put('cluster', DOWNGRADE_KEY, utf8Bytes(json));
  }

  /** Keeps raft's configuration beside the members, in the same batch as the conf change. */
  saveConfState(state: ConfState): void {
    this.#backend.put('meta', CONF_STATE_KEY, utf8Bytes(confStateJson(state)));
  }

  /** What saveConfState kept. Throws JsonFormatError. */
  savedConfState(): ConfState | undefined {
    const value = this.#backend.get('meta', CONF_STATE_KEY);
    return value === undefined ? undefined : parseConfState(utf8Text(value));
  }

  /** Starts over from what the backend holds. Throws JsonFormatError. */
  restore(): void {
    for (const id of this.#members.keys()) this.#metrics?.setKnown(id, false);
    this.#members.clear();
    this.#removed.clear();
    for (const [key, value] of this.#backend.entries('members')) {
      const id = parseIdKey(key);
      this.#members.set(id, { ...parseMember(utf8Text(value)), id });
      this.#metrics?.setKnown(id, true);
    }
    for (const [key] of this.#backend.entries('members_removed')) {
      const id = parseIdKey(key);
      this.#removed.add(id);
      this.#metrics?.setKnown(id, false);
    }
    this.#metrics?.setIsLearner(this.isLocalLearner());
    const version = this.#backend.get('cluster', CLUSTER_VERSION_KEY);
    this.#clusterVersion = version === undefined ? undefined : utf8Text(version);
    if (this.#clusterVersion !== undefined) {
      this.#metrics?.setClusterVersion(majorMinor(this.#clusterVersion));
    }
    this.#downgrade = readDowngrade(this.#backend.get('cluster', DOWNGRADE_KEY));
  }

  /**
   * Takes over the membership that a snapshot carries beside its database, which is the truer one when a member of 3.5
   * has sent it (see v2-store-reader.ts). Equal books stay as they are. The caller commits the backend.
   */
  adopt(view: V2View): void {
    const ids = new Set(view.members.map((member) => member.id));
    for (const id of view.removedIds) if (!this.#removed.has(id)) this.#remove(id);
    for (const id of [...this.#members.keys()]) if (!ids.has(id)) this.#remove(id);
    for (const member of view.members) this.#adoptMember(member);
    const { clusterVersion } = view;
    if (clusterVersion !== undefined && clusterVersion !== this.#clusterVersion) {
      this.setClusterVersion(clusterVersion);
    }
  }

  /** As adopt, for a view older than the book: members that it does not know, or that are gone, stay as they are. */
  amend(view: V2View): void {
    for (const member of view.members) {
      if (this.#members.has(member.id)) this.#adoptMember(member);
    }
  }

  #adoptMember(member: Member): void {
    const known = this.#members.get(member.id);
    if (known === undefined) {
      this.#add(member);
      return;
    }
    // What is not published yet in v2 may be known from the first entries of the cluster.
    const isPublished = member.name !== '' || member.clientUrls.length > 0;
    const { name, clientUrls } = isPublished ? member : known;
    const merged: Member = { ...member, name, clientUrls };
    if (memberJson(merged) === memberJson(known)) return;
    this.#save(merged);
    this.#log('updated member', 'updated-remote-peer', merged);
  }

  /** Fields of log lines; `subject` starts the names of those about the member. */
  #log(message: string, subject: string, member: Member): void {
    this.#logger.info(message, {
      ...this.#logIds(),
      [`${subject}-id`]: formatId(member.id),
      [subject === 'added-peer' ? 'added-peer-peer-urls' : `${subject}-urls`]: member.peerUrls,
      [`${subject}-is-learner`]: member.isLearner,
    });
  }

  #logIds(): Readonly<Record<string, string>> {
    return {
      'cluster-id': formatId(this.clusterId),
      'local-member-id': formatId(this.localId),
    };
  }
}

/** The context of a change that has one; it must be about the node the change names. */
function contextOf(change: ConfChange): ConfChangeContext | undefined {
  switch (change.type) {
    case ConfChangeType.removeNode:
      return undefined;
    case ConfChangeType.addNode:
    case ConfChangeType.addLearnerNode:
    case ConfChangeType.updateNode: {
      const context = parseConfChangeContext(change.context);
      if (context.member.id === change.nodeId) return context;
      const ids = `${formatId(change.nodeId)} with a context about ${formatId(context.member.id)}`;
      throw new JsonFormatError(`conf change of member ${ids}`);
    }
    default:
      throw new JsonFormatError(`conf change of unknown type ${change.type}`);
  }
}

function idKey(id: bigint): Uint8Array {
  return utf8Bytes(formatId(id));
}

function parseIdKey(key: Uint8Array): bigint {
  const id = maybeParseId(utf8Text(key));
  if (id === undefined) throw new JsonFormatError(`not a member id: ${utf8Text(key)}`);
  return id;
}

function readDowngrade(value: Uint8Array | undefined): Downgrade {
  if (value === undefined) return NOT_DOWNGRADING;
  const fields = readObject(parseJson(utf8Text(value)));
  return {
    enabled: readBoolean(fields['enabled'], 'enabled'),
    targetVersion: readString(fields['target-version'], 'target-version'),
  };
}

function majorMinor(version: string): string {
  return version.split('.', 2).join('.');
}
