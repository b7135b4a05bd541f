// Owns receiving a database: a raft message in front, then the bytes, handed on at the speed at which they are saved.
// etcd: rafthttp/http.go snapshotHandler.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { AssertionError } from '../../base/assert.ts';
import { MessageType } from '../../proto/gen/raft.ts';
import type { Message, SnapshotMetadata } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import { ByteQueue } from './byte-queue.ts';
import { allowsMethod, answerError, bodyChunks } from './http-exchange.ts';
import { SNAPSHOT_MESSAGE_BYTES_MAX, SNAPSHOTS_ARRIVING_MAX } from './limits.ts';
import { MessageDecoder } from './message-codec.ts';
import { messageName } from './message-name.ts';
import type { PeerTransport } from './peer-transport.ts';
import { ProtocolError } from './protocol-error.ts';
import { addSender, answerOutcome, isCompatible } from './raft-routes.ts';

/** POST /raft/snapshot. */
export class SnapshotRoute {
  readonly #transport: PeerTransport;
  #arrivingCount = 0;

  constructor(transport: PeerTransport) {
    this.#transport = transport;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!allowsMethod(request, response, 'POST')) return;
    if (!isCompatible(this.#transport, request, response)) return;
    addSender(this.#transport, request);
    const { logger, timing } = this.#transport.context;
    const bytes = new ByteQueue();
    const chunks = bodyChunks(request, timing.snapshotStallMs);
    let message: Message;
    try {
      message = await readFront(chunks, bytes);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn('failed to decode Raft message', { ...this.#localField(), error: reason });
      answerError(response, 400, `failed to decode raft message (${reason})`);
      return;
    }
    const metadata = message.snapshot?.metadata;
    if (message.type !== MessageType.snap || metadata === undefined) {
      logger.warn('unexpected Raft message type', {
        ...this.#localField(),
        'remote-snapshot-sender-id': formatId(message.from),
        'message-type': messageName(message.type),
      });
      answerError(response, 400, 'wrong raft message type');
      return;
    }
    await this.#receive(message, metadata, { response, body: remaining(bytes, chunks) });
  }

  /** Asks who may speak before the bytes are taken, where etcd asks afterwards: they would be for nothing. */
  async #receive(
    message: Message,
    metadata: SnapshotMetadata,
    { response, body }: { response: ServerResponse; body: AsyncIterable<Uint8Array> },
  ): Promise<void> {
    const refusal = this.#transport.context.inbox.refuse(message);
    if (refusal !== undefined) {
      answerOutcome(response, refusal, '');
      return;
    }
    if (this.#arrivingCount >= SNAPSHOTS_ARRIVING_MAX) {
      answerError(response, 500, 'failed to save KV snapshot (too many snapshots are arriving)');
      return;
    }
    this.#arrivingCount++;
    try {
      await this.#save(message, metadata, { response, body });
    } finally {
      this.#arrivingCount--;
    }
  }

  async #save(
    message: Message,
    metadata: SnapshotMetadata,
    { response, body }: { response: ServerResponse; body: AsyncIterable<Uint8Array> },
  ): Promise<void> {
    const { logger, clock } = this.#transport.context;
    const metrics = this.#transport.metricsOf(message.from);
    const transfer = metrics.snapshotReceive;
    const fields = {
      ...this.#localField(),
      'remote-snapshot-sender-id': formatId(message.from),
      'incoming-snapshot-index': metadata.index,
    };
    const startedMs = clock.monotonicMs();
    let sizeBytes = 0;
    const counted = countBytes(body, (count) => {
      sizeBytes += count;
      metrics.receivedBytes.add(count);
    });
    logger.info('receiving database snapshot', fields);
    transfer.inFlight.inc();
    try {
      const outcome = await this.#transport.snapshots.receive(message, counted);
      logger.info('received and saved database snapshot', {
        ...fields,
        'incoming-snapshot-size-bytes': sizeBytes,
      });
      if (outcome.kind === 'taken') {
        transfer.success.inc();
        transfer.seconds.observe((clock.monotonicMs() - startedMs) / 1000);
        answerOutcome(response, outcome, '');
      } else {
        transfer.failures.inc();
        logger.warn('failed to process Raft message', { ...fields, error: outcome.reason });
        answerOutcome(response, outcome, `failed to process raft message (${outcome.reason})`);
      }
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      transfer.failures.inc();
      logger.warn('failed to save incoming database snapshot', { ...fields, error: reason });
      answerError(response, 500, `failed to save KV snapshot (${reason})`);
    } finally {
      transfer.inFlight.dec();
    }
  }

  #localField(): Readonly<Record<string, string>> {
    return { 'local-member-id': formatId(this.#transport.context.identity.localId) };
  }
}

/** The message in front. What has arrived behind it stays in `bytes`. */
async function readFront(
  chunks: AsyncGenerator<Uint8Array, void, void>,
  bytes: ByteQueue,
): Promise<Message> {
  const decoder = new MessageDecoder(bytes, SNAPSHOT_MESSAGE_BYTES_MAX);
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) throw new ProtocolError('unexpected EOF');
    bytes.push(next.value);
    const message = decoder.next();
    if (message !== undefined) return message;
  }
}

async function* remaining(
  bytes: ByteQueue,
  chunks: AsyncGenerator<Uint8Array, void, void>,
): AsyncGenerator<Uint8Array, void, void> {
  yield* bytes.takeAll();
  yield* chunks;
}

async function* countBytes(
  body: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of body) {
    onBytes(chunk.length);
    yield chunk;
  }
}
