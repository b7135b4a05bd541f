// Owns the language of the scenario files. Members are called m1, m2, ... in the order in which they appear; time is told
// in seconds since the start. Commands:
//
//    cluster key=value...        a cluster on seven nodes: replicas, medium, whenScaled, whenDeleted, maxPerHour, nodes
//    spec key=value...           edits it: replicas, version, tag, snapshotCount, paused, size, annotation
//    rounds N [SECONDS]          N rounds of the operator, each after so many seconds (10)
//    settle                      rounds until nothing is left to do, without printing; then members and Ready
//    dies-after N                the next round ends after N acts: the operator died
//    age N                       the next round sees objects as they were N rounds ago
//    status                      conditions and members
//    pod-delete M, pod-end M, crash M, node-kill M, nodes-revive, volume-destroy M, disk-wipe M, isolate M, join
//    hold M REASON, release M    the container does not run, and why
//    corrupt M, foreign M, blind, see, restart-all
//    refuse ACT..., permit       the API server refuses to do that
//    delete-cluster, delete-member M, drop-member M
import type { EtcdClusterSpec } from '../../../operator/api/etcd-cluster.ts';
import type { Pod } from '../../../operator/api/kube-objects.ts';
import { formatTime } from '../../../operator/api/time.ts';
import { Prng } from '../../../server/base/prng.ts';
import { Violation } from '../../operator-sim/etcd-model.ts';
import { reconcile } from '../../operator-sim/history.ts';
import { World } from '../../operator-sim/world.ts';

const SETTLE_ROUNDS_MAX = 400;
const REFUSABLE = ['createPod', 'createClaim', 'growClaim', 'applyService'] as const;

type Words = readonly string[];

export class Interpreter {
  #world: World;
  readonly #names: Map<string, string>;
  #diesAfter: number | undefined;
  #ageRounds: number;
  readonly #commands: Readonly<Record<string, (words: Words) => Words>>;

