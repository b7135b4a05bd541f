// Owns one simulated cluster: machines, network, model and checkers, and the loop that makes the next thing happen.

import { EtcdError } from '../../server/base/errors.ts';
import type { Logger } from '../../server/base/logger.ts';
import { SILENT_LOGGER } from '../../server/base/logger.ts';
import { Prng } from '../../server/base/prng.ts';
import { bootstrapLog, initialCluster } from '../../server/cluster/bootstrap.ts';
import { decodeRaftRequestEnvelope } from '../../server/proto/hot.ts';
import type { MemoryLog } from '../../server/raft/memory-log.ts';
import { type Entry, EntryType, type Message, type SoftState } from '../../server/raft/types.ts';
import { EventQueue } from './event-queue.ts';
import { Model, type ModelOutcome } from './model.ts';
import { RaftChecker } from './raft-checker.ts';
import type { Scenario } from './scenario.ts';
import { type Identity, Machine, type SimHost } from './sim-machine.ts';
import { SimNetwork } from './sim-network.ts';
import {
  minTtlSeconds,
  type OpenCall,
  type ProcessParts,
  SimCrash,
  type SimProcess,
} from './sim-process.ts';
import { StoreChecker } from './store-checker.ts';
import { Trace } from './trace.ts';

/** What a client asked for, found again when its entry is committed. */
export interface TrackedRequest {
  onCommitted(outcome: ModelOutcome): void;
}

/** Numbers of a run, for its report. */
export interface SimStats {
  crashes: number;
  bootCount: number;
  snapshotsSent: number;
  snapshotsDelivered: number;
  crashPoints: Map<string, number>;
}

export class SimWorld implements SimHost {
  readonly queue: EventQueue = new EventQueue();
  readonly scenario: Scenario;
  readonly trace: Trace = new Trace(() => this.queue.nowUs);
  readonly machines: Machine[] = [];
  readonly network: SimNetwork;
  readonly model: Model;
  readonly raftChecker: RaftChecker;
  readonly storeChecker: StoreChecker;
  readonly faultPrng: Prng;
  readonly workloadPrng: Prng;
  readonly stats: SimStats = {
    crashes: 0,
    bootCount: 0,
    snapshotsSent: 0,
    snapshotsDelivered: 0,
    crashPoints: new Map(),
  };
  /** Told how each process ended, so that somebody starts its machine again. */
  onDown: (machine: Machine) => void = () => undefined;
  /** Told of every entry that appears in a log. */
  readonly appendListeners: Set<(process: SimProcess, entry: Entry) => void> = new Set();
  /** Told of every election that was won, before the winner has told anybody. */
  readonly leaderListeners: Set<(process: SimProcess) => void> = new Set();
  /** Told when a moment has come at which answers say more than usual; see isTense. */
  onTense: () => void = () => undefined;
  /** Told of every committed end of a lease. */
  onRevoked: (id: bigint, entry: Entry) => void = () => undefined;
  /** When set, told every line members log. */
  echoLog: ((text: string) => void) | undefined = undefined;
  failure: Error | undefined = undefined;
  readonly #byId: Map<bigint, Machine> = new Map();
  readonly #requests: Map<string, TrackedRequest> = new Map();
  #mustSettle = false;
  #isTense = false;
  #isTrouble = false;
  /** When things last stopped going wrong. */
  #calmSinceUs = 0;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    const prng = new Prng(scenario.seed);
    this.faultPrng = prng.fork();
    this.workloadPrng = prng.fork();
    this.network = new SimNetwork(this.queue, prng.fork(), {
      deliver: (to, message) => this.#deliver(to, message),
      unreachable: (from, to) => this.#unreachable(from, to),
    });
    this.model = new Model(minTtlSeconds(scenario));
    const fail = (what: string): void => this.fail(what, undefined);
    this.raftChecker = new RaftChecker(fail, (entry) => this.#committed(entry));
    this.storeChecker = new StoreChecker(fail, this.model);
    this.#addVoters(prng);
  }

  /** Machines of members that were not removed. */
  get presentMachines(): readonly Machine[] {
    return this.machines.filter((machine) => !machine.isRetired);
  }

  machineOf(id: bigint): Machine | undefined {
    return this.#byId.get(id);
  }

