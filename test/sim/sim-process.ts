// Owns one life of a simulated member: the real parts of a server, put together over the machine's simulated disk, clock
// and network the way server/cli/open-storage.ts and server/cli/member.ts do it over the real ones. It ends at a crash
// point, by an error of its own, or in good order; its machine then starts another.

import { AlarmStore } from '../../server/alarm/alarm-store.ts';
import { SILENT_LOGGER } from '../../server/base/logger.ts';
import { MetricRegistry } from '../../server/base/metrics.ts';
import type { Prng } from '../../server/base/prng.ts';
import { ClusterChanges } from '../../server/cli/cluster-port.ts';
import { createRaftMembership } from '../../server/cli/raft-membership.ts';
import { MembershipBook } from '../../server/cluster/membership-book.ts';
import { v2StoreJson } from '../../server/cluster/v2-store.ts';
import { Lessor, minLeaseTtlSeconds } from '../../server/lease/lessor.ts';
import { MvccStore } from '../../server/mvcc/store.ts';
import { ClusterDuties } from '../../server/node/cluster-duties.ts';
import { KvReader } from '../../server/node/kv-reader.ts';
import { LeaseAccess } from '../../server/node/lease-access.ts';
import { REQUEST_TIMEOUT_BASE_MS } from '../../server/node/limits.ts';
import { createNodeMetrics } from '../../server/node/metrics.ts';
import { Node } from '../../server/node/node.ts';
import type { LogWriter } from '../../server/node/ready-loop.ts';
import { SlowRequests } from '../../server/node/slow-requests.ts';
import { SnapshotKeeper } from '../../server/node/snapshot-keeper.ts';
import { WatchPump } from '../../server/node/watch-pump.ts';
import { encodeLeaseCheckpointRequest } from '../../server/proto/gen/rpc.ts';
import { PayloadField } from '../../server/proto/payload-field.ts';
import { RawNode } from '../../server/raft/raw-node.ts';
import { type Message, MessageType, type Snapshot } from '../../server/raft/types.ts';
import type { OpenedDisk } from './open-disk.ts';
import { openDisk } from './open-disk.ts';
import type { Scenario } from './scenario.ts';
import type { CrashKind, SimBackend } from './sim-backend.ts';
import { SimScheduler } from './sim-clock.ts';
import type { Machine, SimHost } from './sim-machine.ts';

/** One for all lives of all members: nobody looks, and making them anew takes longer than reading most logs. */
const METRICS = createNodeMetrics(new MetricRegistry());

/** Ends a process from the inside. */
export class SimCrash extends Error {
  override readonly name: string = 'SimCrash';
}

/** A request of a client that a process is busy with. */
export interface OpenCall {
  /** The process is gone; nobody will answer. */
  onLost(): void;
}

/** What a process is made of once its disk is open. */
export interface ProcessParts {
  readonly disk: OpenedDisk;
  readonly backend: SimBackend;
  readonly store: MvccStore;
  readonly lessor: Lessor;
  readonly alarms: AlarmStore;
  readonly book: MembershipBook;
  readonly raft: RawNode;
  readonly snapshots: SnapshotKeeper;
  readonly node: Node;
  readonly duties: ClusterDuties;
  readonly pump: WatchPump;
  readonly reader: KvReader;
  readonly leases: LeaseAccess;
  readonly changes: ClusterChanges;
}

export class SimProcess {
  readonly machine: Machine;
  readonly host: SimHost;
  readonly scheduler: SimScheduler;
  readonly calls: Set<OpenCall> = new Set();
  readonly #prng: Prng;
  /** What the checkers remember of this life. */
  readonly seen = { commit: 0, term: 0, applied: 0 };
  parts: ProcessParts | undefined = undefined;
  /** How it ends, once it is decided. */
  ending: CrashKind | undefined = undefined;
  isAlive = true;
  #pausedUntilUs = 0;
  /** Crash points left before the process ends by itself; negative for never. */
  #fuse = -1;
  #fuseKind: CrashKind = 'kill';
  #outbox: (() => void)[] = [];
  #isFlushDue = false;

  constructor(machine: Machine, host: SimHost, prng: Prng) {
    this.machine = machine;
    this.host = host;
    this.#prng = prng;
    this.scheduler = new SimScheduler(host.queue, machine.clock.rate, (task) => this.run(task));
  }

  get isServing(): boolean {
    return this.isAlive && this.parts !== undefined;
  }

  // ---- how things happen to it

