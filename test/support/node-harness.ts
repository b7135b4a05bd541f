// Owns a whole node over memory for tests: a real raft, applier, store and lessor; time is stepped, and the log is
// durable when the test says so.

import { AlarmStore } from '../../server/alarm/alarm-store.ts';
import type { ApplyOutcome } from '../../server/apply/result.ts';
import { isEtcdError } from '../../server/base/errors.ts';
import { type Logger, SILENT_LOGGER } from '../../server/base/logger.ts';
import { MetricRegistry } from '../../server/base/metrics.ts';
import { Lessor } from '../../server/lease/lessor.ts';
import type { MvccStore } from '../../server/mvcc/store.ts';
import { readPosition } from '../../server/node/entry-applier.ts';
import { createNodeMetrics, type NodeMetrics } from '../../server/node/metrics.ts';
import { Node, type NodeDeps, type NodeOptions } from '../../server/node/node.ts';
import type { LogWriter } from '../../server/node/ready-loop.ts';
import { SnapshotKeeper } from '../../server/node/snapshot-keeper.ts';
import {
  createPutRequest,
  encodeDeleteRangeRequest,
  encodePutRequest,
} from '../../server/proto/gen/rpc.ts';
import { PayloadField, type PayloadFieldNumber } from '../../server/proto/payload-field.ts';
import { MemoryLog } from '../../server/raft/memory-log.ts';
import { RawNode } from '../../server/raft/raw-node.ts';
import { EMPTY_CONF_STATE } from '../../server/raft/restart.ts';
import type { Entry, HardState, Message, SoftState } from '../../server/raft/types.ts';
import { deleteOf, putOf } from './apply-harness.ts';
import { MemoryBackend } from './memory-backend.ts';
import { openStore } from './mvcc-harness.ts';
import { SteppedTime } from './stepped-scheduler.ts';

/** The log's disk: every append waits until `sync`, unless it is told to be instant. */
export class HeldLog implements LogWriter {
  readonly entries: Entry[] = [];
  hardState: HardState = { term: 1, vote: 0n, commit: 1 };
  isInstant = true;
  /** Entries per append that asked for a sync. */
  readonly batches: number[] = [];
  /** For each of them, whether it may hold up the loop. */
  readonly lone: boolean[] = [];
  readonly #waiting: (() => void)[] = [];

