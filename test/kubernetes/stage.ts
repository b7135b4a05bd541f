// Owns what a scenario is played on: a namespace of a world with one cluster, its operators, the observer with its oracle, and a
// writer; and the verbs scenarios are written in.
import { setTimeout as pause } from 'node:timers/promises';
import type { EtcdClient } from '../../client/client.ts';
import type { EtcdCluster } from '../../operator/api/etcd-cluster.ts';
import type { Condition } from '../../operator/api/meta.ts';
import type { ConditionReason } from '../../operator/api/reasons.ts';
import { type Json, recordAt, textAt } from '../../operator/kube/decode.ts';
import { EVENT_COMPONENT } from '../../operator/kube/event-recorder.ts';
import { Observer } from './observer.ts';
import { figureOf } from './operator-process.ts';
import { isUp, Oracle, type OracleOptions } from './oracle.ts';
import { type Versions, writesBetween } from './quiet.ts';
import type { EventSample, ListedSample, PodSample } from './sample.ts';
import { SupervisedOperator } from './supervised-operator.ts';
import { until } from './until.ts';
import type { OperatorHandle, OperatorStart, World } from './world.ts';
import { WRITTEN_PREFIX, Writer } from './writer.ts';

export const CLUSTER = 'main';
/**
 * Kubernetes looks every 20 s for Pods of nodes that are gone, believes it after 40 s more, and looks again; only then are
 * claims let go.
 */
export const ORPHAN_GONE_MS = 100_000;
/** The least there may be: what takes longer than the wait for a sick member is the operator's doing. */
export const UNHEALTHY_AFTER_MS = 60_000;
/** After the last act, events are on their way still. */
const CALM_MS = 3_000;
/** Longer than the operator's steady look. */
const QUIET_MS = 12_000;
const QUIET_ATTEMPTS = 5;

export class Stage {
  readonly world: World;
  readonly namespace: string;
  readonly oracle: Oracle;
  readonly observer: Observer;
  readonly writer: Writer;
  readonly #faulty: Set<string>;
  readonly #operators: OperatorHandle[];
  /** Those that hold the Lease, or need none. */
  readonly #acting: Set<OperatorHandle>;
  /** Operators that are blind or hang: nothing can be expected of the status. */
  #isExcused: boolean;

  constructor(world: World, namespace: string, options: OracleOptions = {}) {
    this.world = world;
    this.namespace = namespace;
    this.oracle = new Oracle(options);
    this.#faulty = new Set();
    this.#operators = [];
    this.#acting = new Set();
    this.#isExcused = false;
    this.observer = new Observer({
      world,
      namespace,
      cluster: CLUSTER,
      oracle: this.oracle,
      faulty: this.#faulty,
      isOperated: () => !this.#isExcused && [...this.#acting].some(({ isRunning }) => isRunning),
    });
    this.writer = new Writer(
      () => this.#clients(),
      () => this.observer.now.status?.clusterId,
    );
  }

  async open(): Promise<void> {
    await this.world.addNamespace(this.namespace);
    await this.observer.start();
  }

  async close(): Promise<void> {
    await this.writer.stop();
    const isAlone = this.world.abilities.has('own-operators');
    if (isAlone) await Promise.all(this.#operators.map((operator) => operator.kill()));
    await this.observer.stop();
    await this.#kube.delete(this.#clusterPath).catch(() => {});
    // Nobody is left to do it, and the scenarios that follow want the processors.
    if (isAlone) await this.#kube.delete(`${this.core}/pods?gracePeriodSeconds=0`).catch(() => {});
    await this.world.removeNamespace(this.namespace);
  }

  get #kube(): World['kube'] {
    return this.world.kube;
  }

  get core(): string {
    return `/api/v1/namespaces/${this.namespace}`;
  }

