// Owns the framing of the message stream and of the front of a snapshot: an 8-byte length, then a raft message. Also the
// link heartbeat: a heartbeat from nobody to nobody that keeps a silent stream alive. etcd: rafthttp/msg_codec.go.

import { at } from '../../base/assert.ts';
import { EMPTY_BYTES } from '../../base/bytes.ts';
import { decodeMessage, MessageType, sizeMessage, writeMessage } from '../../proto/gen/raft.ts';
import type { MemberId, Message } from '../../raft/types.ts';
import type { ByteQueue } from './byte-queue.ts';
import type { FrameOutput, FrameSize } from './frame-output.ts';
import { STREAM_MESSAGE_BYTES_MAX } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

const LENGTH_BYTES = 8;

/** The address of nobody. */
export const NO_MEMBER: MemberId = 0n;

/** Sent when there is nothing to send. */
export const LINK_HEARTBEAT: Message = {
  type: MessageType.heartbeat,
  to: NO_MEMBER,
  from: NO_MEMBER,
  term: 0,
  logTerm: 0,
  index: 0,
  entries: [],
  commit: 0,
  snapshot: undefined,
  reject: false,
  rejectHint: 0,
  context: EMPTY_BYTES,
};

/** Raft never sends messages without addresses. */
export function isLinkHeartbeat(message: Message): boolean {
  return (
    message.type === MessageType.heartbeat && message.from === NO_MEMBER && message.to === NO_MEMBER
  );
}

/** Writes a big-endian 64-bit number and answers the new offset. */
export function writeUint64Be(value: number, out: Uint8Array, offset: number): number {
  const hi = Math.floor(value / 4294967296);
  out[offset] = hi >>> 24;
  out[offset + 1] = hi >>> 16;
  out[offset + 2] = hi >>> 8;
  out[offset + 3] = hi;
  out[offset + 4] = value >>> 24;
  out[offset + 5] = value >>> 16;
  out[offset + 6] = value >>> 8;
  out[offset + 7] = value;
  return offset + 8;
}

/**
 * Writes messages of one stream: first `plan` for all messages of a batch, then `write` for each of them, in the same
 * order. The state of the stream moves with `plan`.
 */
export interface StreamEncoder {
  /** Adds to `size` what `write` will take for `message`. */
  plan(message: Message, size: FrameSize): void;
  write(message: Message, out: FrameOutput): void;
}

/** Reads messages of one stream. */
export interface StreamDecoder {
  /** The next message, or undefined when it is not complete. Throws ProtocolError or DecodeError. */
  next(): Message | undefined;
}

/** The message stream: every frame stands for itself. */
export class MessageEncoder implements StreamEncoder {
  /** Sizes of the messages planned and not written yet. */
  readonly #planned: number[] = [];
  #written = 0;

  plan(message: Message, size: FrameSize): void {
    const sizeBytes = sizeMessage(message);
    this.#planned.push(sizeBytes);
    size.copiedBytes += LENGTH_BYTES + sizeBytes;
  }

  write(message: Message, out: FrameOutput): void {
    const sizeBytes = at(this.#planned, this.#written++);
    if (this.#written === this.#planned.length) {
      this.#planned.length = 0;
      this.#written = 0;
    }
    const start = writeUint64Be(sizeBytes, out.bytes, out.offset);
    out.offset = writeMessage(message, out.bytes, start);
  }
}

/** One frame as bytes. */
export function encodeFrame(message: Message): Uint8Array {
  const sizeBytes = sizeMessage(message);
  const out = new Uint8Array(LENGTH_BYTES + sizeBytes);
  writeMessage(message, out, writeUint64Be(sizeBytes, out, 0));
  return out;
}

export class MessageDecoder implements StreamDecoder {
  readonly #bytes: ByteQueue;
  readonly #sizeBytesMax: number;
  /** Size of the message whose length was read, or -1. */
  #expected = -1;

  constructor(bytes: ByteQueue, sizeBytesMax: number = STREAM_MESSAGE_BYTES_MAX) {
    this.#bytes = bytes;
    this.#sizeBytesMax = sizeBytesMax;
  }

  next(): Message | undefined {
    if (this.#expected < 0) {
      if (this.#bytes.sizeBytes < LENGTH_BYTES) return undefined;
      const expected = this.#bytes.uint64();
      if (expected > this.#sizeBytesMax) {
        // etcd: rafthttp/msg_codec.go ErrExceedSizeLimit.
        throw new ProtocolError('rafthttp: error limit exceeded');
      }
      this.#expected = expected;
    }
    if (this.#bytes.sizeBytes < this.#expected) return undefined;
    const body = this.#bytes.take(this.#expected);
    this.#expected = -1;
    return decodeMessage(body);
  }
}
