// Owns one stream to a peer: the answer to a GET the peer has sent, which never ends. Messages that leave together are one
// write; while the peer does not read, they wait, and past the write deadline the stream is given up.
// etcd: rafthttp/stream.go streamWriter.
//
// Chunks go to the socket itself, which sends them at once. The answer would cork the socket until the end of the turn
// for each of them, and the leader syncs its log before that; it only writes its head and its end.
//
//   detached --attach--> attached --write takes no more--> blocked --drain--> attached
//      ^                    |                                 |
//      +---- peer gone, replaced, stop ----- deadline, stop --+

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Message } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import { allocateChunk, LINE_END_BYTES } from './chunk.ts';
import { FrameOutput, type FrameSize } from './frame-output.ts';
import { STREAM_QUEUE_MAX, WRITE_BYTES_MAX } from './limits.ts';
import { LINK_HEARTBEAT, MessageEncoder, type StreamEncoder } from './message-codec.ts';
import { MessageQueue } from './message-queue.ts';
import { MsgAppEncoder } from './msgapp-codec.ts';
import type { PeerContext } from './peer-context.ts';
import { STREAM_NAMES, type StreamKind } from './stream-kind.ts';

export class StreamWriter {
  readonly #peer: PeerContext;
  readonly #kind: StreamKind;
  readonly #queue: MessageQueue;
  readonly #fields: Readonly<Record<string, string>>;
  #response: ServerResponse | undefined = undefined;
  #encoder: StreamEncoder;
  #deadline: NodeJS.Timeout | undefined = undefined;
  #heartbeat: NodeJS.Timeout | undefined = undefined;

  constructor(peer: PeerContext, kind: StreamKind) {
    this.#peer = peer;
    this.#kind = kind;
    this.#queue = new MessageQueue(STREAM_QUEUE_MAX);
    this.#fields = {
      'stream-writer-type': STREAM_NAMES[kind],
      'local-member-id': formatId(peer.identity.localId),
      'remote-peer-id': formatId(peer.id),
    };
    this.#encoder = this.#newEncoder();
    peer.logger.info('started stream writer with remote peer', this.#fields);
  }

  get isAttached(): boolean {
    return this.#response !== undefined;
  }

  /** Takes over `response`, whose head has been sent and announces chunks. A stream attached before is closed: the peer has left it. */
  attach(response: ServerResponse): void {
    const { logger, status } = this.#peer;
    if (this.#detach()) {
      logger.warn('closed TCP streaming connection with remote peer', this.#fields);
    }
    this.#response = response;
    this.#encoder = this.#newEncoder();
    const drained = (): void => this.#drained(response);
    const { socket } = response;
    socket?.on('drain', drained);
    response.on('close', () => socket?.off('drain', drained));
    response.on('error', (error) => this.#lost(response, error.message));
    response.on('close', () => this.#lost(response, 'connection closed'));
    this.#heartbeat = setInterval(() => this.#beat(response), this.#peer.timing.linkHeartbeatMs);
    status.activate();
    logger.info('established TCP streaming connection with remote peer', this.#fields);
  }

  /** False when too many messages wait. The message leaves with the next `flush`. */
  send(message: Message): boolean {
    return this.#queue.push(message);
  }

  flush(): void {
    while (this.#response !== undefined && this.#deadline === undefined && this.#queue.count > 0) {
      this.#writeBatch(this.#response);
    }
  }

  stop(): void {
    // Nobody wants to hear of a peer that is let go.
    this.#queue.clear();
    this.#detach();
    this.#peer.logger.info('stopped TCP streaming connection with remote peer', this.#fields);
  }

  #newEncoder(): StreamEncoder {
    return this.#kind === 'msgapp' ? new MsgAppEncoder(this.#peer.blocks) : new MessageEncoder();
  }

  #writeBatch(response: ServerResponse): void {
    const queue = this.#queue;
    const size: FrameSize = { copiedBytes: 0, insertedBytes: 0 };
    let count = 0;
    while (count < queue.count && size.copiedBytes + size.insertedBytes < WRITE_BYTES_MAX) {
      this.#encoder.plan(queue.peek(count), size);
      count++;
    }
    const out = outputFor(size);
    for (let i = 0; i < count; i++) this.#encoder.write(queue.peek(i), out);
    queue.drop(count);
    this.#write(response, out, size);
  }

  #write(response: ServerResponse, out: FrameOutput, size: FrameSize): void {
    this.#peer.metrics.sentBytes.add(size.copiedBytes + size.insertedBytes);
    // Without a socket it is closed, and will say so.
    const { socket } = response;
    if (socket === null || writeTogether(socket, out.finish(LINE_END_BYTES))) return;
    this.#deadline = setTimeout(
      () => this.#lost(response, 'i/o timeout'),
      this.#peer.timing.streamSilenceMs,
    );
  }

  #drained(response: ServerResponse): void {
    if (response !== this.#response) return;
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    this.flush();
  }

  // While the peer does not read, a heartbeat would tell it nothing, and only grow the pile.
  #beat(response: ServerResponse): void {
    if (this.#deadline !== undefined) return;
    const size: FrameSize = { copiedBytes: 0, insertedBytes: 0 };
    this.#encoder.plan(LINK_HEARTBEAT, size);
    const out = outputFor(size);
    this.#encoder.write(LINK_HEARTBEAT, out);
    this.#write(response, out, size);
  }

  #lost(response: ServerResponse, reason: string): void {
    if (response !== this.#response) return;
    const { logger, metrics, status } = this.#peer;
    status.deactivate({ source: STREAM_NAMES[this.#kind], action: 'write', reason });
    metrics.sentFailures.inc();
    this.#detach();
    logger.warn('lost TCP streaming connection with remote peer', this.#fields);
  }

  /** Answers whether there was a stream. */
  #detach(): boolean {
    const response = this.#response;
    if (response === undefined) return false;
    const isBlocked = this.#deadline !== undefined;
    this.#response = undefined;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    if (isBlocked) response.destroy();
    else response.end();
    if (this.#queue.count > 0) {
      this.#queue.clear();
      this.#peer.raft.reportUnreachable(this.#peer.id);
    }
    return true;
  }
}

function outputFor({ copiedBytes, insertedBytes }: FrameSize): FrameOutput {
  const { bytes, start } = allocateChunk(copiedBytes + insertedBytes, insertedBytes);
  return new FrameOutput(bytes, start);
}

/** Hands over all pieces in one write; false when the socket wants no more for now. */
function writeTogether(socket: Socket, pieces: readonly Uint8Array[]): boolean {
  if (pieces.length > 1) socket.cork();
  let isWelcome = true;
  for (const piece of pieces) isWelcome = socket.write(piece);
  if (pieces.length > 1) socket.uncork();
  return isWelcome;
}