  /** Everything the process does happens in here. */
  run(task: () => void): void {
    if (!this.isAlive) return;
    const { queue } = this.host;
    if (this.#pausedUntilUs > queue.nowUs) {
      queue.after(this.#pausedUntilUs - queue.nowUs, () => this.run(task));
      return;
    }
    try {
      task();
    } catch (error) {
      if (isDiskError(error)) this.onFatal(error);
      else if (!(error instanceof SimCrash)) {
        this.host.fail(`member ${this.machine.number} threw`, error);
      }
    }
    this.host.afterTask(this);
  }

  /** The process stands still for a while, as if the machine had no time for it. */
  pause(spanUs: number): void {
    this.#pausedUntilUs = Math.ceil(this.host.queue.nowUs + spanUs);
  }

  /** Ends the process at the crash point that comes after `points` others. */
  lightFuse(points: number, kind: CrashKind): void {
    this.#fuse = points;
    this.#fuseKind = kind;
  }

  /** A place between two effects. Throws when the process ends here, and ever after. */
  crashPoint(name: string): void {
    if (this.ending !== undefined || !this.isAlive) throw new SimCrash('ended');
    if (this.#fuse < 0) return;
    if (this.#fuse-- > 0) return;
    this.ending = this.#fuseKind;
    this.host.noteCrashPoint(this, name);
    throw new SimCrash(name);
  }

  // ---- life

  boot(): void {
    openDisk(this, (disk, backend) => {
      this.parts = createParts(this, disk, backend);
      this.host.onBooted(this);
      this.parts.node.start();
      this.parts.duties.start(() => undefined);
    });
  }

  /** Ends in good order, as SIGTERM does: the log is closed, then `done`. */
  stop(done: () => void): void {
    const { parts } = this;
    if (parts === undefined) {
      done();
      return;
    }
    parts.duties.stop();
    parts.pump.stop();
    parts.node.stop();
    parts.disk.wal.close(done);
  }

  /** After the end: nobody who waited gets an answer. */
  loseCalls(): void {
    this.#outbox = [];
    const calls = [...this.calls];
    this.calls.clear();
    for (const call of calls) call.onLost();
  }

  // ---- what it does to others

  /** An answer to a client: it leaves with the next flush, as from a real connection. */
  answer(deliver: () => void): void {
    this.#outbox.push(deliver);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.scheduler.soon(() => this.flush());
  }

  flush(): void {
    this.#isFlushDue = false;
    // After this the log may be cut up to what was just committed: last chance to look at it.
    this.host.observe(this);
    if (this.#outbox.length === 0) return;
    this.crashPoint('before answers leave');
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const deliver of outbox) deliver();
    this.crashPoint('after answers left');
  }

  send(messages: readonly Message[]): void {
    this.crashPoint('before messages leave');
    for (const message of messages) {
      if (message.type === MessageType.snap) this.#sendSnapshot(message);
      else this.host.send(this, message);
    }
    this.crashPoint('after messages left');
  }

  /** The process dies of a disk that fails; anything else that ends it is an error of the program. */
  onFatal(error: unknown): void {
    if (!this.isAlive || this.ending !== undefined) return;
    if (isDiskError(error)) this.ending = 'kill';
    else this.host.fail(`member ${this.machine.number} cannot go on`, error);
  }

  random(limit: number): number {
    return this.#prng.below(limit);
  }

  #sendSnapshot(message: Message): void {
    this.parts?.snapshots.hold();
    this.scheduler.soon(() => {
      const { parts } = this;
      parts?.backend.whenCommitted(() => this.#sendState(parts, message));
    });
  }

  /** The state as it is now, when everything applied is in the store. */
  #sendState(parts: ProcessParts, message: Message): void {
    const { node, raft, book } = parts;
    const index = node.appliedIndex;
    const metadata = { index, term: node.appliedTerm, confState: raft.confState() };
    const snapshot: Snapshot = { data: v2StoreJson(book.v2View(), index), metadata };
    this.host.sendSnapshot(this, { ...message, snapshot }, (delivered) => {
      this.run(() => {
        parts.snapshots.release();
        raft.reportSnapshot(message.to, delivered);
        node.wake();
      });
    });
  }
}

/** What a disk that is broken or full answers; the member stops, and somebody starts it again. */
function isDiskError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.cause !== undefined) return isDiskError(error.cause);
  return 'code' in error && (error.code === 'EIO' || error.code === 'ENOSPC');
}

