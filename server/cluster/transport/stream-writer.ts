// Owns one stream to a peer: the answer to a GET the peer has sent, which never ends. Messages gather during a turn and
// leave in one write; while the peer does not read, they wait, and past the write deadline the stream is given up.
// etcd: rafthttp/stream.go streamWriter.
//
//   detached --attach--> attached --write takes no more--> blocked --drain--> attached
//      ^                    |                                 |
//      +---- peer gone, replaced, stop ----- deadline, stop --+

import type { ServerResponse } from 'node:http';
import { allocateBytes } from '../../base/slab.ts';
import type { Message } from '../../raft/types.ts';
import { formatId } from '../member.ts';
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

  /** Takes over `response`, whose head has been sent. A stream attached before is closed: the peer has left it. */
  attach(response: ServerResponse): void {
    const { logger, status } = this.#peer;
    if (this.#detach()) {
      logger.warn('closed TCP streaming connection with remote peer', this.#fields);
    }
    this.#response = response;
    this.#encoder = this.#newEncoder();
    response.on('drain', () => this.#drained(response));
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
      this.#write(this.#response, this.#encodeBatch());
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

  #encodeBatch(): Uint8Array {
    const queue = this.#queue;
    let sizeBytes = 0;
    let count = 0;
    while (count < queue.count && sizeBytes < WRITE_BYTES_MAX) {
      sizeBytes += this.#encoder.plan(queue.peek(count));
      count++;
    }
    const out = allocateBytes(sizeBytes);
    let offset = 0;
    for (let i = 0; i < count; i++) {
      offset = this.#encoder.write(queue.peek(i), out, offset);
    }
    queue.drop(count);
    return out;
  }

  #write(response: ServerResponse, bytes: Uint8Array): void {
    this.#peer.metrics.sentBytes.add(bytes.length);
    if (response.write(bytes)) return;
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
    const sizeBytes = this.#encoder.plan(LINK_HEARTBEAT);
    const out = allocateBytes(sizeBytes);
    this.#encoder.write(LINK_HEARTBEAT, out, 0);
    this.#write(response, out);
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
