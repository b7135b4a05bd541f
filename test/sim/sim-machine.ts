// Owns one simulated machine: what survives a process (disk, clock, identity) and the process that runs on it now.

import type { EtcdError } from '../../server/base/errors.ts';
import type { Logger } from '../../server/base/logger.ts';
import type { Prng } from '../../server/base/prng.ts';
import type { BootstrapLog } from '../../server/cluster/bootstrap.ts';
import type { MemoryLog } from '../../server/raft/memory-log.ts';
import type { Entry, Message, SoftState } from '../../server/raft/types.ts';
import type { Operation } from '../server/storage/wal/memory-file-system.ts';
import type { EventQueue } from './event-queue.ts';
import type { Scenario } from './scenario.ts';
import { type CrashKind, StoreDisk } from './sim-backend.ts';
import { SimClock } from './sim-clock.ts';
import { SimFileSystem } from './sim-file-system.ts';
import { type ProcessParts, SimProcess } from './sim-process.ts';
import type { StoreImage } from './store-image.ts';
import type { Trace } from './trace.ts';

/** The world, as machines and processes see it. */
export interface SimHost {
  readonly queue: EventQueue;
  readonly scenario: Scenario;
  readonly trace: Trace;
  /** Something is wrong: the run fails. */
  fail(what: string, cause: unknown): void;
  /** Promises were settled: the microtasks must run before anything else happens. */
  settlePromises(): void;
  /** A process did something; also called when it ended. */
  afterTask(process: SimProcess): void;
  /** A process may have committed and applied more since its task began: the model has to know before answers are judged. */
  observe(process: SimProcess): void;
  noteCrashPoint(process: SimProcess, name: string): void;
  loggerOf(process: SimProcess): Logger;
  send(from: SimProcess, message: Message): void;
  sendSnapshot(from: SimProcess, message: Message, done: (delivered: boolean) => void): void;
  /** Asks the member that `from` takes for the leader, over the network; notLeader when that cannot be. */
  askLeader<T>(
    from: SimProcess,
    done: (answer: T | EtcdError) => void,
    ask: (parts: ProcessParts, answer: (value: T | EtcdError) => void) => void,
  ): void;
  /** Since when a peer answers, on the clock of `process`; undefined while it does not. */
  activeSinceMs(process: SimProcess, id: bigint): number | undefined;
  /** The member learned that it is none any more. */
  onRemoved(process: SimProcess): void;
  /** Calls back after the other members were asked something and answered. */
  askOthers(from: SimProcess, done: () => void): void;
  onBooted(process: SimProcess): void;
  onAppend(process: SimProcess, log: MemoryLog, entries: readonly Entry[]): void;
  onLeaderChanged(process: SimProcess, state: SoftState): void;
}

/** The slowest sync: one that begins in trouble must not eat up the time the calm has to recover. */
const SYNC_MAX_US = 5_000_000;

/** Who a machine is. */
export type Identity = Pick<Machine, 'number' | 'id' | 'name' | 'clusterId' | 'bootstrap'>;

export class Machine {
  readonly number: number;
  readonly id: bigint;
  readonly name: string;
  readonly clusterId: bigint;
  /** What its log begins with; undefined for a member that joins. */
  readonly bootstrap: BootstrapLog | undefined;
  readonly files: SimFileSystem = new SimFileSystem();
  readonly store: StoreDisk = new StoreDisk();
  readonly clock: SimClock;
  /** Databases received with snapshots, durable, by index. */
  readonly received: Map<number, StoreImage> = new Map();
  /** Syncs take this many times longer than usual. */
  slowness = 1;
  /** Chance that an operation of the disk fails. */
  diskFailChance = 0;
  /** Removed from the cluster: it never runs again. */
  isRetired = false;
  /** When the process that runs was started. */
  bootedAtUs = 0;
  readonly #host: SimHost;
  readonly #prng: Prng;
  #process: SimProcess | undefined = undefined;

  constructor(host: SimHost, prng: Prng, identity: Identity) {
    this.#host = host;
    this.#prng = prng;
    this.number = identity.number;
    this.id = identity.id;
    this.name = identity.name;
    this.clusterId = identity.clusterId;
    this.bootstrap = identity.bootstrap;
    const { clockDrift, clockOffsetMs } = host.scenario;
    const rate = 1 + (prng.unit() * 2 - 1) * clockDrift;
    this.clock = new SimClock(host.queue, rate, (prng.unit() * 2 - 1) * clockOffsetMs);
  }

  /** The process that runs, if one does. */
  get process(): SimProcess | undefined {
    return this.#process?.isAlive === true ? this.#process : undefined;
  }

  get isUp(): boolean {
    return this.process !== undefined;
  }

  boot(): void {
    if (this.isUp || this.isRetired) return;
    this.bootedAtUs = this.#host.queue.nowUs;
    const process = new SimProcess(this, this.#host, this.#prng.fork());
    this.#process = process;
    this.#host.trace.add('boot', this.number);
    this.files.host = {
      afterSync: (task) => this.afterSync(process, task),
      crashPoint: (name) => process.crashPoint(name),
      failureOf: (operation) => this.#failureOf(operation),
    };
    process.run(() => process.boot());
  }

  /** The process ends now, with or without the power of its machine. */
  crash(kind: CrashKind): void {
    const { process } = this;
    if (process === undefined) return;
    process.isAlive = false;
    process.ending = kind;
    this.files.host = undefined;
    this.#host.trace.add(kind === 'kill' ? 'killed' : 'power lost', this.number);
    if (kind === 'kill') {
      this.files.kill();
    } else {
      // Usually most of what was written lately is there or most of it is not.
      const share = this.#prng.unit();
      this.files.crash(() => this.#prng.chance(share));
      this.store.losePower((count) => this.#prng.below(count + 1));
    }
    process.loseCalls();
  }

  /** Runs `task` of a process when a sync begun now ends. */
  afterSync(process: SimProcess, task: () => void): void {
    const { syncMinUs, syncMaxUs } = this.#host.scenario;
    const delayUs = this.#prng.between(syncMinUs, syncMaxUs) * this.slowness;
    this.#host.queue.after(Math.min(delayUs, SYNC_MAX_US), () => process.run(task));
  }

  #failureOf(operation: Operation): string | undefined {
    if (this.diskFailChance === 0 || !this.#prng.chance(this.diskFailChance)) return undefined;
    if (operation === 'sync') return 'EIO';
    return operation === 'write' || operation === 'truncate' ? 'ENOSPC' : undefined;
  }

  releaseReceived(index: number): void {
    for (const known of [...this.received.keys()]) if (known <= index) this.received.delete(known);
  }
}
