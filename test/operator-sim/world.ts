// Owns the model of a Kubernetes cluster with one EtcdCluster in it: nodes, Pods that start and stop on them, volumes, and
// what an operator sees of it all. Time moves by `pass`; everything that happens comes from the generator.

import type { EtcdClusterSpec } from '../../operator/api/etcd-cluster.ts';
import type { ContainerStatus, Pod } from '../../operator/api/kube-objects.ts';
import {
  ANNOTATION_IMAGE,
  ANNOTATION_INITIAL_CLUSTER,
  ANNOTATION_INITIAL_CLUSTER_STATE,
  LABEL_ROLE,
} from '../../operator/api/labels.ts';
import type { StringMap } from '../../operator/api/meta.ts';
import type { ActionKind } from '../../operator/reconcile/action.ts';
import type {
  MemberListResult,
  Observed,
  StatusResult,
} from '../../operator/reconcile/observed.ts';
import type { Prng } from '../../server/base/prng.ts';
import { ApiModel, type ApiSnapshot } from './api-model.ts';
import { EtcdModel } from './etcd-model.ts';
import { Patience } from './patience.ts';

export const BAD_TAG = 'bad';
/** The ID that processes of another cluster give. */
export const FOREIGN_CLUSTER_ID = 'f00';
const SNAPSHOTS_KEPT = 4;

export class World {
  readonly api: ApiModel;
  readonly etcd: EtcdModel;
  readonly prng: Prng;
  nowMs: number;
  readonly nodes: Map<string, { isAlive: boolean; lostAtMs: number }>;
  /** The node of a Pod, by its UID, and of a volume on a local disk. */
  readonly podNodes: Map<string, string>;
  readonly volumeNodes: Map<string, string>;
  readonly hasLocalDisks: boolean;
  isBlind: boolean;
  /** Chance that a container that could start does, each time it is looked at. */
  startChance: number;
  /** Pods whose container is kept from running, with what Kubernetes says of it. */
  readonly held: Map<string, ContainerStatus>;
  /** Pods that the operator cannot talk to, though everybody else can. */
  readonly hidden: Set<string>;
  /** Acts that the API server refuses: a quota is used up, a policy forbids it, a webhook is down. */
  readonly refused: Set<ActionKind>;
  readonly patience: Patience;
  /** Kubelets start containers by the annotations there were a round ago. */
  hasSlowKubelets: boolean;
  readonly #history: ApiSnapshot[];

  constructor(spec: EtcdClusterSpec, prng: Prng) {
    this.prng = prng;
    this.api = new ApiModel(spec);
    this.etcd = new EtcdModel(prng.fork());
    this.nowMs = 1_800_000_000_000;
    this.nodes = new Map();
    this.podNodes = new Map();
    this.volumeNodes = new Map();
    this.hasLocalDisks = prng.chance(0.5);
    this.isBlind = false;
    this.startChance = 0.7;
    this.held = new Map();
    this.hidden = new Set();
    this.refused = new Set();
    this.patience = new Patience();
    this.hasSlowKubelets = false;
    this.#history = [];
    for (let index = 0; index < 7; index++) {
      this.nodes.set(`node${index}`, { isAlive: true, lostAtMs: 0 });
    }
  }

