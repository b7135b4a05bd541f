// Owns messages that go by POST: to peers whose streams do not stand yet, and to senders that are no members yet. A few
// at once, a few more waiting, the rest dropped. etcd: rafthttp/pipeline.go.

import { encodeMessage } from '../../proto/gen/raft.ts';
import type { Message } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import { PIPELINE_QUEUE_MAX, PIPELINE_WORKERS, POST_ANSWER_BYTES_MAX } from './limits.ts';
import { MessageQueue } from './message-queue.ts';
import type { PeerContext } from './peer-context.ts';
import { requestHeaders } from './peer-headers.ts';
import { askPeer } from './peer-question.ts';
import { checkPostAnswer, MemberRemovedError } from './post-answer.ts';

export class Pipeline {
  readonly #peer: PeerContext;
  readonly #queue: MessageQueue;
  #busyCount = 0;
  #isStopped = false;

  constructor(peer: PeerContext) {
    this.#peer = peer;
    this.#queue = new MessageQueue(PIPELINE_QUEUE_MAX);
    peer.logger.info('started HTTP pipelining with remote peer', this.#fields());
  }

  /** False when too many messages wait. */
  send(message: Message): boolean {
    if (this.#isStopped || !this.#queue.push(message)) return false;
    this.#startWorker();
    return true;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#queue.clear();
    this.#peer.logger.info('stopped HTTP pipelining with remote peer', this.#fields());
  }

  #fields(): Readonly<Record<string, string>> {
    return {
      'local-member-id': formatId(this.#peer.identity.localId),
      'remote-peer-id': formatId(this.#peer.id),
    };
  }

  #startWorker(): void {
    if (this.#busyCount >= PIPELINE_WORKERS || this.#queue.count === 0) return;
    const message = this.#queue.peek(0);
    this.#queue.drop(1);
    this.#busyCount++;
    const body = encodeMessage(message);
    this.#post(body).then(
      () => this.#succeeded(body.length),
      (error: unknown) => this.#failed(error),
    );
  }

  async #post(body: Uint8Array): Promise<void> {
    const { id, picker, identity, connector, timing, cancel, logger } = this.#peer;
    const url = picker.pick();
    try {
      const answer = await askPeer(connector, {
        url,
        path: '/raft',
        method: 'POST',
        headers: { ...requestHeaders(identity), 'Content-Type': 'application/protobuf' },
        body,
        timeoutMs: timing.dialTimeoutMs + timing.responseTimeoutMs,
        dialTimeoutMs: timing.dialTimeoutMs,
        answerBytesMax: POST_ANSWER_BYTES_MAX,
        cancel,
      });
      checkPostAnswer(answer, { to: id, url, identity, logger });
    } catch (error) {
      picker.reportUnreachable(url);
      throw error;
    }
  }

  #succeeded(sizeBytes: number): void {
    this.#busyCount--;
    if (this.#isStopped) return;
    this.#peer.status.activate();
    this.#peer.metrics.sentBytes.add(sizeBytes);
    this.#startWorker();
  }

  #failed(error: unknown): void {
    this.#busyCount--;
    if (this.#isStopped) return;
    const { id, status, raft, metrics, onRemovedHere } = this.#peer;
    const reason = error instanceof Error ? error.message : String(error);
    status.deactivate({ source: 'pipeline', action: 'write', reason });
    raft.reportUnreachable(id);
    metrics.sentFailures.inc();
    if (error instanceof MemberRemovedError) onRemovedHere();
    this.#startWorker();
  }
}