  append(
    entries: readonly Entry[],
    hardState: HardState | undefined,
    mustSync: boolean,
    done: () => void,
    isLone: boolean,
  ): void {
    if (mustSync) this.lone.push(isLone);
    const [first] = entries;
    if (first !== undefined) {
      const from = this.entries.findIndex(({ index }) => index >= first.index);
      if (from >= 0) this.entries.splice(from);
    }
    this.entries.push(...entries);
    if (hardState !== undefined) this.hardState = hardState;
    if (mustSync) this.batches.push(entries.length);
    if (this.isInstant || !mustSync) done();
    else this.#waiting.push(done);
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Everything appended so far is durable. */
  sync(): void {
    for (const done of this.#waiting.splice(0)) done();
  }
}

export interface NodeWorldOptions {
  readonly voters?: readonly bigint[];
  readonly node?: Partial<NodeOptions>;
  /** What a former life left. */
  readonly backend?: MemoryBackend;
  readonly log?: HeldLog;
  readonly entriesPerSnapshot?: number;
  readonly logger?: Logger;
}

const SELF = 1n;
/** Everything starts after one entry that was applied before: the addition of the members. */
const BASE = { index: 1, term: 1 };

export class NodeWorld {
  readonly time: SteppedTime = new SteppedTime();
  readonly backend: MemoryBackend;
  readonly log: HeldLog;
  readonly store: MvccStore;
  readonly lessor: Lessor;
  readonly alarms: AlarmStore;
  readonly raft: RawNode;
  readonly node: Node;
  readonly registry: MetricRegistry = new MetricRegistry();
  readonly metrics: NodeMetrics = createNodeMetrics(this.registry);
  /** What happened, in order. */
  readonly told: string[] = [];
  readonly sent: Message[] = [];

  constructor(options: NodeWorldOptions = {}) {
    this.backend = options.backend ?? new MemoryBackend();
    this.log = options.log ?? new HeldLog();
    this.lessor = new Lessor(this.backend, { minTtlSeconds: 2, checkpoints: false });
    this.store = openStore(this.backend);
    this.alarms = new AlarmStore(this.backend);
    const stored = readPosition(this.backend);
    const position = stored.index === 0 ? BASE : stored;
    this.raft = new RawNode(
      { id: SELF, random: () => 0, electionTicks: 10, savesMessages: true },
      new MemoryLog(BASE, this.log.entries),
      {
        hardState: this.log.hardState,
        confState: { ...EMPTY_CONF_STATE, voters: options.voters ?? [SELF] },
        applied: position.index,
      },
    );
    this.node = new Node(this.#deps(position, options), {
      heartbeatIntervalMs: 100,
      electionTimeoutMs: 1000,
      maxRequestBytes: 10_000,
      quotaBytes: -1,
      persistLeaseCheckpoints: false,
      priorityRequests: false,
      warningApplyMs: 100,
      compactionBatchLimit: 100,
      compactionPauseMs: 10,
      // Each turn, as if nothing were to be gained by waiting.
      commitIntervalMs: 100,
      commitEntriesMax: 1,
      ...options.node,
    });
  }

  /** Starts, and waits until it leads where it is alone. */
  start(): this {
    this.node.start();
    this.time.settle();
    return this;
  }

  /** Submits a request; the outcome appears in the list. */
  submit(field: PayloadFieldNumber, raw: Uint8Array): ApplyOutcome[] {
    const outcomes: ApplyOutcome[] = [];
    const proposal = this.node.prepare(field, raw);
    this.node.submit(proposal, { onOutcome: (outcome) => outcomes.push(outcome) });
    return outcomes;
  }

  put(key: string, value = ''): ApplyOutcome[] {
    const request = createPutRequest(putOf(key, value));
    return this.submit(PayloadField.put, encodePutRequest(request));
  }

  remove(key: string): ApplyOutcome[] {
    return this.submit(PayloadField.deleteRange, encodeDeleteRangeRequest(deleteOf(key)));
  }

  /** Asks for a linearizable read; the list has what came of it. */
  read(): string[] {
    const results: string[] = [];
    this.node.readIndex({
      onReadable: (error) => results.push(error === undefined ? 'ok' : error.code),
    });
    return results;
  }

  /** The same member after a crash: what was not committed to the store is gone, the log is whole. */
  crashed(options: NodeWorldOptions = {}): NodeWorld {
    return new NodeWorld({ ...options, backend: this.backend.lost(), log: this.log });
  }

  #deps(position: NodeDeps['position'], options: NodeWorldOptions): NodeDeps {
    const { told, time } = this;
    const tell = (text: string): void => {
      told.push(text);
    };
    return {
      memberId: SELF,
      raft: this.raft,
      log: this.log,
      backend: this.backend,
      store: this.store,
      lessor: this.lessor,
      alarms: this.alarms,
      membership: {
        setClusterVersion: ({ ver }) => tell(`version ${ver}`),
        setMemberAttributes: ({ memberId }) => tell(`attributes ${memberId}`),
        setDowngradeInfo: () => tell('downgrade'),
        putV2: (path) => tell(`v2 ${path}`),
        applyConfChange: () => undefined,
        recordConfState: () => tell('conf state'),
      },
      position,
      snapshots: this.#snapshotKeeper(options.entriesPerSnapshot ?? 10_000),
      installer: {
        save: (_snapshot, done) => {
          tell('snapshot saved');
          done();
        },
        install: (_snapshot, done) => {
          tell('snapshot installed');
          done();
        },
      },
      send: (messages) => {
        this.sent.push(...messages);
      },
      flush: () => tell('flush'),
      onLeaderChanged: (state: SoftState) => tell(`leader ${state.leader} ${state.role}`),
      onFatal: (error) => tell(`fatal ${String(error)}`),
      clock: time,
      scheduler: time,
      logger: options.logger ?? SILENT_LOGGER,
      metrics: this.metrics,
    };
  }

  #snapshotKeeper(entriesPerSnapshot: number): SnapshotKeeper {
    const { told } = this;
    return new SnapshotKeeper(
      {
        raft: this.raft,
        store: {
          syncStore: () => Promise.resolve(void told.push('store synced')),
          saveFile: () => Promise.resolve(void told.push('file saved')),
          saveRecord: (_record, done) => {
            told.push('record saved');
            done();
          },
          release: (index) => told.push(`released ${index}`),
          purge: () => told.push('purged'),
        },
        logger: SILENT_LOGGER,
        capture: () => ({ confState: this.raft.confState(), data: new Uint8Array(0) }),
      },
      { entriesPerSnapshot, catchupEntries: 1000, lastIndex: 1 },
      (error) => told.push(`fatal ${String(error)}`),
    );
  }
}

/** Kinds and codes of outcomes. */
export function kindsOf(outcomes: readonly ApplyOutcome[]): string[] {
  return outcomes.map((outcome) => (isEtcdError(outcome) ? outcome.code : outcome.kind));
}