  get #clustersPath(): string {
    return `/apis/etcd-ts.io/v1alpha1/namespaces/${this.namespace}/etcdclusters`;
  }

  get #clusterPath(): string {
    return `${this.#clustersPath}/${CLUSTER}`;
  }

  // The operators.

  /**
   * Without a Lease, where it is alone: a busy machine takes Leases away. Started again when it ends by itself, unless it has
   * one or is to die.
   */
  async startOperator(given: Partial<OperatorStart> = {}): Promise<OperatorHandle> {
    const { name = `operator-${this.#operators.length + 1}`, leaderElect = false } = given;
    const start = (): Promise<OperatorHandle> =>
      this.world.startOperator({ ...given, leaderElect, name, namespace: this.namespace });
    const first = await start();
    const isSupervised = !leaderElect && given.crashAfter === undefined;
    const operator = isSupervised ? new SupervisedOperator(first, start) : first;
    this.#operators.push(operator);
    void this.#noteActing(operator);
    return operator;
  }

  async #noteActing(operator: OperatorHandle): Promise<void> {
    while (operator.isRunning) {
      const metrics = await operator.metrics().catch(() => '');
      if (figureOf(metrics, 'leader_election_master_status', []) === 1) {
        this.#acting.add(operator);
        return;
      }
      await pause(500);
    }
  }

  /** From now on nothing is expected of the status, or again. */
  excuse(isExcused: boolean): void {
    this.#isExcused = isExcused;
  }

  // The cluster.

  /** The whole specification but for what a scenario does not care about. */
  async create(spec: Json): Promise<void> {
    await this.#kube.create(this.#clustersPath, {
      apiVersion: 'etcd-ts.io/v1alpha1',
      kind: 'EtcdCluster',
      metadata: { name: CLUSTER },
      spec: {
        image: this.world.images.usual,
        storage: { size: '1Gi' },
        replacement: { unhealthyAfter: '1m' },
        ...spec,
      },
    });
  }

  async patch(spec: Json): Promise<void> {
    await this.#kube.patch(this.#clusterPath, { spec });
  }

  async scale(replicas: number): Promise<void> {
    await this.#kube.patch(`${this.#clusterPath}/scale`, { spec: { replicas } });
  }

  async delete(): Promise<void> {
    await this.#kube.delete(this.#clusterPath);
  }

  /** An operator, a cluster of `replicas`, and somebody who writes to it. */
  async settle(
    replicas: number,
    spec: Json = {},
    start: Partial<OperatorStart> = {},
  ): Promise<OperatorHandle> {
    const operator = await this.startOperator(start);
    await this.create({ replicas, ...spec });
    await this.ready(replicas, 150_000);
    this.writer.start();
    // A fault that comes at once could be over before a busy machine has written anything.
    await this.within(30_000, 'a write is acknowledged', () => this.writer.ledger.count > 0);
    return operator;
  }

  cluster(): EtcdCluster {
    const cluster = this.observer.cluster();
    if (cluster === undefined) throw new Error('there is no cluster');
    return cluster;
  }

  condition(type: string): Condition | undefined {
    return this.cluster().status?.conditions?.find((condition) => condition.type === type);
  }

  /**
   * Resolves with the seconds it took: `replicas` healthy voters and nothing left to do, by the operator's words and by what
   * the observer sees itself.
   */
  async ready(replicas: number, limitMs = 90_000): Promise<number> {
    return await this.within(limitMs, `Ready with ${replicas}`, () => this.isReady(replicas));
  }

  /** The same, as it is now: throws with what is missing. */
  isReady(replicas: number): true {
    const { metadata, status = {} } = this.cluster();
    const ready = this.condition('Ready');
    const isSo =
      ready?.status === 'True' &&
      status.observedGeneration === metadata.generation &&
      status.readyReplicas === replicas &&
      status.replicas === replicas;
    if (!isSo) throw new Error(this.#inWords());
    const down = this.voters().filter((name) => !this.isUp(name));
    if (down.length > 0 || this.list().length !== replicas) {
      throw new Error(`Ready is said; listed: ${this.list().length}, down: ${down}`);
    }
    return true;
  }

  async says(
    type: string,
    wanted: { readonly status?: string; readonly reason?: ConditionReason },
    limitMs = 30_000,
  ): Promise<number> {
    return await this.within(limitMs, `${type} ${Object.values(wanted).join(' ')}`, () => {
      const { status, reason } = this.condition(type) ?? {};
      const isSo =
        (wanted.status === undefined || wanted.status === status) &&
        (wanted.reason === undefined || wanted.reason === reason);
      if (!isSo) throw new Error(this.#inWords());
      return true;
    });
  }

  /** The seconds until `look` returns true; throws with its last words after `limitMs`. */
  async within(limitMs: number, what: string, look: () => boolean): Promise<number> {
    const sinceMs = performance.now();
    await until(what, () => look() || undefined, limitMs);
    return (performance.now() - sinceMs) / 1000;
  }

  /** Throws when `look` stops being true within that time. */
  async stays(durationMs: number, what: string, look: () => boolean): Promise<void> {
    const endMs = performance.now() + durationMs;
    while (performance.now() < endMs) {
      if (!look()) throw new Error(`no longer so: ${what}; ${this.#inWords()}`);
      await pause(100);
    }
  }

  // Its members.

  list(): readonly ListedSample[] {
    return this.observer.list;
  }

  /** In the order of names. */
  voters(): readonly string[] {
    return this.list()
      .filter(({ isLearner }) => !isLearner)
      .map(({ name }) => name)
      .sort();
  }

  ids(): readonly string[] {
    return this.list()
      .map(({ id }) => id)
      .sort();
  }

  leader(): string {
    const { answers } = this.observer.now;
    for (const { name, id } of this.list()) {
      const answer = answers.get(name);
      if (answer?.leaderId === id) return name;
    }
    throw new Error('nobody leads');
  }

  follower(): string {
    const leader = this.leader();
    const found = this.voters().find((name) => name !== leader);
    if (found === undefined) throw new Error('nobody follows');
    return found;
  }

  member(name: string): { readonly namespace: string; readonly name: string } {
    return { namespace: this.namespace, name };
  }

  isUp(name: string): boolean {
    return isUp(this.observer.now, name);
  }

  pod(name: string): PodSample | undefined {
    return this.observer.now.pods.find((pod) => pod.name === name);
  }

  /** Another one after each end of the member's process, and none while it has no Pod. */
  life(name: string): string | undefined {
    const pod = this.observer.now.pods.find((each) => each.name === name);
    return pod === undefined ? undefined : `${pod.uid} ${pod.restarts}`;
  }

  async deletePod(name: string): Promise<void> {
    await this.#kube.delete(`${this.core}/pods/${name}`);
  }

  /** Deletes the Pod of a member and waits for all to be well; resolves with the seconds that took. */
  async losePod(name: string): Promise<number> {
    const uid = this.pod(name)?.uid;
    const sinceMs = performance.now();
    const replicas = this.voters().length;
    this.take(name);
    await this.deletePod(name);
    await this.within(60_000, `${name} is another Pod`, () => this.pod(name)?.uid !== uid);
    await this.ready(replicas);
    this.giveBack(name);
    return (performance.now() - sinceMs) / 1000;
  }

  /** Resolves when there are `replicas` members and nothing of any other: no Pod, no volume, no record. */
  async leftNothing(replicas: number, limitMs = 20_000): Promise<void> {
    await this.within(limitMs, 'removed members left nothing', () => {
      const { claims, members, pods } = this.observer.now;
      return [claims, members, pods].every(({ length }) => length === replicas);
    });
  }

  client(name: string): EtcdClient {
    const client = this.observer.probes.client(name);
    if (client === undefined) throw new Error(`${name} does not run`);
    return client;
  }

  /** The oracle does not count on these: the fault has taken them. */
  take(...names: readonly string[]): void {
    for (const name of names) this.#faulty.add(name);
  }

  giveBack(...names: readonly string[]): void {
    for (const name of names) this.#faulty.delete(name);
  }

  /** Members up and ready first. */
  #clients(): readonly EtcdClient[] {
    const { pods } = this.observer.now;
    const usable = pods.filter(({ name, isTerminating }) => !isTerminating && this.isUp(name));
    return usable
      .sort((a, b) => Number(b.isReady) - Number(a.isReady))
      .flatMap(({ name }) => this.observer.probes.client(name) ?? []);
  }

  #inWords(): string {
    const { conditions = [] } = this.observer.cluster()?.status ?? {};
    return conditions
      .map(({ type, status, reason, message }) => `${type}=${status} ${reason} ${message}`)
      .join('; ');
  }

  // The end.

  /**
   * Every write that was acknowledged can be read from each Ready member; where there is no quorum, and so none is Ready, from
   * each that the fault has spared.
   */
  async checkWrites(ends: 'ready' | 'broken'): Promise<void> {
    await this.writer.stop();
    const { ledger } = this.writer;
    if (ledger.count === 0) throw new Error('nothing was written');
    if (ends === 'ready') {
      // The operator asks members itself; kubelet's probes come later.
      await this.within(30_000, 'Pods are Ready', () => this.#spared().every((pod) => pod.isReady));
    }
    const ready = this.#spared().filter(({ name }) => this.isUp(name));
    if (ready.length === 0) throw new Error('no member is ready');
    for (const { name } of ready) {
      // A follower learns of the last write a moment later.
      await until(`${name} has every acknowledged write`, async () => {
        const missing = ledger.missing(await this.observer.probes.keys(name, WRITTEN_PREFIX));
        if (missing.length === 0) return true;
        throw new Error(`${missing.length} of ${ledger.count} are missing: ${missing.slice(0, 3)}`);
      });
    }
  }

  /** Pods of listed members that no fault has taken. */
  #spared(): readonly PodSample[] {
    const listed = new Set(this.list().map(({ name }) => name));
    return this.observer.now.pods.filter(({ name }) => listed.has(name) && !this.#faulty.has(name));
  }

  /**
   * Nothing is written about a converged cluster. A time in which kubelet had news of Pods, a leader was elected or a member
   * was slow is not one in which nothing happens: then another is waited for.
   */
  async checkQuiet(): Promise<void> {
    let written: readonly string[] = [];
    for (let attempt = 0; attempt < QUIET_ATTEMPTS; attempt++) {
      await pause(CALM_MS);
      // The operator tells at its next steady look what happened after its last.
      const lookedAtMs = Date.now() - QUIET_MS;
      written = await this.#writesWithin(QUIET_MS);
      if (written.length === 0) return;
      const isUneasy = this.observer.unrestAtMs >= lookedAtMs;
      if (!isUneasy && !written.some((what) => what.startsWith('Pod '))) break;
    }
    throw new Error(`not quiet: ${written.join(', ')}`);
  }

  async #writesWithin(durationMs: number): Promise<readonly string[]> {
    const [before, eventsBefore] = [this.observer.versions(), await this.#eventVersions()];
    await pause(durationMs);
    return [
      ...writesBetween(before, this.observer.versions()),
      ...writesBetween(eventsBefore, await this.#eventVersions()),
    ];
  }

  async checkEvents(): Promise<void> {
    this.oracle.checkEvents(await this.events(), Date.now());
  }

  /**
   * Resolves when every act seen so far has its event. An operator that is killed between an act and its event tells nobody:
   * where the events are to be judged, it is killed when it has told.
   */
  async told(): Promise<void> {
    await until('every act so far has its event', async () => {
      const untold = this.oracle.untold(await this.events());
      if (untold.length === 0) return true;
      throw new Error(untold.map(({ reason, subject }) => `${reason} ${subject}`).join(', '));
    });
  }

  async events(): Promise<readonly EventSample[]> {
    const events = await this.#kube.list(`${this.core}/events`);
    return events.map((event) => ({
      reason: textAt(event, 'reason') ?? '',
      message: textAt(event, 'message') ?? textAt(event, 'note') ?? '',
    }));
  }

  /** Events of the operator: what kubelet says, of a probe that was slow once for example, is nobody's unrest. */
  async #eventVersions(): Promise<Versions> {
    const events = await this.#kube.list(`${this.core}/events`);
    const own = events.filter(
      (event) => textAt(recordAt(event, 'source'), 'component') === EVENT_COMPONENT,
    );
    return new Map(
      own.map((event) => {
        const metadata = recordAt(event, 'metadata');
        const name = `Event ${textAt(event, 'reason')} ${textAt(metadata, 'name')}`;
        return [name, { resourceVersion: textAt(metadata, 'resourceVersion') ?? '' }];
      }),
    );
  }
}