  constructor() {
    this.#world = newWorld([]);
    this.#names = new Map();
    this.#diesAfter = undefined;
    this.#ageRounds = 0;
    this.#commands = {
      cluster: (words) => this.#cluster(words),
      spec: (words) => this.#quiet(this.#world.api.editSpec((spec) => edited(spec, words))),
      rounds: ([count, seconds]) => this.#rounds(Number(count), Number(seconds ?? '10')),
      settle: () => this.#settle(),
      'dies-after': ([count]) => this.#interfere({ diesAfter: Number(count) }),
      age: ([count]) => this.#interfere({ ageRounds: Number(count) }),
      status: () => this.#status(),
      'pod-delete': ([member]) => this.#quiet(this.#world.finishPod(this.#pod(member))),
      'pod-end': ([member]) => this.#quiet(this.#endPod(this.#pod(member))),
      crash: ([member]) => this.#quiet(this.#world.stopProcess(this.#real(member))),
      'node-kill': ([member]) => this.#quiet(this.#killNode(this.#pod(member))),
      'nodes-revive': () => this.#quiet(this.#reviveNodes()),
      'volume-destroy': ([member]) => this.#quiet(this.#destroyVolume(this.#pod(member), true)),
      'disk-wipe': ([member]) => this.#quiet(this.#destroyVolume(this.#pod(member), false)),
      isolate: ([member]) => this.#quiet(this.#world.etcd.isolated.add(this.#node(member))),
      join: () => this.#quiet(this.#world.etcd.isolated.clear()),
      hold: ([member, reason]) => this.#quiet(this.#hold(this.#real(member), reason ?? '')),
      release: ([member]) => this.#quiet(this.#world.held.delete(this.#real(member))),
      corrupt: ([member]) => this.#quiet(this.#world.etcd.alarms.add(this.#id(member))),
      foreign: ([member]) => this.#quiet(this.#world.etcd.foreign.add(this.#real(member))),
      refuse: (kinds) => this.#quiet(kinds.map((kind) => this.#refuse(kind))),
      permit: () => this.#quiet(this.#world.refused.clear()),
      blind: () => this.#setBlind(true),
      see: () => this.#setBlind(false),
      'restart-all': () =>
        this.#quiet([...this.#world.api.pods.values()].map((pod) => this.#world.finishPod(pod))),
      'delete-cluster': () => this.#quiet(this.#deleteCluster()),
      'delete-member': ([member]) => this.#quiet(this.#deleteMember(this.#real(member))),
      'drop-member': ([member]) => this.#quiet(this.#world.api.members.delete(this.#real(member))),
    };
  }

  run(line: string): Words {
    const [name = '', ...words] = line.split(' ');
    const command = this.#commands[name];
    if (command === undefined) throw new Error(`no such command: ${line}`);
    try {
      return command(words).map((text) => this.#shorten(text));
    } catch (error) {
      if (error instanceof Violation) return [`BROKEN RULE: ${this.#shorten(error.message)}`];
      throw error;
    }
  }

  /** For commands whose work is done when their argument has been computed. */
  #quiet(_done: unknown): Words {
    return [];
  }

  #interfere({ diesAfter, ageRounds }: { diesAfter?: number; ageRounds?: number }): Words {
    this.#diesAfter = diesAfter;
    this.#ageRounds = ageRounds ?? 0;
    return [];
  }

  #refuse(name: string): void {
    const kind = REFUSABLE.find((act) => act === name);
    if (kind === undefined) throw new Error(`${name} is never refused`);
    this.#world.refused.add(kind);
  }

  #setBlind(isBlind: boolean): Words {
    this.#world.isBlind = isBlind;
    return [];
  }

  #cluster(words: Words): Words {
    this.#world = newWorld(words);
    this.#names.clear();
    return [];
  }

  #rounds(count: number, seconds: number): Words {
    const trace: string[] = [];
    for (let round = 0; round < count; round++) {
      this.#world.pass(seconds * 1000);
      const diesAfter = this.#diesAfter;
      reconcile(this.#world, trace, {
        interference: { failureChance: 0, ...(diesAfter === undefined ? {} : { diesAfter }) },
        ageRounds: this.#ageRounds,
      });
      this.#diesAfter = undefined;
      this.#ageRounds = 0;
    }
    return trace.length === 0 ? ['nothing'] : trace;
  }

  #settle(): Words {
    const trace: string[] = [];
    for (let round = 0, quiet = 0; round < SETTLE_ROUNDS_MAX && quiet < 3; round++) {
      this.#world.pass(10_000);
      const options = { interference: { failureChance: 0 }, ageRounds: 0 };
      const plan = reconcile(this.#world, trace, options);
      quiet =
        plan === undefined || (plan.actions.length === 0 && !plan.isStatusChanged) ? quiet + 1 : 0;
    }
    for (const line of trace) this.#shorten(line);
    return this.#status().filter((line) => /^(Ready|m\d|main-)/.test(line));
  }

  #status(): Words {
    const { cluster } = this.#world.api;
    if (cluster === undefined) return ['the cluster is gone', ...this.#leftovers()];
    const conditions = (cluster.status?.conditions ?? []).map(
      ({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`,
    );
    const members = (cluster.status?.members ?? []).map((member) =>
      [member.name, member.role, member.phase, member.healthy ? 'healthy' : 'not healthy'].join(
        ' ',
      ),
    );
    return [...conditions, ...members.sort((a, b) => this.#order(a) - this.#order(b))];
  }

  #leftovers(): Words {
    return [...this.#world.api.claims.keys()].map((name) => `${name} is left`);
  }

  #order(line: string): number {
    return Number(/m(\d+)/.exec(this.#shorten(line))?.[1] ?? '0');
  }

  #shorten(text: string): string {
    return text.replace(/main-(?!peers|client|voters)[a-z0-9]{5}\b/g, (name) => {
      const known = this.#names.get(name) ?? `m${this.#names.size + 1}`;
      this.#names.set(name, known);
      return known;
    });
  }

  #real(short: string | undefined): string {
    const found = [...this.#names].find(([, name]) => name === short)?.[0];
    if (found === undefined) throw new Error(`no member ${short}`);
    return found;
  }

  #pod(short: string | undefined): Pod {
    const pod = this.#world.api.pods.get(this.#real(short));
    if (pod === undefined) throw new Error(`no Pod of ${short}`);
    return pod;
  }

  #node(short: string | undefined): string {
    return this.#world.podNodes.get(this.#pod(short).metadata.uid ?? '') ?? '';
  }

  #id(short: string | undefined): string {
    return this.#world.etcd.processes.get(this.#real(short))?.data.memberId ?? '';
  }

  #endPod(pod: Pod): void {
    this.#world.stopProcess(pod.metadata.name);
    const status = { phase: 'Failed', ready: false } as const;
    this.#world.api.update(this.#world.api.pods, { ...pod, status });
  }

  #killNode(pod: Pod): void {
    const node = this.#world.podNodes.get(pod.metadata.uid ?? '') ?? '';
    this.#world.nodes.set(node, { isAlive: false, lostAtMs: this.#world.nowMs });
    this.#world.stopProcess(pod.metadata.name);
  }

  #reviveNodes(): void {
    for (const node of this.#world.nodes.values()) node.isAlive = true;
  }

  #destroyVolume(pod: Pod, withClaim: boolean): void {
    const volume = this.#world.volumeOf(pod) ?? '';
    this.#world.stopProcess(pod.metadata.name);
    this.#world.etcd.volumes.delete(volume);
    if (!withClaim) return;
    this.#world.finishPod(pod);
    this.#world.api.claims.delete(`data-${pod.metadata.name}`);
  }

  #hold(name: string, reason: string): void {
    this.#world.stopProcess(name);
    const isMemory = reason === 'OOMKilled';
    this.#world.held.set(name, {
      restartCount: 7,
      ready: false,
      waitingReason: isMemory ? 'CrashLoopBackOff' : reason,
      ...(isMemory ? { lastTerminationReason: reason } : {}),
    });
  }

  #deleteCluster(): void {
    const { api, nowMs } = this.#world;
    if (api.cluster === undefined) return;
    const { metadata } = api.cluster;
    const deletionTimestamp = formatTime(nowMs);
    api.cluster = api.touch({ ...api.cluster, metadata: { ...metadata, deletionTimestamp } });
  }

  #deleteMember(name: string): void {
    const { api, nowMs } = this.#world;
    const member = api.members.get(name);
    if (member === undefined) return;
    const metadata = { ...member.metadata, deletionTimestamp: formatTime(nowMs) };
    api.update(api.members, { ...member, metadata });
  }
}

