// Owns one member as this one talks to it: two streams out, two streams in, POSTs for what has no stream yet, and which
// message goes which way. etcd: rafthttp/peer.go.

import type { ServerResponse } from 'node:http';
import { MessageType } from '../../proto/gen/raft.ts';
import type { Message } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import { messageName } from './message-name.ts';
import type { PeerContext } from './peer-context.ts';
import { Pipeline } from './pipeline.ts';
import { Prober } from './prober.ts';
import type { SnapshotSender } from './snapshot-sender.ts';
import { STREAM_NAMES, type StreamKind } from './stream-kind.ts';
import { StreamReader } from './stream-reader.ts';
import { StreamWriter } from './stream-writer.ts';

export class Peer {
  readonly #context: PeerContext;
  readonly #snapshots: SnapshotSender;
  readonly #abort: AbortController;
  readonly #writers: Readonly<Record<StreamKind, StreamWriter>>;
  readonly #readers: Readonly<Record<StreamKind, StreamReader>>;
  readonly #pipeline: Pipeline;
  #prober: Prober;
  #isPaused = false;
  #hasDropped = false;
  #hasDroppedSnapshot = false;

  constructor(context: PeerContext, snapshots: SnapshotSender, abort: AbortController) {
    this.#context = context;
    this.#snapshots = snapshots;
    this.#abort = abort;
    context.logger.info('starting remote peer', this.#fields());
    this.#pipeline = new Pipeline(context);
    this.#writers = {
      msgapp: new StreamWriter(context, 'msgapp'),
      message: new StreamWriter(context, 'message'),
    };
    this.#readers = {
      msgapp: new StreamReader(context, 'msgapp'),
      message: new StreamReader(context, 'message'),
    };
    this.#prober = new Prober(context);
  }

  /** Calls the peer. Before this it is only answered. */
  start(): void {
    for (const reader of Object.values(this.#readers)) reader.start();
    this.#prober.start();
    this.#context.logger.info('started remote peer', this.#fields());
  }

  get activeSinceMs(): number | undefined {
    return this.#context.status.activeSinceMs;
  }

  /** Queues `message`; `flush` sends what waits. */
  send(message: Message): void {
    if (this.#isPaused) return;
    if (message.type === MessageType.snap) {
      if (!this.#snapshots.send(this.#context, message)) this.#dropped(message, 'sendMsgSnap');
      return;
    }
    if (message.type === MessageType.appResp) this.#readers.msgapp.answered(message);
    const { msgapp, message: other } = this.#writers;
    if (message.type === MessageType.app && msgapp.isAttached) {
      if (!msgapp.send(message)) this.#dropped(message, 'streamMsgAppV2');
    } else if (other.isAttached) {
      if (!other.send(message)) this.#dropped(message, 'streamMsg');
    } else if (!this.#pipeline.send(message)) this.#dropped(message, 'pipeline');
  }

  /** Appends first: followers wait for them to reach their disk. */
  flush(): void {
    this.#writers.msgapp.flush();
    this.#writers.message.flush();
    this.#reportDropped();
  }

  attach(kind: StreamKind, response: ServerResponse): void {
    const { logger, identity, id } = this.#context;
    logger.info('set message encoder', {
      from: formatId(identity.localId),
      to: formatId(id),
      'stream-type': STREAM_NAMES[kind],
    });
    this.#writers[kind].attach(response);
    for (const reader of Object.values(this.#readers)) reader.peerHeard();
  }

  isAttached(kind: StreamKind): boolean {
    return this.#writers[kind].isAttached;
  }

  update(urls: readonly string[]): void {
    this.#context.picker.update(urls);
    this.#prober.stop();
    this.#prober = new Prober(this.#context);
    this.#prober.start();
  }

  pause(): void {
    this.#isPaused = true;
    for (const reader of Object.values(this.#readers)) reader.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const reader of Object.values(this.#readers)) reader.resume();
  }

  stop(): void {
    const { logger, status } = this.#context;
    logger.info('stopping remote peer', this.#fields());
    this.#prober.stop();
    this.#writers.msgapp.flush();
    this.#writers.message.flush();
    this.#writers.msgapp.stop();
    this.#writers.message.stop();
    this.#pipeline.stop();
    for (const reader of Object.values(this.#readers)) reader.stop();
    this.#abort.abort();
    status.end();
    logger.info('stopped remote peer', this.#fields());
  }

  #fields(): Readonly<Record<string, string>> {
    return { 'remote-peer-id': formatId(this.#context.id) };
  }

  #dropped(message: Message, channel: string): void {
    const { id, metrics, logger, status, identity } = this.#context;
    if (message.type === MessageType.snap) this.#hasDroppedSnapshot = true;
    this.#hasDropped = true;
    metrics.sentFailures.inc();
    logger.warn('dropped internal Raft message since sending buffer is full', {
      'message-type': messageName(message.type),
      'local-member-id': formatId(identity.localId),
      from: formatId(message.from),
      'remote-peer-id': formatId(id),
      'remote-peer-name': channel,
      'remote-peer-active': status.activeSinceMs !== undefined,
    });
  }

  /** Once, however many were dropped. */
  #reportDropped(): void {
    const { id, raft } = this.#context;
    if (this.#hasDropped) {
      this.#hasDropped = false;
      raft.reportUnreachable(id);
    }
    if (this.#hasDroppedSnapshot) {
      this.#hasDroppedSnapshot = false;
      raft.reportSnapshot(id, false);
    }
  }
}