  /** A machine for a member that was added while the cluster runs. */
  addJoiner(id: bigint): Machine {
    const number = this.machines.length + 1;
    const clusterId = this.machines[0]?.clusterId ?? 0n;
    const identity = { number, id, name: `joiner${number}`, clusterId, bootstrap: undefined };
    return this.#addMachine(identity, this.faultPrng);
  }

  /** Removed members that hear nothing any more learn it from a connection that is refused. */
  retireRemoved(): void {
    const present = this.presentMachines;
    for (const { id, process } of present) {
      if (process === undefined) continue;
      const isKnownRemoved = present.some(
        (other) =>
          other.process?.parts?.book.isRemoved(id) === true &&
          !this.network.isBlocked(id, other.id),
      );
      if (isKnownRemoved) this.onRemoved(process);
    }
  }

  /** The member is gone for good; its machine goes with it. */
  retire(machine: Machine): void {
    if (machine.isRetired) return;
    const calmUs = this.isTrouble ? 0 : this.queue.nowUs - this.#calmSinceUs;
    if (calmUs < LAST_TWO_CALM_US && this.#leavesOne(machine.id)) {
      // Of two members the one that stays may not know of the removal, or lose what it knows, and then needs the vote of the
      // other: whoever shrinks a cluster so far in the middle of a disaster had better wait until they have met again.
      this.queue.after(REMOVED_STOP_US, () => this.retire(machine));
      return;
    }
    machine.isRetired = true;
    this.trace.add('retired', machine.number);
    machine.crash('kill');
  }

  /** Things go wrong now. */
  get isTrouble(): boolean {
    return this.#isTrouble;
  }

