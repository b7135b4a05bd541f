// Owns a running member: raft, store, leases and alarms joined into one thing that takes requests. Everything with an
// effect is done by the parts it puts together; this file is their wiring and their life from start to stop.

import type { AlarmStore } from '../alarm/alarm-store.ts';
import { Applier, type MembershipPort as MembershipCommands } from '../apply/applier.ts';
import { decodeCommand } from '../apply/command.ts';
import type { ApplyOutcome } from '../apply/result.ts';
import type { Backend } from '../base/backend.ts';
import type { Clock } from '../base/clock.ts';
import { EtcdError } from '../base/errors.ts';
import { FAILPOINTS } from '../base/failpoint.ts';
import type { Logger } from '../base/logger.ts';
import type { Lessor } from '../lease/lessor.ts';
import type { MvccStore } from '../mvcc/store.ts';
import { decodeConfChange } from '../proto/gen/raft.ts';
import {
  AlarmAction,
  AlarmType,
  encodeAlarmRequest,
  encodeLeaseRevokeRequest,
} from '../proto/gen/rpc.ts';
import { encodeRaftRequest } from '../proto/hot.ts';
import { PayloadField, type PayloadFieldNumber } from '../proto/payload-field.ts';
import type { RawNode } from '../raft/raw-node.ts';
import type { StepResult } from '../raft/step-result.ts';
import type { ConfChange, ConfState, Entry, Message, Snapshot, SoftState } from '../raft/types.ts';
import type { Proposer, RaftView } from './api.ts';
import { Background, type BackgroundOptions } from './background.ts';
import { type ConfChangeDone, ConfChanges } from './conf-changes.ts';
import { EntryApplier } from './entry-applier.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { APPLY_LAG_MAX, PRIORITY_APPLY_LAG_MAX, REQUEST_TIMEOUT_BASE_MS } from './limits.ts';
import type { NodeMetrics } from './metrics.ts';
import { NoSpaceAlarm } from './no-space-alarm.ts';
import { Proposal, type ProposalListener, Proposals } from './proposals.ts';
import { ReadIndexQueue, type ReadListener } from './read-index.ts';
import { type LogWriter, ReadyLoop } from './ready-loop.ts';
import { RequestIdGenerator } from './request-id.ts';
import type { Cancel, Scheduler } from './scheduler.ts';
import { SlowRequests } from './slow-requests.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';
import { type StoreCommitOptions, StoreCommits } from './store-commits.ts';

/** The membership, as the node needs it. */
export interface Membership extends MembershipCommands {
  /** Validates and records a change of the log; answers why it was refused, if it was. */
  applyConfChange(change: ConfChange): EtcdError | undefined;
  /** Stores what is in force after a change. */
  recordConfState(confState: ConfState): void;
}

/** What a received snapshot needs done outside of raft. */
export interface SnapshotInstaller {
  /** Makes the snapshot's file and its record in the log durable. */
  save(snapshot: Snapshot, done: () => void): void;
  /** Replaces the store and everything read from it by the snapshot's database. */
  install(snapshot: Snapshot, done: () => void): void;
}

export interface NodeOptions extends BackgroundOptions, StoreCommitOptions {
  readonly heartbeatIntervalMs: number;
  readonly electionTimeoutMs: number;
  readonly maxRequestBytes: number;
  /** Negative: no quota. */
  readonly quotaBytes: number;
  readonly persistLeaseCheckpoints: boolean;
  /** Revocations of leases are still taken while other requests are refused because the apply lags. */
  readonly priorityRequests: boolean;
  /** An apply that takes longer is logged and counted. */
  readonly warningApplyMs: number;
}