  /** Lets time go by: Pods start and end, etcd elects and replicates. */
  pass(stepMs: number): void {
    this.nowMs += stepMs;
    for (const pod of [...this.api.pods.values()]) this.#keepPod(pod);
    this.etcd.run(this.#clientsReachVoter());
    for (const pod of [...this.api.pods.values()]) this.#reportReadiness(pod);
    this.#history.push(this.api.snapshot());
    if (this.#history.length > SNAPSHOTS_KEPT) this.#history.shift();
  }

  /** What an operator sees. `ageRounds`: how old its informers' caches are. */
  observe(ageRounds: number): Observed | undefined {
    const seen = this.#history.at(-1 - ageRounds) ?? this.api.snapshot();
    if (seen.cluster === undefined) return undefined;
    const statuses = new Map<string, StatusResult>();
    for (const pod of this.api.pods.values()) statuses.set(pod.metadata.name, this.#ask(pod));
    const isReachable = this.#isLeaderFound();
    const [headlessService] = seen.services.filter(({ spec }) => spec.clusterIP === 'None');
    const [clientService] = seen.services.filter(({ spec }) => spec.clusterIP !== 'None');
    return {
      cluster: seen.cluster,
      members: seen.members,
      pods: seen.pods,
      claims: seen.claims,
      ...(headlessService === undefined ? {} : { headlessService }),
      ...(clientService === undefined ? {} : { clientService }),
      ...(seen.budget === undefined ? {} : { budget: seen.budget }),
      hasPolicyApi: true,
      memberList: isReachable ? this.#ownList() : this.#otherList(),
      statuses,
      ...(isReachable
        ? { alarms: [...this.etcd.alarms].map((memberId) => ({ memberId, type: 'CORRUPT' })) }
        : {}),
    };
  }

  /** Whether the operator gets an answer out of this process. */
  isReached(name: string): boolean {
    const process = this.etcd.processes.get(name);
    const isCutOff = this.isBlind || this.hidden.has(name);
    return process !== undefined && !isCutOff && !this.etcd.isolated.has(process.node);
  }

  /** The UID that a Pod's data is kept under, or undefined when its claim is not there. */
  volumeOf(pod: Pod): string | undefined {
    const [volume] = pod.spec.volumes;
    if (volume !== undefined && 'emptyDir' in volume) return pod.metadata.uid;
    return this.api.claims.get(`data-${pod.metadata.name}`)?.metadata.uid;
  }

  /** Ends a process without a trace on its volume. */
  stopProcess(name: string): void {
    this.etcd.processes.delete(name);
  }

  /** A Pod object goes for good, and what it kept in memory with it. */
  finishPod(pod: Pod): void {
    this.stopProcess(pod.metadata.name);
    this.api.pods.delete(pod.metadata.name);
    this.etcd.volumes.delete(pod.metadata.uid ?? '');
  }

  isNodeAlive(pod: Pod): boolean {
    const node = this.podNodes.get(pod.metadata.uid ?? '');
    return node === undefined || this.nodes.get(node)?.isAlive === true;
  }

  #keepPod(pod: Pod): void {
    const { name, uid = '', deletionTimestamp } = pod.metadata;
    if (!this.isNodeAlive(pod)) {
      this.stopProcess(name);
      return;
    }
    if (deletionTimestamp !== undefined) {
      this.finishPod(pod);
      return;
    }
    if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return;
    const volume = this.volumeOf(pod);
    const node = this.podNodes.get(uid) ?? this.#schedule(uid, volume);
    if (node === undefined || volume === undefined) {
      this.#setStatus(pod, { phase: 'Pending', ready: false, unschedulable: true });
      return;
    }
    this.#bindClaim(`data-${name}`);
    if (!this.etcd.processes.has(name)) this.#startProcess(pod, { node, volume });
  }

  /** A claim is bound when the first Pod that wants it has a node. */
  #bindClaim(name: string): void {
    const claim = this.api.claims.get(name);
    if (claim === undefined || claim.status?.phase === 'Bound') return;
    const before = this.api.writes;
    this.api.update(this.api.claims, { ...claim, status: { phase: 'Bound' } });
    this.api.writes = before;
  }

  #startProcess(
    pod: Pod,
    { node, volume }: { readonly node: string; readonly volume: string },
  ): void {
    const { name } = pod.metadata;
    const annotations = this.#annotationsKnown(pod);
    const image = annotations[ANNOTATION_IMAGE] ?? '';
    const failed = (waitingReason: string): void =>
      this.#setStatus(pod, {
        phase: 'Running',
        ready: false,
        container: { restartCount: 1, ready: false, waitingReason },
      });
    const held = this.held.get(name);
    if (held !== undefined) {
      this.#setStatus(pod, { phase: 'Running', ready: false, container: held });
      return;
    }
    if (image.endsWith(BAD_TAG)) {
      failed('ImagePullBackOff');
      return;
    }
    if (!this.prng.chance(this.startChance)) return;
    const problem = this.etcd.boot(
      { name, node, version: image.split(':v')[1] ?? '3.7.0' },
      volume,
      {
        cluster: annotations[ANNOTATION_INITIAL_CLUSTER] ?? '',
        state: annotations[ANNOTATION_INITIAL_CLUSTER_STATE] ?? '',
        mayBootstrap: this.api.cluster?.status?.clusterID === undefined,
      },
    );
    if (problem !== undefined) failed('CrashLoopBackOff');
  }

  #annotationsKnown({ metadata }: Pod): StringMap {
    const before = this.hasSlowKubelets ? (this.#history.at(-1)?.pods ?? []) : [];
    const known = before.find((pod) => pod.metadata.uid === metadata.uid);
    return known?.metadata.annotations ?? metadata.annotations ?? {};
  }

  #schedule(uid: string, volume: string | undefined): string | undefined {
    if (volume === undefined) return undefined;
    const bound = this.volumeNodes.get(volume);
    const alive = [...this.nodes].filter(([, node]) => node.isAlive).map(([name]) => name);
    // Members prefer nodes of their own.
    const used = new Set(
      [...this.api.pods.values()].map((pod) => this.podNodes.get(pod.metadata.uid ?? '')),
    );
    const free = alive.filter((name) => !used.has(name));
    const choice = free.length > 0 ? free : alive;
    const node = bound ?? choice[this.prng.below(choice.length)];
    if (node === undefined || !alive.includes(node)) return undefined;
    this.podNodes.set(uid, node);
    if (this.hasLocalDisks) this.volumeNodes.set(volume, node);
    return node;
  }

  #reportReadiness(pod: Pod): void {
    const { name, uid = '' } = pod.metadata;
    if (this.api.pods.get(name)?.metadata.uid !== uid) return;
    const process = this.etcd.processes.get(name);
    const current = this.api.pods.get(name) ?? pod;
    if (!this.isNodeAlive(pod)) {
      // The control plane notices a lost node after 40 s.
      const lostAtMs = this.nodes.get(this.podNodes.get(uid) ?? '')?.lostAtMs ?? 0;
      if (this.nowMs - lostAtMs > 40_000 && current.status?.ready === true) {
        this.#setStatus(current, { phase: 'Running', ready: false });
      }
      return;
    }
    if (process === undefined) {
      if (current.status?.ready === true) {
        this.#setStatus(current, { phase: 'Running', ready: false });
      }
      return;
    }
    const ready = this.etcd.hasQuorum() && !this.etcd.isolated.has(process.node);
    this.#setStatus(current, { phase: 'Running', ready });
  }

  #setStatus(pod: Pod, status: NonNullable<Pod['status']>): void {
    if (JSON.stringify(pod.status) === JSON.stringify(status)) return;
    const before = this.api.writes;
    this.api.update(this.api.pods, { ...pod, status });
    this.api.writes = before;
  }

  #ask(pod: Pod): StatusResult {
    const process = this.etcd.processes.get(pod.metadata.name);
    if (process === undefined || !this.isReached(process.name)) {
      return { kind: 'failed', message: 'deadline exceeded' };
    }
    const entry = this.etcd.list.find(({ id }) => id === process.data.memberId);
    const { leaderId } = this.etcd;
    return {
      kind: 'answered',
      memberId: process.data.memberId,
      clusterId: this.etcd.foreign.has(process.name) ? FOREIGN_CLUSTER_ID : process.data.clusterId,
      ...(leaderId === undefined ? {} : { leaderId }),
      isLearner: entry?.isLearner ?? false,
      version: process.version,
      dbSizeBytes: 1_000_000 + process.data.index,
      raftTerm: this.etcd.term,
      raftAppliedIndex: process.data.index,
      hasAlarms: this.etcd.alarms.size > 0,
    };
  }

  #isLeaderFound(): boolean {
    const { etcd } = this;
    const isLed = etcd.hasQuorum() && etcd.leaderId !== undefined;
    return isLed && etcd.connected().some(({ name }) => this.isReached(name));
  }

  #ownList(): MemberListResult {
    return { kind: 'known', clusterId: this.etcd.clusterId ?? '', entries: [...this.etcd.list] };
  }

  /** When nobody of the cluster answers, somebody else may, under the same names. */
  #otherList(): MemberListResult {
    const others = [...this.etcd.foreign].filter((name) => this.isReached(name));
    if (others.length === 0) return { kind: 'unknown', message: 'deadline exceeded' };
    const entries = this.etcd.list.filter((entry) => others.includes(entry.name));
    return { kind: 'known', clusterId: FOREIGN_CLUSTER_ID, entries };
  }

  #clientsReachVoter(): boolean {
    return [...this.api.pods.values()].some(
      (pod) =>
        pod.metadata.labels?.[LABEL_ROLE] === 'voter' &&
        this.etcd.processes.has(pod.metadata.name) &&
        this.etcd.hasQuorum(),
    );
  }
}
