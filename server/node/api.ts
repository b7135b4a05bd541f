// Owns what the services may ask of a member: one interface, so that rpc and http know the node's abilities and
// nothing of its insides.

import type { PayloadFieldNumber } from '../proto/payload-field.ts';
import type { Proposal, ProposalListener } from './proposals.ts';
import type { ReadListener } from './read-index.ts';

/** Where this member stands, for Status, health checks and metrics. */
export interface RaftView {
  readonly term: number;
  /** 0n: none known. */
  readonly leader: bigint;
  readonly isLeader: boolean;
  readonly isLearner: boolean;
  readonly commitIndex: number;
  readonly appliedIndex: number;
}

/** Requests into the log and reads behind it. */
export interface Proposer {
  /**
   * Wraps the encoded request `raw` (copied) as payload `field` and decodes it, so that the caller can check it.
   * Throws DecodeError on malformed bytes. A request that is not submitted leaves no trace.
   */
  prepare(field: PayloadFieldNumber, raw: Uint8Array): Proposal;
  /** Puts it into the log. The listener gets the outcome of the apply, or why it never came to one. */
  submit(proposal: Proposal, listener: ProposalListener): void;
  /** Calls back once this member has applied everything that was committed anywhere when this was called. */
  readIndex(listener: ReadListener): void;
}