function createParts(process: SimProcess, disk: OpenedDisk, backend: SimBackend): ProcessParts {
  const { host } = process;
  const { scenario } = host;
  const logger = host.loggerOf(process);
  const lessor = new Lessor(backend, {
    minTtlSeconds: minTtlSeconds(scenario),
    checkpoints: false,
  });
  const store = new MvccStore(backend, {
    compactionBatchLimit: scenario.compactionBatchLimit,
    valueCacheBytes: scenario.valueCacheBytes,
  });
  store.restore((key, lease) => lessor.attach(key, lease)).run();
  const alarms = new AlarmStore(backend);
  const { clusterId, nodeId } = disk.metadata;
  const book = new MembershipBook(backend, { clusterId, localId: nodeId, logger });
  const raft = new RawNode(
    {
      id: nodeId,
      random: (limit) => process.random(limit),
      electionTicks: scenario.electionTicks,
      preVote: scenario.preVote,
      savesMessages: true,
      maxSizePerMessageBytes: scenario.maxSizePerMessageBytes,
      maxInflightMessages: scenario.maxInflightMessages,
      logger,
    },
    disk.log,
    {
      hardState: disk.hardState,
      confState: book.confStateOfMembers(),
      applied: disk.position.index,
    },
  );
  const base = { disk, backend, store, lessor, alarms, book, raft };
  const snapshots = createKeeper(process, base);
  const node = createNode(process, { ...base, snapshots });
  const time = { clock: process.machine.clock, scheduler: process.scheduler };
  return {
    ...base,
    snapshots,
    node,
    duties: createDuties(process, node, base),
    changes: createChanges(process, node, base),
    pump: new WatchPump(store.watchHub, time, () => process.flush()),
    reader: new KvReader(
      store,
      time,
      METRICS.requests,
      new SlowRequests(100, SILENT_LOGGER, METRICS.slowApplies),
    ),
    leases: new LeaseAccess({
      ...time,
      lessor,
      readIndex: (listener) => node.readIndex(listener),
      leadership: {
        term: () => raft.leadingTerm,
        isCaughtUp: () => node.appliedIndex >= raft.committed,
        proofMs: electionTimeoutMs(scenario) / 2,
      },
      ids: node.ids,
      leader: {
        renew: (id, done) =>
          host.askLeader(process, done, ({ leases }, answer) => leases.renewHere(id, answer)),
        timeToLive: (id, withKeys, done) =>
          host.askLeader(process, done, ({ leases }, answer) =>
            leases.timeToLiveHere(id, withKeys, answer),
          ),
      },
      requestTimeoutMs: REQUEST_TIMEOUT_BASE_MS + 2 * electionTimeoutMs(scenario),
      resetCheckpoint: (id, done) => {
        const raw = encodeLeaseCheckpointRequest({ checkpoints: [{ id, remainingTtl: 0 }] });
        node.proposeOwn(PayloadField.leaseCheckpoint, raw, done);
      },
    }),
  };
}

type Base = Pick<
  ProcessParts,
  'disk' | 'backend' | 'store' | 'lessor' | 'alarms' | 'book' | 'raft'
>;

function createNode(process: SimProcess, base: Base & { snapshots: SnapshotKeeper }): Node {
  const { host, machine } = process;
  const { scenario } = host;
  const logger = host.loggerOf(process);
  return new Node(
    {
      ...base,
      memberId: machine.id,
      log: watchedLog(process, base.disk),
      membership: createRaftMembership(base.book, logger, (outcome) => {
        if (outcome.kind === 'removed' && outcome.id === machine.id) host.onRemoved(process);
      }),
      position: base.disk.position,
      installer: {
        save: (snapshot, done) => saveReceived(process, base, snapshot, done),
        install: (snapshot, done) => installReceived(process, base, snapshot, done),
      },
      send: (messages) => process.send(messages),
      flush: () => process.flush(),
      onLeaderChanged: (state) => host.onLeaderChanged(process, state),
      onFatal: (error) => process.onFatal(error),
      clock: machine.clock,
      scheduler: process.scheduler,
      logger,
      metrics: METRICS,
    },
    {
      heartbeatIntervalMs: scenario.heartbeatIntervalMs,
      electionTimeoutMs: electionTimeoutMs(scenario),
      maxRequestBytes: 1 << 20,
      quotaBytes: -1,
      persistLeaseCheckpoints: false,
      priorityRequests: false,
      warningApplyMs: 100,
      compactionBatchLimit: scenario.compactionBatchLimit,
      compactionPauseMs: 10,
      commitIntervalMs: scenario.commitIntervalMs,
      commitEntriesMax: scenario.commitEntriesMax,
    },
  );
}

function createChanges(process: SimProcess, node: Node, { raft, book }: Base): ClusterChanges {
  const { host, machine } = process;
  return new ClusterChanges({
    node,
    raft,
    book,
    clock: machine.clock,
    logger: host.loggerOf(process),
    strictReconfigCheck: true,
    activeSinceMs: (id) => host.activeSinceMs(process, id),
    promoteAtLeader: (id, _authorization, done) =>
      host.askLeader(process, done, ({ changes }, answer) => changes.promoteHere(id, answer)),
  });
}