  set isTrouble(isTrouble: boolean) {
    if (this.#isTrouble && !isTrouble) this.#calmSinceUs = this.queue.nowUs;
    this.#isTrouble = isTrouble;
  }

  /** Clients had better ask a lot now. */
  get isTense(): boolean {
    return this.#isTense;
  }

  set isTense(isTense: boolean) {
    if (isTense === this.#isTense) return;
    this.#isTense = isTense;
    if (isTense) this.onTense();
  }

  // ---- the loop

  /** Lets everything happen that is due in the next `spanUs`. Stops at the first failure. */
  async run(spanUs: number): Promise<void> {
    const untilUs = this.queue.nowUs + spanUs;
    while (this.failure === undefined) {
      const event = this.queue.take(untilUs);
      if (event === undefined) return;
      event.task();
      if (this.#mustSettle) await this.#settle();
    }
  }

  get leader(): SimProcess | undefined {
    let found: SimProcess | undefined;
    for (const { process } of this.machines) {
      const raft = process?.parts?.raft;
      if (raft?.role !== 'leader') continue;
      if (found === undefined || raft.currentTerm > (found.parts?.raft.currentTerm ?? 0)) {
        found = process;
      }
    }
    return found;
  }

  fail(what: string, cause: unknown): void {
    if (this.failure !== undefined || cause instanceof SimCrash) return;
    const text = cause instanceof Error ? `${what}: ${cause.stack ?? cause.message}` : what;
    this.failure = cause === undefined ? new Error(text) : new Error(text, { cause });
  }

  /** Registers a request by the id its entry will carry. */
  track(high: number, low: number, request: TrackedRequest): void {
    this.#requests.set(`${high}.${low}`, request);
  }

  // ---- what processes do

  afterTask(process: SimProcess): void {
    if (process.ending !== undefined && process.isAlive) {
      this.stats.crashes++;
      process.machine.crash(process.ending);
      this.onDown(process.machine);
      return;
    }
    if (this.failure !== undefined) return;
    this.raftChecker.check(process);
    this.storeChecker.check(process);
  }

  observe(process: SimProcess): void {
    if (this.failure === undefined) this.raftChecker.check(process);
  }

  settlePromises(): void {
    this.#mustSettle = true;
  }

  noteCrashPoint(process: SimProcess, name: string): void {
    this.trace.add(name, process.machine.number);
    this.stats.crashPoints.set(name, (this.stats.crashPoints.get(name) ?? 0) + 1);
  }

  loggerOf(process: SimProcess): Logger {
    const { echoLog } = this;
    if (echoLog === undefined) return SILENT_LOGGER;
    const line = (message: string, fields?: unknown): void =>
      echoLog(`${this.queue.nowUs} m${process.machine.number} ${message} ${printable(fields)}`);
    return { debug: line, info: line, warn: line, error: line, fatal: line };
  }

  send(from: SimProcess, message: Message): void {
    this.raftChecker.sent(message);
    this.trace.add(
      MESSAGE_NAMES[message.type] ?? 'message',
      from.machine.number,
      this.#numberOf(message.to),
      message.term,
      message.index,
    );
    this.network.send(from.machine.id, message);
  }

  sendSnapshot(from: SimProcess, message: Message, done: (delivered: boolean) => void): void {
    const { snapshot, to } = message;
    const index = snapshot?.metadata.index ?? 0;
    this.stats.snapshotsSent++;
    this.trace.add('send snapshot', from.machine.number, this.#numberOf(to), index);
    const image = from.machine.store.open();
    const delayUs = this.network.bulkDelayUs(from.machine.id, to);
    if (delayUs === undefined) {
      this.queue.after(100_000, () => done(false));
      return;
    }
    this.queue.after(delayUs, () => {
      const receiver = this.#byId.get(to);
      const process = receiver?.process;
      if (receiver === undefined || process?.isServing !== true) {
        done(false);
        return;
      }
      const call: OpenCall = { onLost: () => this.queue.after(1000, () => done(false)) };
      process.calls.add(call);
      // The database is on disk before raft hears of it; only then the sender counts it as delivered.
      receiver.afterSync(process, () => {
        process.calls.delete(call);
        receiver.received.set(index, image);
        this.stats.snapshotsDelivered++;
        this.trace.add('received snapshot', receiver.number, index);
        process.parts?.node.step(message);
        this.queue.after(1000, () => done(true));
      });
    });
  }

  askLeader<T>(
    from: SimProcess,
    done: (answer: T | EtcdError) => void,
    ask: (parts: ProcessParts, answer: (value: T | EtcdError) => void) => void,
  ): void {
    const back = (answer: T | EtcdError): void => {
      this.queue.after(this.network.delayUs(), () => from.run(() => done(answer)));
    };
    const leader = this.#byId.get(from.parts?.node.leader ?? 0n);
    const isCut =
      leader === undefined ||
      this.network.isBlocked(from.machine.id, leader.id) ||
      this.network.isBlocked(leader.id, from.machine.id);
    if (leader === undefined || isCut) {
      back(new EtcdError('notLeader'));
      return;
    }
    this.queue.after(this.network.delayUs(), () => {
      const { process } = leader;
      const parts = process?.parts;
      if (process?.isServing !== true || parts === undefined) {
        back(new EtcdError('notLeader'));
        return;
      }
      const call: OpenCall = { onLost: () => back(new EtcdError('notLeader')) };
      process.calls.add(call);
      process.run(() =>
        ask(parts, (answer) => {
          if (process.calls.delete(call)) back(answer);
        }),
      );
    });
  }

  activeSinceMs(process: SimProcess, id: bigint): number | undefined {
    const peer = this.#byId.get(id);
    const own = process.machine;
    if (peer?.process?.isServing !== true) return undefined;
    if (this.network.isBlocked(own.id, id) || this.network.isBlocked(id, own.id)) return undefined;
    const sinceUs = Math.max(peer.bootedAtUs, own.bootedAtUs);
    return own.clock.monotonicMs() - ((this.queue.nowUs - sinceUs) / 1000) * own.clock.rate;
  }

  /** etcd: a removed member tells what is still under way and stops after a moment. */
  onRemoved(process: SimProcess): void {
    this.queue.after(REMOVED_STOP_US, () => this.retire(process.machine));
  }

  askOthers(from: SimProcess, done: () => void): void {
    this.queue.after(2 * this.network.delayUs(), () => from.run(done));
  }

  onBooted(process: SimProcess): void {
    const { parts, machine } = process;
    this.stats.bootCount++;
    this.trace.add('booted', machine.number, parts?.disk.position.index, parts?.disk.log.lastIndex);
  }

  onAppend(process: SimProcess, log: MemoryLog, entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    this.trace.add('append', process.machine.number, first.index, first.term, entries.length);
    this.raftChecker.appended(process, log, entries);
    for (const entry of entries) {
      for (const listener of this.appendListeners) listener(process, entry);
    }
  }

  onLeaderChanged(process: SimProcess, state: SoftState): void {
    const term = process.parts?.raft.currentTerm ?? 0;
    const leader = this.#numberOf(state.leader);
    this.trace.add(state.role, process.machine.number, term, leader);
    if (state.role !== 'leader') return;
    this.raftChecker.leads(process);
    for (const listener of this.leaderListeners) listener(process);
  }

  // ---- inside

  #addVoters(prng: Prng): void {
    const identities = Array.from({ length: this.scenario.members }, (_, i) => ({
      name: `member${i + 1}`,
      peerUrls: [`http://member${i + 1}:2380`],
    }));
    const { clusterId, members } = initialCluster(identities, 'simulation');
    const bootstrap = bootstrapLog(members);
    identities.forEach(({ name }, i) => {
      const id = members.find((member) => member.name === name)?.id ?? 0n;
      this.#addMachine({ number: i + 1, id, name, clusterId, bootstrap }, prng);
    });
  }

  #addMachine(identity: Identity, prng: Prng): Machine {
    const machine = new Machine(this, prng.fork(), identity);
    this.machines.push(machine);
    this.#byId.set(identity.id, machine);
    return machine;
  }

  /** Whether the cluster without this member has a single voter. */
  #leavesOne(id: bigint): boolean {
    const books = this.machines.map(({ process }) => process?.parts?.book);
    return books.some((book) => book?.isRemoved(id) === true && book.voters().length === 1);
  }

  #numberOf(id: bigint): number {
    return this.#byId.get(id)?.number ?? 0;
  }