function newWorld(words: Words): World {
  const base: EtcdClusterSpec = { version: '3.7.0', replacement: { unhealthyAfter: '2m' } };
  const world = new World(edited(base, words), new Prng(1));
  world.startChance = 1;
  return world;
}

function edited(spec: EtcdClusterSpec, words: Words): EtcdClusterSpec {
  let result = spec;
  for (const word of words) {
    const [key = '', value = ''] = word.split('=');
    result = { ...result, ...change(result, key, value) };
  }
  return result;
}

function change(spec: EtcdClusterSpec, key: string, value: string): EtcdClusterSpec {
  const retain = value === 'Retain' ? 'Retain' : 'Delete';
  switch (key) {
    case 'replicas':
      return { replicas: Number(value) };
    case 'version':
      return { version: value };
    case 'tag':
      return { image: value === '' ? {} : { tag: value } };
    case 'snapshotCount':
      return { options: { snapshotCount: Number(value) } };
    case 'paused':
      return { paused: value === 'true' };
    case 'medium':
      return { storage: { ...spec.storage, medium: 'Memory' } };
    case 'annotation':
      return { service: { annotations: value === '' ? {} : { [value]: 'yes' } } };
    case 'size':
      return { storage: { ...spec.storage, size: value } };
    case 'whenScaled':
    case 'whenDeleted': {
      const retention = { ...spec.storage?.retention, [key]: retain };
      return { storage: { ...spec.storage, retention } };
    }
    case 'maxPerHour':
      return { replacement: { ...spec.replacement, maxPerHour: Number(value) } };
    case 'extraArg':
      return { options: { extraArgs: [value] } };
    default:
      throw new Error(`no such field: ${key}`);
  }
}
