// Owns the stream for log entries, "msgappv2". Both ends follow the same state (term, index): where the log of the
// receiver ends as far as this stream has said. An append that continues there needs no header:
//
//   00                                             link heartbeat
//   01 | n | n x (length | entry) | commit         append at the state; index += n
//   02 | length | message                          append in full; state = (its term, its last index)
//
// Numbers are 8 bytes, big-endian. A new connection starts at (0, 0). etcd: rafthttp/msgappv2_codec.go.

import { at } from '../../base/assert.ts';
import {
  decodeEntry,
  decodeMessage,
  MessageType,
  sizeMessage,
  writeMessage,
} from '../../proto/gen/raft.ts';
import type { Entry, MemberId, Message } from '../../raft/types.ts';
import type { ByteQueue } from './byte-queue.ts';
import { EMPTY_BLOCK, type EntryBlock, type EntryBlocks, writeBlock } from './entry-blocks.ts';
import type { FrameOutput, FrameSize } from './frame-output.ts';
import { STREAM_MESSAGE_BYTES_MAX } from './limits.ts';
import {
  isLinkHeartbeat,
  LINK_HEARTBEAT,
  type StreamDecoder,
  type StreamEncoder,
  writeUint64Be,
} from './message-codec.ts';
import { ProtocolError } from './protocol-error.ts';

const HEARTBEAT = 0;
const ENTRIES = 1;
const FULL = 2;

/** Type byte and one number. */
const HEADER_BYTES = 9;
const NUMBER_BYTES = 8;

/** What `plan` decided for one message. */
interface PlannedFrame {
  readonly type: number;
  /** Of the message in full. */
  readonly messageBytes: number;
  /** The entries behind their lengths, for the short form. */
  readonly block: EntryBlock;
}

const HEARTBEAT_FRAME: PlannedFrame = { type: HEARTBEAT, messageBytes: 0, block: EMPTY_BLOCK };

export class MsgAppEncoder implements StreamEncoder {
  readonly #blocks: EntryBlocks;
  readonly #planned: PlannedFrame[] = [];
  #written = 0;
  #term = 0;
  #index = 0;

  /** `blocks` is shared by the streams to all followers: they mostly get the same entries. */
  constructor(blocks: EntryBlocks) {
    this.#blocks = blocks;
  }

  plan(message: Message, size: FrameSize): void {
    if (isLinkHeartbeat(message)) {
      this.#planned.push(HEARTBEAT_FRAME);
      size.copiedBytes += 1;
      return;
    }
    const { entries, index, logTerm, term } = message;
    if (this.#index === index && this.#term === logTerm && logTerm === term) {
      const block = this.#blocks.encode(entries);
      this.#planned.push({ type: ENTRIES, messageBytes: 0, block });
      this.#index += entries.length;
      size.copiedBytes += HEADER_BYTES + block.copied.length + NUMBER_BYTES;
      size.insertedBytes += block.insertedBytes;
      return;
    }
    const messageBytes = sizeMessage(message);
    this.#planned.push({ type: FULL, messageBytes, block: EMPTY_BLOCK });
    this.#term = term;
    this.#index = entries.at(-1)?.index ?? index;
    size.copiedBytes += HEADER_BYTES + messageBytes;
  }

  write(message: Message, out: FrameOutput): void {
    const { type, messageBytes, block } = at(this.#planned, this.#written++);
    if (this.#written === this.#planned.length) {
      this.#planned.length = 0;
      this.#written = 0;
    }
    const { bytes } = out;
    bytes[out.offset++] = type;
    if (type === HEARTBEAT) return;
    if (type === FULL) {
      out.offset = writeMessage(message, bytes, writeUint64Be(messageBytes, bytes, out.offset));
      return;
    }
    out.offset = writeUint64Be(message.entries.length, bytes, out.offset);
    writeBlock(block, out);
    out.offset = writeUint64Be(message.commit, bytes, out.offset);
  }
}

type Step =
  | 'type'
  | 'entryCount'
  | 'entryLength'
  | 'entry'
  | 'commit'
  | 'messageLength'
  | 'message';

export class MsgAppDecoder implements StreamDecoder {
  readonly #bytes: ByteQueue;
  readonly #localId: MemberId;
  readonly #remoteId: MemberId;
  #term = 0;
  #index = 0;
  #step: Step = 'type';
  /** Bytes the step needs. */
  #needed = 1;
  #entriesLeft = 0;
  #entries: Entry[] = [];
  /** Bytes of the entries of this frame. */
  #frameBytes = 0;

  constructor(bytes: ByteQueue, { localId, remoteId }: { localId: MemberId; remoteId: MemberId }) {
    this.#bytes = bytes;
    this.#localId = localId;
    this.#remoteId = remoteId;
  }

  next(): Message | undefined {
    while (this.#bytes.sizeBytes >= this.#needed) {
      const message = this.#advance();
      if (message !== undefined) return message;
    }
    return undefined;
  }

  #advance(): Message | undefined {
    switch (this.#step) {
      case 'type':
        return this.#readType();
      case 'entryCount':
        this.#entriesLeft = this.#bytes.uint64();
        this.#frameBytes = 0;
        this.#expectEntry();
        return undefined;
      case 'entryLength':
        this.#expectBody('entry');
        return undefined;
      case 'entry':
        this.#entries.push(decodeEntry(this.#bytes.take(this.#needed)));
        this.#entriesLeft--;
        this.#expectEntry();
        return undefined;
      case 'commit':
        return this.#finishEntries(this.#bytes.uint64());
      case 'messageLength':
        this.#frameBytes = 0;
        this.#expectBody('message');
        return undefined;
      case 'message':
        return this.#finishMessage(decodeMessage(this.#bytes.take(this.#needed)));
    }
  }

  #readType(): Message | undefined {
    const type = this.#bytes.byte();
    switch (type) {
      case HEARTBEAT:
        return LINK_HEARTBEAT;
      case ENTRIES:
        this.#expect('entryCount', NUMBER_BYTES);
        return undefined;
      case FULL:
        this.#expect('messageLength', NUMBER_BYTES);
        return undefined;
      default:
        throw new ProtocolError(`failed to parse type ${type} in msgappv2 stream`);
    }
  }

  #expect(step: Step, sizeBytes: number): void {
    this.#step = step;
    this.#needed = sizeBytes;
  }

  #expectEntry(): void {
    this.#expect(this.#entriesLeft > 0 ? 'entryLength' : 'commit', NUMBER_BYTES);
  }

  #expectBody(step: 'entry' | 'message'): void {
    const sizeBytes = this.#bytes.uint64();
    // The length itself counts too: otherwise a frame of empty entries would never reach the limit.
    this.#frameBytes += NUMBER_BYTES + sizeBytes;
    if (this.#frameBytes > STREAM_MESSAGE_BYTES_MAX) {
      throw new ProtocolError('rafthttp: error limit exceeded');
    }
    this.#expect(step, sizeBytes);
  }

  #finishEntries(commit: number): Message {
    const entries = this.#entries;
    const message: Message = {
      ...LINK_HEARTBEAT,
      type: MessageType.app,
      to: this.#localId,
      from: this.#remoteId,
      term: this.#term,
      logTerm: this.#term,
      index: this.#index,
      entries,
      commit,
    };
    this.#index += entries.length;
    this.#entries = [];
    this.#expect('type', 1);
    return message;
  }

  #finishMessage(message: Message): Message {
    this.#term = message.term;
    this.#index = message.entries.at(-1)?.index ?? message.index;
    this.#expect('type', 1);
    return message;
  }
}
