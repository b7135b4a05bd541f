// Owns the rules that hold in every scenario, whatever its fault: fed with samples, ten in a second, it says what was broken.
// Each rule is fed bad samples by oracle.test.ts, to show that it can.
//
//   quorum     voters that the fault spares stay a quorum, whenever they are one
//   learners   at most one at a time
//   changes    one membership change at a time
//   identity   one cluster ID, for ever
//   claims     no volume of a listed member is deleted
//   status     what it says is never wrong for longer than 30 s
//   events     each act has one
//
// Writes and quiet are rules too, but of the end: ledger.ts and quiet.ts.
import { quorumOf } from '../../operator/reconcile/quorum.ts';
import type { AnswerSample, EventSample, ListedSample, Sample } from './sample.ts';

/** An answer stands for so long: members are asked over a busy machine. */
const ANSWER_AGE_MS_MAX = 3_000;
/** Samples that miss a quorum in a row, to tell a fact from a race between two caches. */
const QUORUM_SAMPLES = 3;
/** Two changes seen at once are two in flight if the sample before was not long ago. */
const CHANGE_WINDOW_MS = 1_000;
/** 30 s, and a sample's worth of transport. */
const STATUS_AGE_MS_MAX = 31_000;
/** A rule that is broken all the time says so a few times. */
const REPORTS_MAX = 3;

export type Rule = 'quorum' | 'learners' | 'changes' | 'identity' | 'claims' | 'status' | 'events';

export interface Broken {
  readonly rule: Rule;
  readonly atMs: number;
  readonly what: string;
}

export interface OracleOptions {
  /** Rules that a scenario cannot be held to, each for a reason it names. */
  readonly without?: readonly Rule[];
}

/** An act that was seen, and what its event has to say. */
export interface Act {
  readonly reason: string;
  readonly subject: string;
}

export class Oracle {
  readonly #without: ReadonlySet<Rule>;
  readonly #broken: Broken[];
  readonly #acts: Map<string, Act>;
  /** Since when each contradiction of the status lasts. */
  readonly #wrongSince: Map<string, number>;
  #before: Sample | undefined;
  #quorumMissed: number;
  #clusterId: string | undefined;
  #list: { readonly atMs: number; readonly entries: readonly ListedSample[] } | undefined;

  constructor({ without = [] }: OracleOptions = {}) {
    this.#without = new Set(without);
    this.#broken = [];
    this.#acts = new Map();
    this.#wrongSince = new Map();
    this.#before = undefined;
    this.#quorumMissed = 0;
    this.#clusterId = undefined;
    this.#list = undefined;
  }

  get broken(): readonly Broken[] {
    return this.#broken;
  }

  observe(sample: Sample): void {
    this.#checkQuorum(sample);
    this.#checkList(sample);
    this.#checkIdentity(sample);
    this.#checkClaims(sample);
    this.#checkStatus(sample);
    this.#noteActs(sample);
    this.#before = sample;
  }

  /** To be asked at the end: acts without an event among `events`. */
  checkEvents(events: readonly EventSample[], atMs: number): void {
    for (const { reason, subject } of this.untold(events)) {
      this.#report('events', atMs, `${subject}: no event ${reason}`);
    }
  }

  /** Acts seen so far that no event among `events` tells of. */
  untold(events: readonly EventSample[]): readonly Act[] {
    return [...this.#acts.values()].filter(
      ({ reason, subject }) =>
        !events.some((event) => event.reason === reason && event.message.includes(subject)),
    );
  }

  /** A cluster that was deleted on purpose may be followed by another of its name. */
  forgetCluster(): void {
    this.#clusterId = undefined;
    this.#list = undefined;
    this.#before = undefined;
    this.#wrongSince.clear();
  }