function createDuties(process: SimProcess, node: Node, { book, store }: Base): ClusterDuties {
  const { machine, host, scheduler } = process;
  return new ClusterDuties({
    node,
    memberId: machine.id,
    name: machine.name,
    clientUrls: [`http://${machine.name}:2379`],
    serverMinorVersion: '3.7.0',
    clusterVersion: () => book.clusterVersion,
    othersVersion: (done) => host.askOthers(process, () => done('3.7.0')),
    revision: () => store.revision,
    compactor: undefined,
    clock: machine.clock,
    scheduler,
    logger: host.loggerOf(process),
  });
}

/** The log with crash points around it, and the checkers looking on. */
function watchedLog(process: SimProcess, { wal, log }: OpenedDisk): LogWriter {
  return {
    append: (entries, hardState, mustSync, done, isLone) => {
      process.crashPoint('before append');
      process.host.onAppend(process, log, entries);
      const persisted = (): void => {
        process.crashPoint('before persisted');
        done();
        process.crashPoint('after persisted');
      };
      const syncsOnLoop = isLone && process.host.scenario.syncsOnLoop;
      wal.append(entries, hardState, mustSync, persisted, syncsOnLoop);
      process.crashPoint('after append');
    },
  };
}

function createKeeper(process: SimProcess, base: Base): SnapshotKeeper {
  const { scenario } = process.host;
  const { disk, backend, raft, book } = base;
  return new SnapshotKeeper(
    {
      raft,
      logger: process.host.loggerOf(process),
      capture: (index) => ({
        confState: raft.confState(),
        data: v2StoreJson(book.v2View(), index),
      }),
      store: {
        syncStore: () =>
          new Promise<void>((resolve) => {
            const mark = backend.disk.mark();
            process.machine.afterSync(process, () => {
              process.crashPoint('before store sync ends');
              backend.disk.synced(mark);
              process.crashPoint('after store sync ended');
              process.host.settlePromises();
              resolve();
            });
          }),
        saveFile: (snapshot) =>
          new Promise<void>((resolve, reject) => {
            disk.snapshots.save(snapshot, (error) => {
              process.host.settlePromises();
              if (error === undefined) resolve();
              else reject(error);
            });
          }),
        saveRecord: (record, done) =>
          disk.wal.saveSnapshot(record, () => {
            process.host.settlePromises();
            done();
          }),
        release: (index) => disk.wal.releaseTo(index),
        purge: () => {
          disk.wal.purge(scenario.maxWalFiles);
          disk.snapshots.purge();
        },
      },
    },
    {
      entriesPerSnapshot: scenario.snapshotCount,
      catchupEntries: scenario.catchupEntries,
      lastIndex: disk.snapshotIndex,
    },
    (error) => process.onFatal(error),
  );
}

// ---- snapshots from the leader, as server/cli/snapshot-installer.ts

function saveReceived(
  process: SimProcess,
  { disk, snapshots }: Base & { snapshots: SnapshotKeeper },
  snapshot: Snapshot,
  done: () => void,
): void {
  const { index, term, confState } = snapshot.metadata;
  disk.snapshots.save(snapshot, (error) => {
    if (snapshots.isStopped) return;
    if (error === undefined) disk.wal.saveSnapshot({ index, term, confState }, done);
    else process.onFatal(error);
  });
}

function installReceived(
  process: SimProcess,
  base: Base,
  snapshot: Snapshot,
  done: () => void,
): void {
  const { backend, lessor, alarms, book, store, disk } = base;
  const { index } = snapshot.metadata;
  process.machine.afterSync(process, () => {
    const image = process.machine.received.get(index);
    if (image === undefined) {
      process.host.fail(`member ${process.machine.number} lost database ${index}`, undefined);
      return;
    }
    process.crashPoint('before install');
    backend.replace(image);
    process.crashPoint('after install');
    lessor.restore();
    const job = store.restore((key, lease) => lessor.attach(key, lease));
    const slice = (): void => {
      if (!job.step()) {
        process.scheduler.soon(slice);
        return;
      }
      alarms.restore();
      book.restore();
      disk.wal.releaseTo(index);
      process.machine.releaseReceived(index);
      process.crashPoint('after restore');
      done();
    };
    slice();
  });
}

export function electionTimeoutMs(scenario: Scenario): number {
  return scenario.heartbeatIntervalMs * scenario.electionTicks;
}

export function minTtlSeconds(scenario: Scenario): number {
  return minLeaseTtlSeconds(scenario.electionTicks, scenario.heartbeatIntervalMs);
}