export interface NodeDeps {
  readonly memberId: bigint;
  readonly raft: RawNode;
  readonly log: LogWriter;
  readonly backend: Backend;
  readonly store: MvccStore;
  readonly lessor: Lessor;
  readonly alarms: AlarmStore;
  readonly membership: Membership;
  /** How far the store has come. */
  readonly position: { readonly index: number; readonly term: number };
  readonly snapshots: SnapshotKeeper;
  readonly installer: SnapshotInstaller;
  /** Sends messages to other members. */
  readonly send: (messages: readonly Message[]) => void;
  /** Lets the answers of this turn leave. */
  readonly flush: () => void;
  readonly onLeaderChanged: (state: SoftState) => void;
  /** The member cannot go on; called at most once. */
  readonly onFatal: (error: unknown) => void;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: NodeMetrics;
}

export class Node implements Proposer {
  readonly background: Background;
  readonly applier: Applier;
  readonly ids: RequestIdGenerator;
  readonly #deps: NodeDeps;
  readonly #options: NodeOptions;
  readonly #requestTimeoutMs: number;
  readonly #proposals: Proposals = new Proposals();
  readonly #reads: ReadIndexQueue;
  readonly #entries: EntryApplier;
  readonly #commits: StoreCommits;
  readonly #loop: ReadyLoop;
  readonly #leases: LeaseKeeper;
  readonly #snapshots: SnapshotKeeper;
  readonly #confChanges: ConfChanges;
  readonly #noSpace: NoSpaceAlarm;
  readonly #slow: SlowRequests;
  /** Entries that must wait: for a snapshot to be installed, or because a test holds them. */
  #held: Entry[] | undefined = undefined;
  #softState: SoftState = { leader: 0n, role: 'follower' };
  /** When this member last became the leader, on the monotonic clock. */
  #electedMs = Number.NEGATIVE_INFINITY;
  /** The last term whose first entry was applied here while it was current. */
  #startedTerm = 0;
  #cancelTicks: Cancel | undefined = undefined;
  #isStopped = false;