  #deliver(to: bigint, message: Message): void {
    const process = this.#byId.get(to)?.process;
    if (process?.isServing !== true) {
      this.#unreachable(message.from, to);
      return;
    }
    if (process.parts?.book.isRemoved(message.from) === true) {
      this.#tellRemoved(message.from);
      return;
    }
    process.run(() => {
      const result = process.parts?.node.step(message);
      if (result?.kind === 'ignored' && FORBIDDEN.has(result.reason)) {
        this.fail(`m${process.machine.number} calls a message ${result.reason}`, undefined);
      }
    });
  }

  /** Peers refuse a member that was removed and tell it so. */
  #tellRemoved(id: bigint): void {
    const process = this.#byId.get(id)?.process;
    if (process !== undefined) this.onRemoved(process);
  }

  #unreachable(from: bigint, to: bigint): void {
    const process = this.#byId.get(from)?.process;
    if (process?.isServing !== true) return;
    process.run(() => {
      process.parts?.raft.reportUnreachable(to);
      if (this.#byId.get(to)?.process?.isServing !== true) process.parts?.raft.reportGone(to);
      process.parts?.node.wake();
    });
  }

  #committed(entry: Entry): void {
    const outcome = this.model.apply(entry);
    this.trace.add('committed', 0, entry.index, entry.term, outcome.revision);
    if (entry.type === EntryType.normal && entry.data.length > 0) {
      const { idHigh, idLow } = decodeRaftRequestEnvelope(entry.data);
      this.#requests.get(`${idHigh}.${idLow}`)?.onCommitted(outcome);
    }
    if (outcome.revoked !== 0n) this.onRevoked(outcome.revoked, entry);
  }

  /** Runs all microtasks. What they did may have ended processes, too. */
  async #settle(): Promise<void> {
    this.#mustSettle = false;
    await new Promise((resolve) => setImmediate(resolve));
    for (const { process } of this.machines) if (process !== undefined) this.afterTask(process);
  }
}

/** How long a removed member goes on. */
const REMOVED_STOP_US = 1_000_000;

/** The last of two asks for votes within two election timeouts, and may have to ask twice. */
const LAST_TWO_CALM_US = 5_000_000;

/** Answers of raft that no message of this cluster may get. */
const FORBIDDEN: ReadonlySet<string> = new Set(['badType', 'badAddress', 'malformed', 'beyondLog']);

const MESSAGE_NAMES: Readonly<Record<number, string>> = {
  2: 'send MsgProp',
  3: 'send MsgApp',
  4: 'send MsgAppResp',
  5: 'send MsgVote',
  6: 'send MsgVoteResp',
  8: 'send MsgHeartbeat',
  9: 'send MsgHeartbeatResp',
  13: 'send MsgTransferLeader',
  14: 'send MsgTimeoutNow',
  15: 'send MsgReadIndex',
  16: 'send MsgReadIndexResp',
  17: 'send MsgPreVote',
  18: 'send MsgPreVoteResp',
};

function printable(fields: unknown): string {
  if (fields === undefined) return '';
  return JSON.stringify(fields, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString(16) : value instanceof Error ? value.message : value,
  );
}