  #report(rule: Rule, atMs: number, what: string): void {
    if (this.#without.has(rule)) return;
    if (this.#broken.filter((other) => other.rule === rule).length >= REPORTS_MAX) return;
    this.#broken.push({ rule, atMs, what });
  }

  #checkQuorum(sample: Sample): void {
    const { list, faulty, atMs } = sample;
    const voters = (list ?? []).filter(({ isLearner }) => !isLearner);
    const spared = voters.filter(({ name }) => !faulty.has(name));
    const healthy = voters.filter(({ name }) => isUp(sample, name));
    const quorum = quorumOf(voters.length);
    // Of one or two voters none can be spared for a restart: that is asked for with the size.
    const mayBeJudged = voters.length > 2 && spared.length >= quorum;
    this.#quorumMissed = mayBeJudged && healthy.length < quorum ? this.#quorumMissed + 1 : 0;
    if (this.#quorumMissed !== QUORUM_SAMPLES) return;
    const down = voters.filter(({ name }) => !isUp(sample, name)).map(({ name }) => name);
    this.#report('quorum', atMs, `${healthy.length} of ${voters.length} voters; down: ${down}`);
  }

  #checkList({ list, atMs }: Sample): void {
    if (list === undefined) return;
    const learners = list.filter(({ isLearner }) => isLearner).map(({ name }) => name);
    if (learners.length > 1) this.#report('learners', atMs, `learners: ${learners}`);
    const before = this.#list;
    this.#list = { atMs, entries: list };
    if (before === undefined) return;
    const changes = changesBetween(before.entries, list);
    for (const change of changes) this.#note(change);
    if (changes.length < 2 || atMs - before.atMs > CHANGE_WINDOW_MS) return;
    const told = changes.map(({ reason, subject }) => `${reason} ${subject}`).join(', ');
    this.#report('changes', atMs, `at once: ${told}`);
  }

  #checkIdentity({ answers, list, faulty, status, atMs }: Sample): void {
    const listed = new Set((list ?? []).map(({ name }) => name));
    for (const [name, { clusterId }] of answers) {
      if (faulty.has(name) || !listed.has(name)) continue;
      this.#clusterId ??= clusterId;
      if (clusterId === this.#clusterId) continue;
      this.#report('identity', atMs, `${name} is of ${clusterId}, not ${this.#clusterId}`);
    }
    const latched = status?.clusterId;
    const was = this.#before?.status?.clusterId;
    // Without a status there is no cluster object any more.
    if (was !== undefined && status !== undefined && latched !== was) {
      this.#report('identity', atMs, `status.clusterID went from ${was} to ${latched}`);
    }
    if (latched !== undefined && this.#clusterId !== undefined && latched !== this.#clusterId) {
      this.#report('identity', atMs, `status.clusterID is ${latched}, not ${this.#clusterId}`);
    }
  }

  #checkClaims({ claims, list, atMs, faulty }: Sample): void {
    const listed = new Set((list ?? []).map(({ name }) => name));
    const kept = new Set(claims.filter((claim) => !claim.isTerminating).map(({ uid }) => uid));
    for (const claim of this.#before?.claims ?? []) {
      if (claim.isTerminating || kept.has(claim.uid)) continue;
      // The scenario's own hand.
      if (faulty.has(claim.member)) continue;
      if (listed.has(claim.member)) {
        this.#report('claims', atMs, `the volume of ${claim.member}, which is listed, was deleted`);
      } else {
        this.#note({ reason: 'VolumeDeleted', subject: claim.member });
      }
    }
  }

  #checkStatus(sample: Sample): void {
    const wrong = sample.isOperated ? contradictions(sample) : [];
    for (const key of [...this.#wrongSince.keys()]) {
      if (!wrong.includes(key)) this.#wrongSince.delete(key);
    }
    for (const key of wrong) {
      const since = this.#wrongSince.get(key) ?? sample.atMs;
      this.#wrongSince.set(key, since);
      if (sample.atMs - since <= STATUS_AGE_MS_MAX * sample.patience) continue;
      this.#report('status', sample.atMs, `for over 30 s: ${key}`);
      this.#wrongSince.delete(key);
    }
  }

  #noteActs({ pods, members, claims }: Sample): void {
    const before = this.#before;
    if (before === undefined) return;
    const known = new Set(before.pods.map(({ uid }) => uid));
    for (const { uid, name } of pods) {
      if (!known.has(uid)) this.#note({ reason: 'PodCreated', subject: name });
    }
    const volumes = new Set(before.claims.map(({ uid }) => uid));
    for (const { uid, member } of claims) {
      if (!volumes.has(uid)) this.#note({ reason: 'VolumeCreated', subject: member });
    }
    for (const name of before.members) {
      if (!members.includes(name)) this.#note({ reason: 'MemberDeleted', subject: name });
    }
  }

  #note(act: Act): void {
    this.#acts.set(`${act.reason} ${act.subject}`, act);
  }
}

