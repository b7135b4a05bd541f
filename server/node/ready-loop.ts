// Owns the Ready loop: once per turn of the event loop, hand what arrived to raft, then carry out everything raft
// wants done. The only place where raft's decisions become effects. etcd: server/etcdserver/raft.go start.
//
//   input of a turn -> [ propose + ask reads ] -> ready() -> WAL append (fdatasync runs elsewhere)
//                                                         -> messages out: others wait for them
//                                                         -> committed entries applied, waiters answered
//   fdatasync done  -> persisted(token) -> ready() again, until raft has nothing more

import type { Clock } from '../base/clock.ts';
import { FAILPOINTS } from '../base/failpoint.ts';
import type { RawNode } from '../raft/raw-node.ts';
import {
  type Entry,
  EntryType,
  type HardState,
  type Message,
  type Ready,
  type Snapshot,
  type SoftState,
} from '../raft/types.ts';
import { CommitNotices } from './commit-notices.ts';
import { LONE_TURNS_MIN, PROPOSAL_BATCH_BYTES_MAX } from './limits.ts';
import type { Proposal, Proposals } from './proposals.ts';
import type { ReadIndexQueue } from './read-index.ts';
import type { Scheduler } from './scheduler.ts';

/** The write-ahead log, as the loop uses it. */
export interface LogWriter {
  /**
   * Appends in order; `done` runs once everything up to here is durable (at once when nothing needs a sync). `isLone`:
   * nothing else waits for this turn, so it may be held up for a fast disk.
   */
  append(
    entries: readonly Entry[],
    hardState: HardState | undefined,
    mustSync: boolean,
    done: () => void,
    isLone: boolean,
  ): void;
}

/** What the loop hands its results to. */
export interface ReadyEffects {
  /** Leader or role changed. */
  onSoftState(state: SoftState): void;
  /** A snapshot from the leader: `saved` is called once its file and its WAL record are durable. */
  saveSnapshot(snapshot: Snapshot, saved: () => void): void;
  /** Raft counts on the snapshot from now on; it is to be installed before anything later is applied. */
  onSnapshotPersisted(snapshot: Snapshot): void;
  /** The messages leave at once. */
  send(messages: readonly Message[]): void;
  apply(entries: readonly Entry[]): void;
  /** End of the turn's work: answers may leave. */
  flush(): void;
}

export class ReadyLoop {
  readonly #raft: RawNode;
  readonly #log: LogWriter;
  readonly #effects: ReadyEffects;
  readonly #proposals: Proposals;
  readonly #reads: ReadIndexQueue;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #notices: CommitNotices;
  /** Taken from raft, to leave before anything is applied. */
  #messages: Message[] = [];
  /** Taken from raft, to be applied. */
  #committed: Entry[] = [];
  /** Turns with one entry since there was more to do in one. */
  #loneTurns = 0;
  #scheduled = false;
  #running = false;
  #stopped = false;
  /** True while a snapshot is being saved: what raft wants done after it has to wait. */
  #isSavingSnapshot = false;
  /** True while a test holds a save back. */
  #isHeld = false;

  constructor(deps: {
    readonly raft: RawNode;
    readonly log: LogWriter;
    readonly effects: ReadyEffects;
    readonly proposals: Proposals;
    readonly reads: ReadIndexQueue;
    readonly clock: Clock;
    readonly scheduler: Scheduler;
  }) {
    this.#raft = deps.raft;
    this.#log = deps.log;
    this.#effects = deps.effects;
    this.#proposals = deps.proposals;
    this.#reads = deps.reads;
    this.#clock = deps.clock;
    this.#scheduler = deps.scheduler;
    this.#notices = new CommitNotices(deps.raft, deps, () => this.wake());
  }

  /** Something changed: run at the end of this turn. Cheap to call often. */
  wake(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#scheduler.soon(this.#onTurn);
  }

  stop(): void {
    this.#stopped = true;
  }

