// Owns applying committed entries in order: decode, hand to the applier, answer who waits, and record in the same
// batch how far the store has come. etcd: server/etcdserver/server.go apply.

import type { Applier } from '../apply/applier.ts';
import { type Command, decodeCommand } from '../apply/command.ts';
import type { ApplyOutcome } from '../apply/result.ts';
import { assert } from '../base/assert.ts';
import type { Backend } from '../base/backend.ts';
import { utf8Bytes } from '../base/bytes.ts';
import { FAILPOINTS } from '../base/failpoint.ts';
import { decodeRaftRequestEnvelope } from '../proto/hot.ts';
import { type Entry, EntryType } from '../raft/types.ts';
import type { Proposal, Proposals } from './proposals.ts';

/** Parts of the node that follow the log without answering anybody. */
export interface EntryEvents {
  /** The empty entry a new leader starts its term with. */
  onTermStarted(term: number): void;
  /** A configuration change; answers its waiter itself. */
  onConfChange(entry: Entry): void;
  /** One of this member's own got its answer. */
  onAnswered(proposal: Proposal): void;
  /** Whether an id with this upper part may be one of this member's. */
  readonly requestIdPrefix: number;
}

const CONSISTENT_INDEX_KEY = utf8Bytes('consistent_index');
const TERM_KEY = utf8Bytes('term');

export class EntryApplier {
  readonly #applier: Applier;
  readonly #backend: Backend;
  readonly #proposals: Proposals;
  readonly #events: EntryEvents;
  /** Everything up to here is in the store. */
  #appliedIndex: number;
  #appliedTerm: number;
  #stagedCount = 0;
  #stagedBytes = 0;
  #lastOutcome: ApplyOutcome | undefined = undefined;

  constructor(
    deps: {
      readonly applier: Applier;
      readonly backend: Backend;
      readonly proposals: Proposals;
      readonly events: EntryEvents;
    },
    position: { readonly index: number; readonly term: number },
  ) {
    this.#applier = deps.applier;
    this.#backend = deps.backend;
    this.#proposals = deps.proposals;
    this.#events = deps.events;
    this.#appliedIndex = position.index;
    this.#appliedTerm = position.term;
  }

  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  get appliedTerm(): number {
    return this.#appliedTerm;
  }

  /** What applying the last entry gave, if it gave anything; forgotten once told, for it may be large. */
  takeLastOutcome(): ApplyOutcome | undefined {
    const outcome = this.#lastOutcome;
    this.#lastOutcome = undefined;
    return outcome;
  }

  /** Entries applied since the last commit, and the bytes they had. */
  get stagedCount(): number {
    return this.#stagedCount;
  }

  get stagedBytes(): number {
    return this.#stagedBytes;
  }

  /** Applies entries that follow each other; the answers are written to their connections, the store is staged. */
  apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      assert(
        entry.index === this.#appliedIndex + 1,
        `entry ${entry.index} after applied ${this.#appliedIndex}`,
      );
      this.#applyOne(entry);
      this.#appliedIndex = entry.index;
      this.#appliedTerm = entry.term;
      this.#stagedBytes += entry.data.length;
    }
    // A batch is open from its first entry on, also when that writes nothing: who waits for the commit waits for its index.
    if (this.#stagedCount === 0) this.#stageIndex();
    this.#stagedCount += entries.length;
  }

  /** A snapshot replaced the store: it is at this entry now. */
  reset(index: number, term: number): void {
    this.#appliedIndex = index;
    this.#appliedTerm = term;
    this.#forgetStaged();
  }

  /** Makes what was applied one batch of the store, together with how far it goes. False when there was nothing. */
  commit(): boolean {
    if (this.#stagedCount === 0) return false;
    this.#forgetStaged();
    this.#stageIndex();
    this.#backend.put('meta', TERM_KEY, uint64Bytes(this.#appliedTerm));
    FAILPOINTS.beforeCommit.hit();
    this.#backend.commit();
    FAILPOINTS.afterCommit.hit();
    return true;
  }

  #stageIndex(): void {
    this.#backend.put('meta', CONSISTENT_INDEX_KEY, uint64Bytes(this.#appliedIndex));
  }

  #forgetStaged(): void {
    this.#stagedCount = 0;
    this.#stagedBytes = 0;
  }

  #applyOne(entry: Entry): void {
    if (entry.type === EntryType.confChange) {
      FAILPOINTS.beforeApplyOneConfChange.hit();
      this.#events.onConfChange(entry);
      return;
    }
    assert(entry.type === EntryType.normal, `entry ${entry.index} of type ${entry.type}`);
    if (entry.data.length === 0) {
      this.#events.onTermStarted(entry.term);
      return;
    }
    const proposal = this.#proposals.ofEntry(entry) ?? this.#forwardedProposal(entry);
    const command: Command = proposal?.command ?? decodeCommand(entry.data);
    const outcome: ApplyOutcome = this.#applier.apply(command);
    this.#lastOutcome = outcome;
    if (proposal === undefined || proposal.settled) return;
    this.#proposals.settle(proposal, outcome);
    this.#events.onAnswered(proposal);
  }

  /** A proposal of this member that another leader put into the log comes back as other bytes: found by its id. */
  #forwardedProposal(entry: Entry): Proposal | undefined {
    if (this.#proposals.pendingCount === 0) return undefined;
    const { idHigh, idLow } = decodeRaftRequestEnvelope(entry.data);
    if (idHigh >>> 16 !== this.#events.requestIdPrefix) return undefined;
    return this.#proposals.ofId((idHigh & 0xffff) * 2 ** 32 + idLow);
  }
}

/** How far a store has come, as `commit` recorded it; zeros for a new store. */
export function readPosition(backend: Backend): { readonly index: number; readonly term: number } {
  return {
    index: uint64Value(backend.get('meta', CONSISTENT_INDEX_KEY)),
    term: uint64Value(backend.get('meta', TERM_KEY)),
  };
}

function uint64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / 2 ** 32));
  view.setUint32(4, value >>> 0);
  return bytes;
}

function uint64Value(bytes: Uint8Array | undefined): number {
  if (bytes === undefined || bytes.length !== 8) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}