  constructor(deps: NodeDeps, options: NodeOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#requestTimeoutMs = REQUEST_TIMEOUT_BASE_MS + 2 * options.electionTimeoutMs;
    this.ids = new RequestIdGenerator(deps.memberId, deps.clock.wallMs());
    this.background = new Background(deps.store, deps, options, () => this.#commits.commitAll());
    this.applier = this.#createApplier();
    this.#reads = this.#createReads();
    this.#entries = this.#createEntryApplier();
    this.#commits = new StoreCommits(this.#entries, deps, options);
    this.#leases = new LeaseKeeper(deps.lessor, deps, options.electionTimeoutMs, (id) =>
      this.#revokeExpired(id),
    );
    this.#snapshots = deps.snapshots;
    this.#confChanges = new ConfChanges((data) => deps.raft.proposeConfChange(data));
    this.#noSpace = new NoSpaceAlarm({
      isRaised: () => this.applier.hasNoSpace,
      propose: (done) => this.#proposeNoSpace(done),
    });
    this.#slow = new SlowRequests(options.warningApplyMs, deps.logger, deps.metrics.slowApplies);
    this.#loop = this.#createLoop();
  }

  // ---- life

  /** Begins to tick. A member that is the only voter leads at once instead of waiting for an election timeout. */
  start(): void {
    const { raft, memberId, scheduler } = this.#deps;
    this.#cancelTicks = scheduler.every(this.#options.heartbeatIntervalMs, () => this.#tick());
    this.background.compact();
    this.#loop.run();
    const { voters } = raft.confState();
    if (voters.length === 1 && voters[0] === memberId) raft.campaign();
    this.#loop.wake();
  }

  /** Ends everything that waits and stops the loop; what is applied stays applied. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#cancelTicks?.();
    this.#leases.stop();
    this.background.stop();
    this.#loop.stop();
    this.#snapshots.stop();
    this.#proposals.failAll(new EtcdError('stopped'));
    this.#reads.failAll(new EtcdError('stopped'));
    this.#confChanges.failAll(new EtcdError('stopped'));
    this.#commits.stop();
  }

  // ---- requests

  prepare(field: PayloadFieldNumber, raw: Uint8Array): Proposal {
    const suffix = this.ids.nextSuffix();
    const data = encodeRaftRequest(field, raw, {
      idHigh: this.ids.high32(suffix),
      idLow: suffix >>> 0,
      username: '',
      authRevision: 0,
    });
    return new Proposal(data, decodeCommand(data), suffix);
  }

  submit(proposal: Proposal, listener: ProposalListener): void {
    const refusal = this.#refusal(proposal);
    if (refusal !== undefined) {
      listener.onOutcome(refusal);
      return;
    }
    if (!this.applier.fits(proposal.command)) {
      this.#noSpace.refuse(listener);
      return;
    }
    proposal.listener = listener;
    proposal.deadlineMs = this.#deps.clock.monotonicMs() + this.#requestTimeoutMs;
    if (this.#proposals.add(proposal)) this.#loop.wake();
    else listener.onOutcome(new EtcdError('tooManyRequests'));
  }

  readIndex(listener: ReadListener): void {
    if (this.#isStopped) listener.onReadable(new EtcdError('stopped'));
    else if (this.#reads.add(listener)) this.#loop.wake();
    else listener.onReadable(new EtcdError('tooManyRequests'));
  }

  /** Proposes a change of the membership; `done` once it is applied or refused. */
  proposeConfChange(change: Omit<ConfChange, 'id'>, done: ConfChangeDone): void {
    if (this.#isStopped) {
      done(new EtcdError('stopped'));
      return;
    }
    const deadlineMs = this.#deps.clock.monotonicMs() + this.#requestTimeoutMs;
    this.#confChanges.add({ ...change, id: this.ids.next() }, deadlineMs, done);
    this.#confChanges.proposeNext();
    this.#loop.wake();
  }

  /** A message from another member. */
  step(message: Message): StepResult {
    const result = this.#deps.raft.step(message);
    this.#loop.wake();
    return result;
  }

  /** Moves raft's clock on, as if so many heartbeat intervals had passed. */
  advanceTicks(count: number): void {
    for (let i = 0; i < count; i++) this.#deps.raft.tick();
    this.#loop.wake();
  }

  /** Something outside changed raft: a report about a peer, a transfer. */
  wake(): void {
    this.#loop.wake();
  }

  /** Proposes a command of the member itself; nobody waits for it but `done`. */
  proposeOwn(
    field: PayloadFieldNumber,
    raw: Uint8Array,
    done: (outcome: ApplyOutcome) => void = nothing,
  ): void {
    this.submit(this.prepare(field, raw), { onOutcome: done });
  }

  // ---- looks

  get term(): number {
    return this.#deps.raft.currentTerm;
  }

  get leader(): bigint {
    return this.#softState.leader;
  }

  get isLeader(): boolean {
    return this.#softState.role === 'leader';
  }

  get pendingProposals(): number {
    return this.#proposals.pendingCount;
  }

  get appliedIndex(): number {
    return this.#entries.appliedIndex;
  }

  get appliedTerm(): number {
    return this.#entries.appliedTerm;
  }

  raftView(): RaftView {
    const status = this.#deps.raft.status();
    return {
      term: status.term,
      leader: this.#softState.leader,
      isLeader: this.isLeader,
      isLearner: status.isLearner,
      commitIndex: status.committed,
      appliedIndex: this.#entries.appliedIndex,
    };
  }

  // ---- inside

  #refusal(proposal: Proposal): EtcdError | undefined {
    if (this.#isStopped) return new EtcdError('stopped');
    if (proposal.data.length > this.#options.maxRequestBytes) {
      return new EtcdError('requestTooLarge');
    }
    const isUrgent = this.#options.priorityRequests && proposal.command.kind === 'leaseRevoke';
    const lagMax = isUrgent ? PRIORITY_APPLY_LAG_MAX : APPLY_LAG_MAX;
    if (this.#deps.raft.committed - this.#entries.appliedIndex > lagMax) {
      return new EtcdError('tooManyRequests');
    }
    return undefined;
  }

  #proposeNoSpace(done: () => void): void {
    const request = { action: AlarmAction.activate, memberId: this.#deps.memberId };
    this.#deps.logger.warn('exceeded backend quota; raising alarm', {
      'quota-size-bytes': this.#options.quotaBytes,
    });
    this.proposeOwn(
      PayloadField.alarm,
      encodeAlarmRequest({ ...request, alarm: AlarmType.nospace }),
      done,
    );
  }

  /**
   * A leader that was replaced and does not know it yet must not end a lease that its successor keeps alive: what it
   * proposes would be passed on. etcd: server.go revokeExpiredLeases, ensureLeadership.
   */
  #revokeExpired(id: bigint): void {
    this.readIndex({
      onReadable: (error) => {
        // Otherwise the lease comes again, if it is still this member's business.
        if (error !== undefined || !this.isLeader) return;
        this.#deps.metrics.leasesExpired.inc();
        this.proposeOwn(PayloadField.leaseRevoke, encodeLeaseRevokeRequest({ id }));
      },
    });
  }

  #tick(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    this.#deps.raft.tick();
    this.#proposals.expire(nowMs, (proposal) => this.#timeoutOf(proposal));
    this.#reads.tick(nowMs);
    this.#confChanges.expire(nowMs);
    this.#confChanges.proposeNext();
    this.#loop.wake();
  }

  /** etcd: server.go parseProposeCtxErr. A proposal made while the former leader was being replaced died with it. */
  #timeoutOf(proposal: Proposal): EtcdError {
    const { metrics } = this.#deps;
    metrics.proposalsFailed.inc();
    const startMs = proposal.deadlineMs - this.#requestTimeoutMs;
    metrics.requests.answered(proposal.command.kind, false, startMs);
    const lostMs = this.#electedMs - 2 * this.#options.electionTimeoutMs;
    const isLeaderFault = startMs > lostMs && startMs < this.#electedMs;
    return new EtcdError(isLeaderFault ? 'timeoutDueToLeaderFail' : 'timeout');
  }

  #onSoftState(state: SoftState): void {
    const before = this.#softState;
    this.#softState = state;
    if (before.role === 'leader' && state.role !== 'leader') this.#leases.demote();
    if (before.leader !== state.leader) {
      if (state.leader !== 0n) this.#deps.metrics.leaderChangesSeen.inc();
      if (before.leader !== 0n) this.#reads.failAll(new EtcdError('leaderChanged'));
      if (state.role === 'leader') this.#electedMs = this.#deps.clock.monotonicMs();
    }
    this.#deps.onLeaderChanged(state);
  }

  #onConfChange(entry: Entry): void {
    const change = decodeConfChange(entry.data);
    const error = this.#deps.membership.applyConfChange(change);
    // A refused change reaches raft as one of nobody: it changes nothing, but it is not pending any more.
    const told = error === undefined ? change : { ...change, nodeId: 0n };
    this.#deps.membership.recordConfState(this.#deps.raft.applyConfChange(told));
    this.#confChanges.applied(change.id, error);
  }

  /** Once per term: a membership change proposed while another one is pending becomes an empty entry, too. */
  #onTermStarted(term: number): void {
    if (term !== this.term || term === this.#startedTerm) return;
    this.#startedTerm = term;
    // A leader answers no reads before this entry is committed: those who asked before ask again, on every member.
    this.#reads.retryUnanswered(this.#deps.clock.monotonicMs());
    if (this.isLeader) this.#leases.promote();
  }

  #onAnswered(proposal: Proposal): void {
    const startMs = proposal.deadlineMs - this.#requestTimeoutMs;
    this.#deps.metrics.requests.answered(proposal.command.kind, true, startMs);
  }

  #apply(entries: readonly Entry[]): void {
    if (this.#held !== undefined) {
      this.#held.push(...entries);
      return;
    }
    if (FAILPOINTS.beforeApplyOneEntryNormal.isSet && this.#isHeldByTest(entries)) return;
    this.#applyNow(entries);
  }

  #isHeldByTest(entries: readonly Entry[]): boolean {
    const held = [...entries];
    const isHeld = FAILPOINTS.beforeApplyOneEntryNormal.holds(() => {
      // A snapshot may have taken the place of what was held.
      if (this.#isStopped || this.#held !== held) return;
      this.#held = undefined;
      this.#applyNow(held);
      this.#loop.wake();
    });
    if (isHeld) this.#held = held;
    return isHeld;
  }

  #applyNow(entries: readonly Entry[]): void {
    const { metrics, clock, raft } = this.#deps;
    const startMs = clock.monotonicMs();
    this.#entries.apply(entries);
    raft.applied(this.#entries.appliedIndex);
    const tookMs = clock.monotonicMs() - startMs;
    metrics.applySeconds.observe(tookMs / 1000);
    const outcome = this.#entries.takeLastOutcome();
    if (tookMs > this.#slow.warningMs) this.#slow.applied(entries, outcome, tookMs);
  }

  /** The store is replaced while raft goes on: what it commits meanwhile waits. */
  #install(snapshot: Snapshot): void {
    const { index, term } = snapshot.metadata;
    const { snapshotsInApply } = this.#deps.metrics;
    snapshotsInApply.set(1);
    this.#deps.installer.install(snapshot, () => {
      snapshotsInApply.set(0);
      if (this.#isStopped) return;
      const held = this.#held ?? [];
      this.#held = undefined;
      this.#entries.reset(index, term);
      this.applier.restore();
      this.#snapshots.restarted(index);
      this.#deps.raft.applied(index);
      if (held.length > 0) this.#applyNow(held);
      this.background.compact();
      this.#loop.wake();
    });
  }

  /** Answers first, then the store: the log is durable already. */
  #flush(): void {
    const { flush, clock, metrics } = this.#deps;
    if (metrics.requests.hasAnswers) metrics.requests.endTurn(clock.monotonicMs());
    flush();
    this.#commits.afterTurn();
  }

  // ---- construction

  #createApplier(): Applier {
    const { store, lessor, alarms, membership } = this.#deps;
    return new Applier({
      store,
      lessor,
      alarms,
      membership,
      quotaBytes: this.#options.quotaBytes,
      persistCheckpoints: this.#options.persistLeaseCheckpoints,
      onCompaction: () => this.background.compact(),
      onNoSpace: () => this.#noSpace.raise(),
    });
  }

  #createReads(): ReadIndexQueue {
    const { raft, metrics } = this.#deps;
    return new ReadIndexQueue(
      {
        nextContext: () => uint64Bytes(this.ids.next()),
        readIndex: (context) => {
          raft.readIndex(context);
        },
        appliedIndex: () => this.#entries.appliedIndex,
        onSlow: () => metrics.slowReadIndexes.inc(),
        onFailed: () => metrics.readIndexesFailed.inc(),
      },
      this.#requestTimeoutMs,
    );
  }

  #createEntryApplier(): EntryApplier {
    return new EntryApplier(
      {
        applier: this.applier,
        backend: this.#deps.backend,
        proposals: this.#proposals,
        events: {
          onTermStarted: (term) => this.#onTermStarted(term),
          onConfChange: (entry) => this.#onConfChange(entry),
          onAnswered: (proposal) => this.#onAnswered(proposal),
          requestIdPrefix: this.ids.prefix,
        },
      },
      this.#deps.position,
    );
  }

  #createLoop(): ReadyLoop {
    return new ReadyLoop({
      ...this.#deps,
      proposals: this.#proposals,
      reads: this.#reads,
      effects: {
        onSoftState: (state) => this.#onSoftState(state),
        saveSnapshot: (snapshot, saved) => {
          // Nothing staged may outlive the store that is about to be replaced.
          this.#commits.commit();
          this.#held = [];
          this.#deps.installer.save(snapshot, saved);
        },
        onSnapshotPersisted: (snapshot) => this.#install(snapshot),
        send: (messages) => this.#deps.send(messages),
        apply: (entries) => this.#apply(entries),
        flush: () => this.#flush(),
      },
    });
  }
}

const nothing = (): void => undefined;

function uint64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
