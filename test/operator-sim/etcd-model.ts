// Owns the model of etcd that histories run against: who is a member, which data each volume holds, who runs, who leads.
// Raft itself is not modelled (test/sim does that); what matters here is what follows from losing, mixing up or emptying
// volumes: a majority of voters holds every acknowledged write, unless somebody lets a blank volume vote.

import type { ListedMember } from '../../operator/reconcile/observed.ts';
import type { Prng } from '../../server/base/prng.ts';

/** What a data directory holds. */
export interface DataDirectory {
  readonly memberId: string;
  readonly clusterId: string;
  index: number;
}

/** A running etcd. */
export interface Process {
  readonly name: string;
  readonly data: DataDirectory;
  readonly node: string;
  readonly version: string;
}

export class Violation extends Error {
  override readonly name: string = 'Violation';
}

export class EtcdModel {
  clusterId: string | undefined;
  readonly list: ListedMember[] = [];
  readonly volumes: Map<string, DataDirectory>;
  readonly processes: Map<string, Process>;
  readonly alarms: Set<string>;
  /** Nodes that cannot talk to the others. */
  readonly isolated: Set<string>;
  /** Processes, by name, that are of another cluster: a wrong volume, or a wrong address. */
  readonly foreign: Set<string>;
  leaderId: string | undefined;
  term: number;
  committed: number;
  acknowledged: number;
  #nextId: number;
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.clusterId = undefined;
    this.volumes = new Map();
    this.processes = new Map();
    this.alarms = new Set();
    this.isolated = new Set();
    this.foreign = new Set();
    this.leaderId = undefined;
    this.term = 0;
    this.committed = 0;
    this.acknowledged = 0;
    this.#nextId = 0x1000;
    this.#prng = prng;
  }

  voters(): readonly ListedMember[] {
    return this.list.filter((entry) => !entry.isLearner);
  }

  quorum(): number {
    return Math.floor(this.voters().length / 2) + 1;
  }

  /** Processes of listed members that can talk to each other. */
  connected(): readonly Process[] {
    return [...this.processes.values()].filter(
      ({ name, data, node }) =>
        !this.isolated.has(node) &&
        !this.foreign.has(name) &&
        data.clusterId === this.clusterId &&
        this.list.some((entry) => entry.id === data.memberId),
    );
  }

  healthyVoters(): readonly Process[] {
    const ids = new Set(this.voters().map((entry) => entry.id));
    return this.connected().filter((process) => ids.has(process.data.memberId));
  }

  hasQuorum(): boolean {
    return this.voters().length > 0 && this.healthyVoters().length >= this.quorum();
  }

  /** Starts etcd on a volume, as etcd would; a text is why it stops instead. */
  boot(
    process: { readonly name: string; readonly node: string; readonly version: string },
    volume: string,
    initial: { readonly cluster: string; readonly state: string; readonly mayBootstrap: boolean },
  ): string | undefined {
    const data = this.volumes.get(volume) ?? this.#join(process.name, volume, initial);
    if (typeof data === 'string') return data;
    const isMember = this.list.some((entry) => entry.id === data.memberId);
    if (data.clusterId !== this.clusterId || !isMember) return 'the member has been removed';
    this.processes.set(process.name, { ...process, data });
    this.#nameEntry(data.memberId, process.name);
    return undefined;
  }

  /** Elects, replicates, acknowledges. `reachesVoter`: a client finds a member through the Service. */
  run(reachesVoter: boolean): void {
    if (!this.hasQuorum()) {
      this.leaderId = undefined;
      return;
    }
    const healthy = this.healthyVoters();
    if (!healthy.some((process) => process.data.memberId === this.leaderId)) {
      const newest = [...healthy].sort((a, b) => b.data.index - a.data.index)[0];
      this.leaderId = newest?.data.memberId;
      this.term += 1;
      if ((newest?.data.index ?? 0) < this.acknowledged) {
        throw new Violation(`a write was lost: ${newest?.data.index} < ${this.acknowledged}`);
      }
    }
    this.committed += 1;
    const leader = healthy.filter((process) => process.data.memberId === this.leaderId);
    const others = healthy.filter((process) => process.data.memberId !== this.leaderId);
    // A quorum has every entry; who else has it is chance.
    const must = this.quorum() - leader.length;
    const offset = this.#prng.below(others.length + 1);
    const turned = [...others.slice(offset), ...others.slice(0, offset)];
    for (const [rank, process] of [...leader, ...turned].entries()) {
      if (rank <= must || this.#prng.chance(0.8)) process.data.index = this.committed;
    }
    for (const process of this.connected()) {
      if (healthy.includes(process)) continue;
      const gap = this.committed - process.data.index;
      process.data.index += Math.ceil(gap * this.#prng.unit());
    }
    if (reachesVoter) this.acknowledged = this.committed;
  }

  memberAdd(peerUrl: string): string | undefined {
    if (!this.hasQuorum()) return 'no leader';
    if (this.list.some((entry) => entry.isLearner)) return 'too many learners';
    if (this.list.some((entry) => entry.peerUrls.includes(peerUrl))) return 'peer URL exists';
    this.#append(peerUrl, true);
    return undefined;
  }

  memberPromote(id: string): string | undefined {
    if (!this.hasQuorum()) return 'no leader';
    const index = this.list.findIndex((entry) => entry.id === id && entry.isLearner);
    const entry = this.list[index];
    if (entry === undefined) return 'member not found';
    const learner = this.connected().find((process) => process.data.memberId === id);
    if (learner === undefined || learner.data.index < this.committed * 0.9) return 'not ready';
    this.list[index] = { ...entry, isLearner: false };
    return undefined;
  }

  memberRemove(id: string): string | undefined {
    if (!this.hasQuorum()) return 'no leader';
    const index = this.list.findIndex((entry) => entry.id === id);
    const entry = this.list[index];
    if (entry === undefined) return undefined;
    const staying = this.healthyVoters().filter((process) => process.data.memberId !== id).length;
    const votersAfter = this.voters().length - (entry.isLearner ? 0 : 1);
    // etcd: strict-reconfig-check.
    if (staying < Math.floor(votersAfter / 2) + 1) return 're-configuration failed';
    this.list.splice(index, 1);
    for (const [name, process] of this.processes) {
      if (process.data.memberId === id) this.processes.delete(name);
    }
    if (this.leaderId === id) this.leaderId = undefined;
    return undefined;
  }

  moveLeader(leaderId: string, targetId: string): string | undefined {
    if (this.leaderId !== leaderId) return 'not leader';
    const target = this.healthyVoters().find((process) => process.data.memberId === targetId);
    if (target === undefined) return 'bad leader transferee';
    target.data.index = this.committed;
    this.leaderId = targetId;
    this.term += 1;
    return undefined;
  }

  #join(
    name: string,
    volume: string,
    { cluster, state, mayBootstrap }: { cluster: string; state: string; mayBootstrap: boolean },
  ): DataDirectory | string {
    const peers = cluster.split(',').map((pair) => pair.split('='));
    const own = peers.find(([peer]) => peer === name)?.[1] ?? '';
    if (state === 'new') {
      if (!mayBootstrap || this.acknowledged > 0) {
        throw new Violation(`${name} makes a new cluster where there was one`);
      }
      this.clusterId = (this.#nextId++).toString(16);
      this.list.length = 0;
      this.processes.clear();
      return this.#fill(volume, this.#append(own, false));
    }
    const others = peers.filter(([peer]) => peer !== name).map(([, url]) => url);
    const isAnswered = this.connected().some((process) =>
      this.list.some(
        (entry) =>
          entry.id === process.data.memberId && entry.peerUrls.some((url) => others.includes(url)),
      ),
    );
    if (!isAnswered) return 'cannot fetch cluster info from peer urls';
    if (peers.length !== this.list.length) return 'member count is unequal';
    const entry = this.list.find(({ peerUrls }) => peerUrls.includes(own));
    if (entry === undefined) return 'unmatched member while checking PeerURLs';
    if (!entry.isLearner) throw new Violation(`${name} votes on an empty volume`);
    return this.#fill(volume, entry.id);
  }

  #fill(volume: string, memberId: string): DataDirectory {
    const data = { memberId, clusterId: this.clusterId ?? '', index: 0 };
    this.volumes.set(volume, data);
    return data;
  }

  #append(peerUrl: string, isLearner: boolean): string {
    const id = (this.#nextId++).toString(16);
    this.list.push({ id, name: '', peerUrls: [peerUrl], isLearner });
    return id;
  }

  #nameEntry(id: string, name: string): void {
    const index = this.list.findIndex((entry) => entry.id === id);
    const entry = this.list[index];
    if (entry !== undefined) this.list[index] = { ...entry, name };
  }
}
