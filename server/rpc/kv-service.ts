// Owns the KV service: check, hand to the node, answer. One small object per waiting call, no promises.
// etcd: server/etcdserver/api/v3rpc/key.go and v3_server.go.

import type { Command } from '../apply/command.ts';
import type { ApplyOutcome, ApplyResult, RangeResult, TxnResult } from '../apply/result.ts';
import { assert } from '../base/assert.ts';
import { EtcdError } from '../base/errors.ts';
import type { Proposer } from '../node/api.ts';
import type { ProposalListener } from '../node/proposals.ts';
import type { ReadListener } from '../node/read-index.ts';
import type { ReadCaller } from '../node/sliced-reads.ts';
import { decodeRangeRequest, type RangeRequest, type TxnRequest } from '../proto/gen/rpc.ts';
import { PayloadField, type PayloadFieldNumber } from '../proto/payload-field.ts';
import type {
  CallContent,
  CallStats,
  MessageEncoder,
  ServiceTable,
  UnaryCall,
} from './grpc/types.ts';
import {
  checkDeleteRange,
  checkPut,
  checkRange,
  checkTxn,
  isReadOnlyTxn,
  isSerializableTxn,
  type Refusal,
} from './kv-checks.ts';
import type { KvEncoders } from './kv-responses.ts';
import { statsOf } from './kv-stats.ts';
import { streamRange } from './range-stream.ts';
import type { ResponseHeaderWriter } from './response-header.ts';
import { failCall, failWith } from './status.ts';

/** Reads of the store as it is now. */
export interface KvReader {
  /**
   * Calls back at once for a small range, later for one that is read in slices: as long as its caller is not finished.
   * `askedMs`: since when it waited.
   */
  range(
    request: RangeRequest,
    done: (result: RangeResult | EtcdError) => void,
    askedMs?: number,
    caller?: ReadCaller,
  ): void;
  /** A range whose read index did not come is only counted. */
  unreadable(askedMs: number): void;
  /** The same for a transaction that only reads. */
  txn(
    request: TxnRequest,
    done: (result: TxnResult | EtcdError) => void,
    caller?: ReadCaller,
  ): void;
  /** Reads a small part of a range, without a total. */
  chunk(request: RangeRequest): RangeResult | EtcdError;
}

/** Called back when a compaction asked for physically has deleted everything. */
export type CompactionWaiter = (done: () => void) => void;

export interface KvServiceDeps {
  readonly proposer: Proposer;
  readonly reader: KvReader;
  readonly encoders: KvEncoders;
  readonly txnOpsMax: number;
  readonly waitCompaction: CompactionWaiter;
  /** The store's revision now. */
  readonly revision: () => number;
  readonly header: ResponseHeaderWriter;
  /** A chunk of a streamed range aims at this size. */
  readonly chunkBytes: number;
}

export function createKvService(deps: KvServiceDeps): ServiceTable {
  return {
    '/etcdserverpb.KV/Range': { kind: 'unary', handle: (call) => range(deps, call) },
    '/etcdserverpb.KV/RangeStream': {
      kind: 'serverStream',
      handle: (call) => streamRange(deps, call),
    },
    '/etcdserverpb.KV/Put': {
      kind: 'unary',
      handle: (call) => propose(deps, call, PayloadField.put, checkPutCommand, deps.encoders.put),
    },
    '/etcdserverpb.KV/DeleteRange': {
      kind: 'unary',
      handle: (call) =>
        propose(
          deps,
          call,
          PayloadField.deleteRange,
          checkDeleteCommand,
          deps.encoders.deleteRange,
        ),
    },
    '/etcdserverpb.KV/Txn': {
      kind: 'unary',
      handle: (call) => txn(deps, call),
    },
    '/etcdserverpb.KV/Compact': { kind: 'unary', handle: (call) => compact(deps, call) },
  };
}

const checkPutCommand = (command: Command): Refusal =>
  command.kind === 'put' ? checkPut(command.request) : undefined;

const checkDeleteCommand = (command: Command): Refusal =>
  command.kind === 'deleteRange' ? checkDeleteRange(command.request) : undefined;

/** A unary call that waits for its entry to be applied. */
export class ProposedCall<R extends ApplyResult> implements ProposalListener, CallContent {
  readonly #call: UnaryCall;
  readonly #command: Command;
  readonly #encoder: MessageEncoder<R>;
  #result: R | undefined = undefined;

  constructor(call: UnaryCall, command: Command, encoder: MessageEncoder<R>) {
    this.#call = call;
    this.#command = command;
    this.#encoder = encoder;
    call.content = this;
  }

