// Owns databases on their way to peers: one POST each, over a connection of its own, at the speed of the receiver, with
// pauses for everything else. Raft hears of each exactly once, how it ended. etcd: rafthttp/snapshot_sender.go.

import type { ClientRequest, IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Message } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import { POST_ANSWER_BYTES_MAX, SNAPSHOT_PAUSE_BYTES, SNAPSHOTS_IN_FLIGHT_MAX } from './limits.ts';
import { encodeFrame } from './message-codec.ts';
import type { PeerContext } from './peer-context.ts';
import { requestHeaders } from './peer-headers.ts';
import { readAnswer } from './peer-question.ts';
import { checkPostAnswer, MemberRemovedError } from './post-answer.ts';
import type { OutgoingSnapshot, SnapshotPort } from './types.ts';

/** The database could not be made, which is no fault of the peer. */
class NotMadeError extends Error {
  override readonly name: string = 'NotMadeError';
}

export class SnapshotSender {
  readonly #snapshots: SnapshotPort;
  #inFlightCount = 0;

  constructor(snapshots: SnapshotPort) {
    this.#snapshots = snapshots;
  }

  get inFlightCount(): number {
    return this.#inFlightCount;
  }

  /** False when too many are under way. */
  send(peer: PeerContext, message: Message): boolean {
    if (this.#inFlightCount >= SNAPSHOTS_IN_FLIGHT_MAX) return false;
    this.#inFlightCount++;
    peer.metrics.snapshotSend.inFlight.inc();
    this.#run(peer, message).then(
      () => this.#finished(peer, undefined),
      (error: unknown) => this.#finished(peer, error),
    );
    return true;
  }

  async #run(peer: PeerContext, message: Message): Promise<void> {
    const startedMs = peer.clock.monotonicMs();
    const snapshot = await this.#open(peer, message);
    try {
      const fields = logFields(peer, snapshot);
      peer.logger.info('sending database snapshot', fields);
      const sentBytes = await post(peer, snapshot).catch((error: unknown) => {
        peer.logger.warn('failed to send database snapshot', { ...fields, error: String(error) });
        throw error;
      });
      peer.logger.info('sent database snapshot', { ...fields, bytes: sentBytes });
      peer.metrics.sentBytes.add(sentBytes);
      const elapsedMs = peer.clock.monotonicMs() - startedMs;
      peer.metrics.snapshotSend.seconds.observe(elapsedMs / 1000);
    } finally {
      snapshot.close();
    }
  }

  async #open(peer: PeerContext, message: Message): Promise<OutgoingSnapshot> {
    try {
      return await this.#snapshots.openForSend(message, peer.cancel);
    } catch (cause) {
      if (!peer.cancel.aborted) {
        peer.logger.error('failed to make a database snapshot', {
          'remote-peer-id': formatId(peer.id),
          error: String(cause),
        });
      }
      throw new NotMadeError('no database to send', { cause });
    }
  }

  #finished(peer: PeerContext, error: unknown): void {
    this.#inFlightCount--;
    const { id, metrics, raft, status } = peer;
    metrics.snapshotSend.inFlight.dec();
    if (error === undefined) {
      if (!peer.cancel.aborted) status.activate();
      metrics.snapshotSend.success.inc();
      raft.reportSnapshot(id, true);
      return;
    }
    metrics.snapshotSend.failures.inc();
    metrics.sentFailures.inc();
    if (peer.cancel.aborted) return;
    if (!(error instanceof NotMadeError)) {
      const reason = error instanceof Error ? error.message : String(error);
      status.deactivate({ source: 'sendMsgSnap', action: 'post', reason });
      raft.reportUnreachable(id);
    }
    raft.reportSnapshot(id, false);
    if (error instanceof MemberRemovedError) peer.onRemovedHere();
  }
}

function logFields(peer: PeerContext, snapshot: OutgoingSnapshot): Record<string, unknown> {
  return {
    'snapshot-index': snapshot.message.snapshot?.metadata.index ?? 0,
    'remote-peer-id': formatId(peer.id),
    bytes: snapshot.totalBytes ?? 0,
  };
}

/** Answers the bytes sent. */
async function post(peer: PeerContext, snapshot: OutgoingSnapshot): Promise<number> {
  const { id, picker, identity, connector, timing, cancel, logger } = peer;
  const url = picker.pick();
  try {
    const request = connector.open({
      url,
      path: '/raft/snapshot',
      method: 'POST',
      headers: { ...requestHeaders(identity), 'Content-Type': 'application/octet-stream' },
      cancel,
      dialTimeoutMs: timing.dialTimeoutMs,
    });
    const exchange = new SnapshotExchange(request, timing.snapshotStallMs);
    const sentBytes = await exchange.sendBody(snapshot);
    const response = await exchange.response(timing.snapshotSaveMs);
    const timer = setTimeout(() => response.destroy(), timing.responseTimeoutMs);
    const answer = await readAnswer(response, POST_ANSWER_BYTES_MAX).finally(() =>
      clearTimeout(timer),
    );
    checkPostAnswer(answer, { to: id, url, identity, logger });
    return sentBytes;
  } catch (error) {
    picker.reportUnreachable(url);
    throw error;
  }
}

/** One POST whose answer may come before its body is complete: a refusal. */
class SnapshotExchange {
  readonly #request: ClientRequest;
  readonly #stallMs: number;
  readonly #answered: Promise<IncomingMessage>;
  #isAnswered = false;

  constructor(request: ClientRequest, stallMs: number) {
    this.#request = request;
    this.#stallMs = stallMs;
    this.#answered = new Promise((resolve, reject) => {
      request.on('response', (response) => {
        this.#isAnswered = true;
        resolve(response);
      });
      request.on('error', reject);
    });
    // Whoever waits for it gets the error; nobody may be waiting yet.
    this.#answered.catch(() => undefined);
  }

  async sendBody(snapshot: OutgoingSnapshot): Promise<number> {
    let sentBytes = 0;
    let sincePause = 0;
    try {
      sentBytes += await this.#write(encodeFrame(snapshot.message));
      for await (const chunk of snapshot.chunks) {
        if (this.#isAnswered) break;
        sentBytes += await this.#write(chunk);
        sincePause += chunk.length;
        if (sincePause < SNAPSHOT_PAUSE_BYTES) continue;
        sincePause = 0;
        // A fast receiver and a fast source would keep everything else from running.
        await nextTurn();
      }
    } catch (error) {
      this.#request.destroy();
      throw error;
    }
    this.#request.end();
    return sentBytes;
  }

  async response(timeoutMs: number): Promise<IncomingMessage> {
    const timer = setTimeout(
      () => this.#request.destroy(new Error('snapshot was not answered')),
      timeoutMs,
    );
    return await this.#answered.finally(() => clearTimeout(timer));
  }

  /** Resolves when the chunk is with the system, and its memory free for the next. */
  async #write(chunk: Uint8Array): Promise<number> {
    const timer = setTimeout(
      () => this.#request.destroy(new Error('snapshot receiver takes nothing')),
      this.#stallMs,
    );
    const written = new Promise<void>((resolve, reject) => {
      this.#request.write(chunk, (error) => {
        if (error instanceof Error) reject(error);
        else resolve();
      });
    });
    try {
      await Promise.race([written, this.#answered]);
    } finally {
      clearTimeout(timer);
    }
    return chunk.length;
  }
}
