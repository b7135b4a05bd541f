// Owns asking the members of one cluster, each for itself and each of their Pods with a client of its own: what it says of
// itself, who it says the members are, what it holds.
import { EtcdClient } from '../../client/client.ts';
import type { AnswerSample, ListedSample } from './sample.ts';
import type { World } from './world.ts';

const ASK_TIMEOUT_MS = 1_500;
/** A member that did not answer is left alone for so long, and then asked over a new connection. */
const PATIENCE_MS = 300;
const PAGE_TIMEOUT_MS = 10_000;

interface Probe {
  readonly url: string;
  readonly client: EtcdClient;
  readonly podUid: string;
  answer: AnswerSample | undefined;
  isAsking: boolean;
  /** Not to be asked before. */
  notBeforeMs: number;
}

export class MemberProbes {
  readonly #world: World;
  readonly #namespace: string;
  /** By member name. */
  readonly #probes: Map<string, Probe>;

  constructor(world: World, namespace: string) {
    this.#world = world;
    this.#namespace = namespace;
    this.#probes = new Map();
  }

  /** Asks all of `pods` that are not being asked. Returns at once. */
  ask(pods: readonly { readonly name: string; readonly uid: string }[]): void {
    for (const { name, uid } of pods) {
      const probe = this.#probe(name, uid);
      if (probe === undefined || probe.isAsking || Date.now() < probe.notBeforeMs) continue;
      void this.#askOne(name, probe);
    }
    const names = new Set(pods.map(({ name }) => name));
    for (const name of [...this.#probes.keys()]) if (!names.has(name)) this.#drop(name);
  }

  /** The last answer of each. */
  answers(): ReadonlyMap<string, AnswerSample> {
    const found = new Map<string, AnswerSample>();
    for (const [name, { answer }] of this.#probes)
      if (answer !== undefined) found.set(name, answer);
    return found;
  }

  client(name: string): EtcdClient | undefined {
    return this.#probes.get(name)?.client;
  }

  /** The list as the member that is furthest on has it; `others` are asked only if there is nobody else. */
  async list(others: ReadonlySet<string>): Promise<readonly ListedSample[] | undefined> {
    const all = [...this.answers()];
    const trusted = all.filter(([name]) => !others.has(name));
    const asked = trusted.length > 0 ? trusted : all;
    const answers = asked.filter(([, { atMs }]) => Date.now() - atMs < ASK_TIMEOUT_MS);
    const [best] = answers.sort(([, a], [, b]) => b.appliedIndex - a.appliedIndex);
    const client = best === undefined ? undefined : this.client(best[0]);
    if (client === undefined) return undefined;
    try {
      const signal = AbortSignal.timeout(ASK_TIMEOUT_MS);
      const { members } = await client.cluster.memberList({ linearizable: false, signal });
      return members.map(({ id, name, peerUrls, isLearner }) => ({
        id: id.toString(16),
        name: hostOf(peerUrls[0] ?? '') ?? name,
        isLearner,
      }));
    } catch {
      return undefined;
    }
  }

  /** The keys that a member has, by itself, under a prefix. */
  async keys(name: string, under: string): Promise<readonly string[]> {
    const client = this.client(name);
    if (client === undefined) throw new Error(`${name} does not run`);
    const signal = AbortSignal.timeout(PAGE_TIMEOUT_MS);
    const answer = await client.kv.get(under, {
      prefix: true,
      serializable: true,
      keysOnly: true,
      signal,
    });
    return answer.kvs.map(({ key }) => Buffer.from(key).toString());
  }

  close(): void {
    for (const name of [...this.#probes.keys()]) this.#drop(name);
  }

  #probe(name: string, podUid: string): Probe | undefined {
    const url = this.#world.clientUrl({ namespace: this.#namespace, name });
    const known = this.#probes.get(name);
    if (known !== undefined && known.podUid === podUid && known.url === url) return known;
    this.#drop(name);
    if (url === undefined) return undefined;
    const client = new EtcdClient({ endpoints: [url], dialTimeoutMs: ASK_TIMEOUT_MS });
    // Another way to the same Pod.
    const answer = known?.podUid === podUid ? known.answer : undefined;
    const probe = { url, client, podUid, answer, isAsking: false, notBeforeMs: 0 };
    this.#probes.set(name, probe);
    return probe;
  }

  async #askOne(name: string, probe: Probe): Promise<void> {
    probe.isAsking = true;
    const signal = AbortSignal.timeout(ASK_TIMEOUT_MS);
    try {
      const status = await probe.client.maintenance.status({ signal });
      const { memberId = 0n, clusterId = 0n } = status.header ?? {};
      probe.answer = {
        atMs: Date.now(),
        podUid: probe.podUid,
        memberId: memberId.toString(16),
        clusterId: clusterId.toString(16),
        leaderId: status.leader === 0n ? undefined : status.leader.toString(16),
        appliedIndex: status.raftAppliedIndex,
      };
    } catch {
      // Another connection: the old one waits long before it dials again.
      if (this.#probes.get(name) !== probe) return;
      this.#drop(name);
      const member = { namespace: this.#namespace, name };
      if (signal.aborted) this.#world.noteSilence(member, probe.url);
      const next = this.#probe(name, probe.podUid);
      if (next === undefined) return;
      next.answer = probe.answer;
      next.notBeforeMs = Date.now() + PATIENCE_MS;
    } finally {
      probe.isAsking = false;
    }
  }

  #drop(name: string): void {
    this.#probes.get(name)?.client.close();
    this.#probes.delete(name);
  }
}

/** The Pod's name in "http://name.cluster-peers.namespace.svc:2380". */
function hostOf(url: string): string | undefined {
  return /^https?:\/\/([a-z0-9-]+)\./.exec(url)?.[1];
}