  readonly #onTurn = (): void => {
    this.#scheduled = false;
    this.run();
  };

  /** Everything that can be done now. */
  run(): void {
    if (this.#stopped || this.#running) return;
    this.#running = true;
    const proposalCount = this.#propose();
    this.#reads.ask(this.#clock.monotonicMs());
    if (proposalCount + this.#reads.pendingCount > 1) this.#loneTurns = 0;
    this.#carryOutAll();
    this.#reads.serve();
    this.#effects.flush();
    if (this.#notices.afterTurn()) {
      this.#raft.noticeCommit();
      this.#carryOutAll();
    }
    this.#running = false;
  }

  #carryOutAll(): void {
    while (this.#mayGoOn() && this.#raft.hasReady()) {
      do this.#carryOut(this.#raft.ready());
      while (this.#mayGoOn() && this.#raft.hasReady());
      this.#sendAll();
      this.#applyAll();
    }
  }

  #mayGoOn(): boolean {
    return !this.#isSavingSnapshot && !this.#isHeld;
  }

  /** Gives the turn's proposals to raft, in batches so that one entry list stays bounded. Returns how many there were. */
  #propose(): number {
    const queue = this.#proposals.takeQueue();
    let start = 0;
    while (start < queue.length) {
      const end = batchEnd(queue, start);
      const batch = queue.slice(start, end);
      const firstIndex = this.#raft.lastIndex + 1;
      const result = this.#raft.propose(batch.map(dataOf));
      if (result.kind === 'dropped') {
        // No leader, a transfer, or too much uncommitted: they wait for a later turn or for their deadline.
        this.#proposals.requeue(queue.slice(start));
        break;
      }
      if (this.#raft.role === 'leader') this.#proposals.placed(batch, firstIndex);
      start = end;
    }
    return queue.length;
  }

  #carryOut(ready: Ready): void {
    if (ready.softState !== undefined) this.#effects.onSoftState(ready.softState);
    for (const message of ready.messages) this.#messages.push(message);
    if (ready.snapshot === undefined) this.#persist(ready, nothing);
    else {
      this.#applyAll();
      this.#saveSnapshot(ready, ready.snapshot);
    }
    if (ready.readStates.length > 0) this.#reads.answered(ready.readStates);
    if (ready.committed.length === 0) return;
    for (const entry of ready.committed) this.#committed.push(entry);
    // etcd: etcdserver/raft.go: who votes must be known here before anything that follows is said.
    if (ready.committed.some(isConfChange)) {
      this.#sendAll();
      this.#applyAll();
    }
  }

  #sendAll(): void {
    if (this.#messages.length === 0) return;
    if (this.#raft.role === 'leader') FAILPOINTS.raftBeforeLeaderSend.hit();
    else FAILPOINTS.raftBeforeFollowerSend.hit();
    const messages = this.#messages;
    this.#messages = [];
    this.#effects.send(messages);
  }

  #applyAll(): void {
    if (this.#committed.length === 0) return;
    const entries = this.#committed;
    this.#committed = [];
    this.#effects.apply(entries);
  }

  /** The order that survives a crash anywhere: snapshot file, its record, then entries and hard state. */
  #saveSnapshot(ready: Ready, snapshot: Snapshot): void {
    this.#isSavingSnapshot = true;
    this.#effects.saveSnapshot(snapshot, () => {
      this.#isSavingSnapshot = false;
      if (this.#stopped) return;
      this.#persist(ready, () => this.#effects.onSnapshotPersisted(snapshot));
      this.wake();
    });
  }

  #persist(ready: Ready, persisted: () => void): void {
    if (FAILPOINTS.raftBeforeSave.isSet) this.#holdBack(ready, persisted);
    if (!this.#isHeld) this.#save(ready, persisted);
  }

  #holdBack(ready: Ready, persisted: () => void): void {
    this.#isHeld = FAILPOINTS.raftBeforeSave.holds(() => {
      this.#isHeld = false;
      if (this.#stopped) return;
      this.#save(ready, persisted);
      this.wake();
    });
  }

  #save(ready: Ready, persisted: () => void): void {
    const { entries, hardState, token } = ready;
    if (ready.mustSync) {
      const done = (): void => {
        FAILPOINTS.raftAfterSave.hit();
        this.#raft.persisted(token);
        persisted();
        // A sync on the loop ends inside a run, which goes on by itself.
        if (!this.#running) this.wake();
      };
      const isLone = this.#isLone(ready);
      // The sync may hold up this turn: followers work meanwhile.
      if (isLone) this.#sendAll();
      this.#log.append(entries, hardState, true, done, isLone);
    } else if (hardState !== undefined) {
      // Only the commit index moved: it need not be durable, and raft does not wait for it.
      this.#log.append(entries, hardState, false, nothing, false);
    }
  }

  /** One entry, and no read beside it, as in the turns before: where there are several clients, the next is on its way. */
  #isLone(ready: Ready): boolean {
    if (ready.entries.length !== 1 || this.#reads.pendingCount > 0) {
      this.#loneTurns = 0;
      return false;
    }
    this.#loneTurns += 1;
    return this.#loneTurns > LONE_TURNS_MIN;
  }
}

function isConfChange(entry: Entry): boolean {
  return entry.type === EntryType.confChange;
}

const nothing = (): void => undefined;

function dataOf(proposal: Proposal): Uint8Array {
  return proposal.data;
}

/** Where the batch that starts here ends: at least one proposal, at most the byte limit. */
function batchEnd(queue: readonly Proposal[], start: number): number {
  let sizeBytes = 0;
  let end = start;
  while (end < queue.length) {
    sizeBytes += (queue[end] as Proposal).data.length;
    if (end > start && sizeBytes > PROPOSAL_BATCH_BYTES_MAX) break;
    end++;
  }
  return end;
}
