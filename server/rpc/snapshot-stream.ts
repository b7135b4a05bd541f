// Owns Maintenance.Snapshot: the database file in pieces of 32 KiB, then the SHA-256 of all of it. Reads one piece ahead of
// the client and no further, and lets go of the file as soon as the client has: left, or taken nothing for long. etcd:
// server/etcdserver/api/v3rpc/maintenance.go Snapshot.

import { createHash, type Hash } from 'node:crypto';
import type { Cancel, Scheduler } from '../node/scheduler.ts';
import { encodeSnapshotResponse } from '../proto/gen/rpc.ts';
import type {
  CancelReason,
  GrpcCall,
  SendingCall,
  ServerStreamCall,
  ServerStreamListener,
} from './grpc/types.ts';
import { SNAPSHOT_STALL_MS } from './limits.ts';
import { failCall, failWith } from './status.ts';

/** A finished snapshot file. */
export interface SnapshotSource {
  readonly totalBytes: number;
  /** The next bytes, up to `sizeBytes` of them, none at the end. They are valid until the next read. */
  read(sizeBytes: number, done: (result: Uint8Array | Error) => void): void;
  close(): void;
}

/** `done` comes once, perhaps at once. The result ends the work that nobody waits for any more. */
export type SnapshotOpener = (done: (result: SnapshotSource | Error) => void) => Cancel;

/** etcd: snapshotSendBufferSize. */
const PIECE_BYTES = 32 * 1024;

export class SnapshotStream implements ServerStreamListener {
  readonly #call: ServerStreamCall;
  readonly #version: string;
  readonly #scheduler: Scheduler;
  readonly #hash: Hash = createHash('sha256');
  #source: SnapshotSource | undefined = undefined;
  #cancelOpening: Cancel = nothing;
  #cancelStall: Cancel = nothing;
  #sentBytes = 0;
  #reading = false;

  constructor(call: ServerStreamCall, version: string, scheduler: Scheduler) {
    this.#call = call;
    this.#version = version;
    this.#scheduler = scheduler;
    call.listener = this;
  }

  start(open: SnapshotOpener): void {
    this.#cancelOpening = open((result) => {
      if (result instanceof Error) {
        failCall(this.#call, result);
      } else if (this.#call.finished) {
        result.close();
      } else {
        this.#source = result;
        this.#next();
      }
    });
  }

  onDrain(_call: SendingCall): void {
    this.#cancelStall();
    this.#next();
  }

  onCancelled(_call: GrpcCall, _reason: CancelReason): void {
    this.#cancelOpening();
    this.#close();
  }

  #onStalled(): void {
    this.#close();
    failWith(this.#call, 'timeout');
  }

  #next(): void {
    const source = this.#source;
    if (source === undefined || this.#reading) return;
    this.#reading = true;
    source.read(PIECE_BYTES, (result) => {
      this.#reading = false;
      if (result instanceof Error) {
        this.#close();
        failCall(this.#call, result);
      } else if (!this.#call.finished) {
        this.#send(source, result);
      }
    });
  }

  #send(source: SnapshotSource, piece: Uint8Array): void {
    if (piece.length === 0) {
      const blob = this.#hash.digest();
      this.#call.sendBytes(this.#response(0, blob));
      this.#call.end();
      this.#close();
      return;
    }
    this.#hash.update(piece);
    this.#sentBytes += piece.length;
    const ready = this.#call.sendBytes(this.#response(source.totalBytes - this.#sentBytes, piece));
    if (ready) this.#next();
    else if (!this.#call.finished) this.#awaitDrain();
  }

  #response(remainingBytes: number, blob: Uint8Array): Uint8Array {
    return encodeSnapshotResponse({
      header: undefined,
      remainingBytes,
      blob,
      version: this.#version,
    });
  }

  #awaitDrain(): void {
    this.#cancelStall = this.#scheduler.after(SNAPSHOT_STALL_MS, () => this.#onStalled());
  }

  #close(): void {
    this.#cancelStall();
    this.#source?.close();
    this.#source = undefined;
  }
}

function nothing(): void {
  // There is nothing to cancel yet.
}
