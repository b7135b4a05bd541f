// Owns a leader's linearizable reads (thesis 6.4): each is given the commit index of its arrival and may be answered
// once a quorum has confirmed, after that, that the leader still leads.
//
// Reads are numbered from 1 in order of arrival; the number of the last one is the round that a heartbeat asks the
// members to confirm. One confirmation covers every read up to its round, whatever number of heartbeats carried it.
//
//   confirmed 3, pending [4 5 6]: heartbeats carry 6; a quorum of acks at 5 answers reads 4 and 5
//
// The context is ours to choose, members echo it (etcd 3.7 does the same; older leaders send the request's context).

import { EMPTY_BYTES } from '../base/bytes.ts';
import { MAX_PENDING_READS } from './limits.ts';
import type { Entry, MemberId } from './types.ts';

/** A read somebody asked for. `entries` is the single entry that carries the caller's context, to be sent back. */
export interface ReadRequest {
  readonly from: MemberId;
  readonly entries: readonly Entry[];
}

/** A read whose index is fixed. */
export interface IndexedRead extends ReadRequest {
  readonly index: number;
}

const CONTEXT_BYTES = 8;
const TWO_POW_32 = 0x1_0000_0000;
const NO_READS: readonly IndexedRead[] = [];

export class ReadOnly {
  /** Arrived before the leader committed an entry of its term: its commit index may be behind. */
  #early: ReadRequest[];
  #pending: IndexedRead[];
  #confirmed: number;
  /** Reads arrived that no heartbeat has asked about yet. */
  #needsRound: boolean;

  constructor() {
    this.#early = [];
    this.#pending = [];
    this.#confirmed = 0;
    this.#needsRound = false;
  }

  get isFull(): boolean {
    return this.#early.length + this.#pending.length >= MAX_PENDING_READS;
  }

  get needsRound(): boolean {
    return this.#needsRound;
  }

  /** The round a heartbeat should confirm now. */
  get round(): number {
    return this.#confirmed + this.#pending.length;
  }

  addEarly(request: ReadRequest): void {
    this.#early.push(request);
  }

  /** Hands over the early reads: the leader knows its commit index now. */
  takeEarly(): readonly ReadRequest[] {
    const early = this.#early;
    if (early.length > 0) this.#early = [];
    return early;
  }

  add(request: ReadRequest, index: number): void {
    this.#pending.push({ from: request.from, entries: request.entries, index });
    this.#needsRound = true;
  }

  /** What the heartbeats of this moment carry; empty when no read waits. */
  heartbeatContext(): Uint8Array {
    this.#needsRound = false;
    if (this.#pending.length === 0) return EMPTY_BYTES;
    const context = new Uint8Array(CONTEXT_BYTES);
    const view = new DataView(context.buffer);
    view.setUint32(0, this.round % TWO_POW_32, true);
    view.setUint32(4, Math.floor(this.round / TWO_POW_32), true);
    return context;
  }

  /** The round in an echoed context, or 0 when it is not one this leader can have sent. */
  parseContext(context: Uint8Array): number {
    if (context.length !== CONTEXT_BYTES) return 0;
    const view = new DataView(context.buffer, context.byteOffset, CONTEXT_BYTES);
    const round = view.getUint32(0, true) + view.getUint32(4, true) * TWO_POW_32;
    return round <= this.round ? round : 0;
  }

  /** A quorum confirmed `round`: returns the reads it covers, in order of arrival. */
  confirm(round: number): readonly IndexedRead[] {
    const count = round - this.#confirmed;
    if (count <= 0) return NO_READS;
    const reads = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    this.#confirmed = round;
    return reads;
  }

  /** Forgets everything: leadership or term changed, whoever asked will notice and ask again. */
  reset(): void {
    this.#early = [];
    this.#pending = [];
    this.#confirmed = 0;
    this.#needsRound = false;
  }
}