/** Its Pod is there to stay, and its process has answered of late. */
export function isUp(sample: Sample, name: string): boolean {
  const pod = sample.pods.find((each) => each.name === name);
  if (pod === undefined || pod.isTerminating) return false;
  const answer = sample.answers.get(name);
  return answer !== undefined && isFresh(sample, answer) && answer.podUid === pod.uid;
}

function isFresh({ atMs, patience }: Sample, answer: AnswerSample): boolean {
  return atMs - answer.atMs <= ANSWER_AGE_MS_MAX * patience;
}

function changesBetween(
  before: readonly ListedSample[],
  after: readonly ListedSample[],
): readonly Act[] {
  const was = new Map(before.map((entry) => [entry.id, entry]));
  const is = new Map(after.map((entry) => [entry.id, entry]));
  const changes: Act[] = [];
  for (const [id, { name, isLearner }] of is) {
    const entry = was.get(id);
    if (entry === undefined) changes.push({ reason: 'MemberAdded', subject: name });
    else if (entry.isLearner && !isLearner) {
      changes.push({ reason: 'MemberPromoted', subject: id });
    }
  }
  for (const id of was.keys()) {
    if (!is.has(id)) changes.push({ reason: 'MemberRemoved', subject: id });
  }
  return changes;
}

/** What the status says and is not so, each in words that stay the same while it lasts. */
function contradictions(sample: Sample): readonly string[] {
  const { status, list } = sample;
  if (status === undefined) return [];
  const found: string[] = [];
  if (status.observedGeneration < status.generation) {
    found.push(`generation ${status.generation} was not observed`);
  }
  const voters = (list ?? []).filter(({ isLearner }) => !isLearner);
  const healthy = voters.filter(({ name }) => {
    const answer = sample.answers.get(name);
    // One that answers for another cluster is no voter of this one.
    const isOurs = answer?.clusterId === (status.clusterId ?? answer?.clusterId);
    return isUp(sample, name) && answer?.leaderId !== undefined && isOurs;
  });
  const hasQuorum = voters.length > 0 && healthy.length >= quorumOf(voters.length);
  const { Available: available, Ready: ready } = status.conditions;
  if (hasQuorum && available !== 'True') found.push(`Available is ${available} with a quorum`);
  if (!hasQuorum && available === 'True') found.push('Available is True without a quorum');
  if (!hasQuorum && ready === 'True') found.push('Ready is True without a quorum');
  if (hasQuorum && status.readyReplicas !== healthy.length) {
    found.push(`readyReplicas is ${status.readyReplicas} with ${healthy.length} healthy voters`);
  }
  const leader = leaderOf(sample);
  if (hasQuorum && leader !== undefined && leader !== status.leader) {
    found.push(`leader is ${status.leader} while ${leader} leads`);
  }
  return found;
}

/** By what most members say. */
export function leaderOf(sample: Sample): string | undefined {
  const votes = new Map<string, number>();
  for (const answer of sample.answers.values()) {
    if (answer.leaderId === undefined || !isFresh(sample, answer)) continue;
    votes.set(answer.leaderId, (votes.get(answer.leaderId) ?? 0) + 1);
  }
  const [best] = [...votes].sort(([, a], [, b]) => b - a);
  return sample.list?.find(({ id }) => id === best?.[0])?.name;
}