  onOutcome(outcome: ApplyOutcome): void {
    if (outcome instanceof EtcdError) {
      failCall(this.#call, outcome);
      return;
    }
    // The kind of an outcome follows from the payload that was proposed, so this is the encoder's own type.
    const result = outcome as R;
    this.#result = result;
    this.#call.respond(this.#encoder, result);
  }

  stats(): CallStats {
    const result = this.#result;
    const sizeBytes = result === undefined ? 0 : this.#encoder.sizeBytes(result);
    return statsOf(this.#command, result, sizeBytes);
  }
}

function propose<R extends ApplyResult>(
  deps: KvServiceDeps,
  call: UnaryCall,
  field: PayloadFieldNumber,
  check: (command: Command) => Refusal,
  encoder: MessageEncoder<R>,
): void {
  try {
    const proposal = deps.proposer.prepare(field, call.message);
    const refusal = check(proposal.command);
    if (refusal !== undefined) failWith(call, refusal);
    else deps.proposer.submit(proposal, new ProposedCall(call, proposal.command, encoder));
  } catch (error) {
    failCall(call, error);
  }
}

/** A range that waits for its read index. */
class RangeCall implements ReadListener, CallContent {
  readonly #deps: KvServiceDeps;
  readonly #call: UnaryCall;
  readonly #request: RangeRequest;
  #result: RangeResult | undefined = undefined;

  constructor(deps: KvServiceDeps, call: UnaryCall, request: RangeRequest) {
    this.#deps = deps;
    this.#call = call;
    this.#request = request;
    call.content = this;
  }

  onReadable(error: EtcdError | undefined, askedMs?: number): void {
    if (error === undefined) {
      if (!this.#call.finished) this.read(askedMs);
      return;
    }
    if (askedMs !== undefined) this.#deps.reader.unreadable(askedMs);
    failCall(this.#call, error);
  }

  read(askedMs?: number): void {
    const done = (result: RangeResult | EtcdError): void => {
      if (result instanceof EtcdError) {
        failCall(this.#call, result);
        return;
      }
      this.#result = result;
      this.#call.respond(this.#deps.encoders.range, result);
    };
    this.#deps.reader.range(this.#request, done, askedMs, this.#call);
  }

  stats(): CallStats {
    const result = this.#result;
    const sizeBytes = result === undefined ? 0 : this.#deps.encoders.range.sizeBytes(result);
    return statsOf({ kind: 'range', request: this.#request }, result, sizeBytes);
  }
}

function range(deps: KvServiceDeps, call: UnaryCall): void {
  try {
    // Copied: the request outlives the read buffer its bytes are in.
    const request = decodeRangeRequest(call.message.slice());
    const refusal = checkRange(request);
    if (refusal !== undefined) {
      failWith(call, refusal);
      return;
    }
    const read = new RangeCall(deps, call, request);
    if (request.serializable) read.read();
    else deps.proposer.readIndex(read);
  } catch (error) {
    failCall(call, error);
  }
}

function txn(deps: KvServiceDeps, call: UnaryCall): void {
  try {
    const proposal = deps.proposer.prepare(PayloadField.txn, call.message);
    const { command } = proposal;
    assert(command.kind === 'txn', `a transaction was decoded as ${command.kind}`);
    const refusal = checkTxn(command.request, deps.txnOpsMax);
    if (refusal !== undefined) failWith(call, refusal);
    else if (isReadOnlyTxn(command.request)) readTxn(deps, call, command.request);
    else deps.proposer.submit(proposal, new ProposedCall(call, command, deps.encoders.txn));
  } catch (error) {
    failCall(call, error);
  }
}

/** A transaction that only reads, and waits for its read index. */
class ReadTxnCall implements ReadListener, CallContent {
  readonly #deps: KvServiceDeps;
  readonly #call: UnaryCall;
  readonly #request: TxnRequest;
  #result: TxnResult | undefined = undefined;

  constructor(deps: KvServiceDeps, call: UnaryCall, request: TxnRequest) {
    this.#deps = deps;
    this.#call = call;
    this.#request = request;
    call.content = this;
  }

  onReadable(error: EtcdError | undefined): void {
    if (error !== undefined) failCall(this.#call, error);
    else if (!this.#call.finished) this.read();
  }

  read(): void {
    const done = (result: TxnResult | EtcdError): void => {
      if (result instanceof EtcdError) {
        failCall(this.#call, result);
        return;
      }
      this.#result = result;
      this.#call.respond(this.#deps.encoders.txn, result);
    };
    this.#deps.reader.txn(this.#request, done, this.#call);
  }

  stats(): CallStats {
    const result = this.#result;
    const sizeBytes = result === undefined ? 0 : this.#deps.encoders.txn.sizeBytes(result);
    return statsOf({ kind: 'txn', request: this.#request }, result, sizeBytes);
  }
}

function readTxn(deps: KvServiceDeps, call: UnaryCall, request: TxnRequest): void {
  const read = new ReadTxnCall(deps, call, request);
  if (isSerializableTxn(request)) read.read();
  else deps.proposer.readIndex(read);
}

function compact(deps: KvServiceDeps, call: UnaryCall): void {
  try {
    const proposal = deps.proposer.prepare(PayloadField.compaction, call.message);
    const { command } = proposal;
    assert(command.kind === 'compaction', `a compaction was decoded as ${command.kind}`);
    const { physical } = command.request;
    deps.proposer.submit(proposal, {
      onOutcome: (outcome) => {
        const answer = (): void => {
          if (outcome instanceof EtcdError) failCall(call, outcome);
          else respondCompacted(deps, call);
        };
        // etcd: who asks again for a compaction that goes on hears that it was made once it is done.
        const waits = !(outcome instanceof EtcdError) || outcome.code === 'compacted';
        if (physical && waits) deps.waitCompaction(answer);
        else answer();
      },
    });
  } catch (error) {
    failCall(call, error);
  }
}

/** A compaction is answered like a put without a previous value: a header with the revision of now. */
function respondCompacted(deps: KvServiceDeps, call: UnaryCall): void {
  call.respond(deps.encoders.put, {
    kind: 'put',
    revision: deps.revision(),
    prevKv: undefined,
  });
}
