// Owns one stream from a peer: the GET that asks for it, the messages that come with its endless answer, and asking again
// when it ends. etcd: rafthttp/stream.go streamReader.
//
//   waiting --redial--> dialling --200--> reading
//      ^                   |                 |
//      +---- refused ------+---- ended ------+        410: this member was removed, and stops
//
// A dial that began before the peer was there may hang until its deadline: in a proxy, behind a lost packet. So a peer that
// makes itself heard meanwhile is dialled anew at once, instead of getting all answers by POST for seconds.

import type { ClientRequest, IncomingMessage } from 'node:http';
import { utf8Text } from '../../base/bytes.ts';
import { DecodeError } from '../../proto/reader.ts';
import type { Message } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import { ByteQueue } from './byte-queue.ts';
import { CatchUpPace } from './catch-up-pace.ts';
import { CATCH_UP_SETTLE_MS_MAX, POST_ANSWER_BYTES_MAX } from './limits.ts';
import { isLinkHeartbeat, MessageDecoder, type StreamDecoder } from './message-codec.ts';
import { MsgAppDecoder } from './msgapp-codec.ts';
import type { PeerContext } from './peer-context.ts';
import {
  CLUSTER_ID_MISMATCH,
  headerText,
  INCOMPATIBLE_VERSION,
  readVersion,
  requestHeaders,
} from './peer-headers.ts';
import { ProtocolError } from './protocol-error.ts';
import { compareMinor, hasStreams, maybeParseVersion } from './semver.ts';
import { STREAM_NAMES, STREAM_PREFIX, type StreamKind } from './stream-kind.ts';

/** How a stream ended. */
interface Ending {
  readonly action: 'dial' | 'read';
  readonly reason: string;
  /** False when the peer has ended the stream in good order: that alone does not make it inactive. */
  readonly isFailure: boolean;
}

export class StreamReader {
  readonly #peer: PeerContext;
  readonly #kind: StreamKind;
  readonly #fields: Readonly<Record<string, string>>;
  #request: ClientRequest | undefined = undefined;
  #redial: NodeJS.Timeout | undefined = undefined;
  #dialledAtMs = 0;
  /** Dials in a row that ended because nobody listens there. */
  #refusedCount = 0;
  #isReading = false;
  /** Runs while a dial has to be answered because the peer was heard; stays set after it has cut that dial. */
  #impatience: NodeJS.Timeout | undefined = undefined;
  /** For a stream of log entries: not all at once to a member that has time. */
  readonly #pace: CatchUpPace | undefined;
  /** Where the log ends as far as it was read here. */
  #lastIndex = 0;
  /** The answer that is not read for a while. */
  #resting: IncomingMessage | undefined = undefined;
  /** Runs while nothing is read, until it is read on. */
  #rest: NodeJS.Timeout | undefined = undefined;
  #isPaused = false;
  #isStopped = false;

  constructor(peer: PeerContext, kind: StreamKind) {
    this.#peer = peer;
    this.#kind = kind;
    this.#pace = kind === 'msgapp' ? new CatchUpPace() : undefined;
    this.#fields = {
      'stream-reader-type': STREAM_NAMES[kind],
      'local-member-id': formatId(peer.identity.localId),
      'remote-peer-id': formatId(peer.id),
    };
  }

  start(): void {
    this.#peer.logger.info('started stream reader with remote peer', this.#fields);
    this.#dial();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearTimeout(this.#redial);
    clearTimeout(this.#impatience);
    clearTimeout(this.#rest);
    this.#request?.destroy();
    this.#request = undefined;
    this.#peer.logger.info('stopped stream reader with remote peer', this.#fields);
  }

  /** Raft answers an append of this peer: what it says is durable. */
  answered({ index, reject }: Message): void {
    const lastIndex = reject ? this.#lastIndex : index;
    const restMs = this.#pace?.settled(lastIndex, this.#peer.clock.monotonicMs());
    if (restMs !== undefined) this.#readOnAfter(restMs);
  }

  /** For tests: what arrives is lost until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** The peer is there: a dial of some age that is not answered began before it was. At most once until a dial ends by itself: a line
   *  may be slower than that. */
  peerHeard(): void {
    const request = this.#request;
    if (request === undefined || this.#isReading || this.#impatience !== undefined) return;
    const { timing, clock } = this.#peer;
    const ageMs = clock.monotonicMs() - this.#dialledAtMs;
    this.#impatience = setTimeout(
      () => {
        if (this.#request !== request || this.#isReading) return;
        this.#request = undefined;
        request.destroy();
        this.#dial();
      },
      Math.max(0, timing.patienceMs - ageMs),
    );
  }

  #dial(): void {
    const url = this.#peer.picker.pick();
    this.#dialledAtMs = this.#peer.clock.monotonicMs();
    let request: ClientRequest;
    try {
      request = this.#open(url);
    } catch (error) {
      // A URL or a certificate that cannot be used now.
      this.#retry({ action: 'dial', reason: String(error), isFailure: true }, url);
      return;
    }
    this.#request = request;
    request.setTimeout(this.#peer.timing.streamSilenceMs, () => {
      this.#end(request, { action: 'read', reason: 'i/o timeout', isFailure: true }, url);
    });
    request.on('error', (error) => {
      if (this.#request === request) this.#countRefusals(error);
      this.#refused(request, error.message, url);
    });
    request.on('response', (response) => {
      this.#refusedCount = 0;
      response.on('error', (error) => {
        this.#end(request, { action: 'read', reason: error.message, isFailure: true });
      });
      // The peer may have been let go while the answer was under way.
      if (this.#request !== request) response.destroy();
      else if (this.#speaksStreams(response)) this.#judge(request, response, url);
      else {
        const reason = 'unsupported stream type';
        this.#end(request, { action: 'dial', reason, isFailure: false }, url);
      }
    });
    request.end();
  }

  #open(url: string): ClientRequest {
    const { identity, connector, timing, cancel } = this.#peer;
    return connector.open({
      url,
      path: `${STREAM_PREFIX}${this.#kind}/${formatId(identity.localId)}`,
      method: 'GET',
      headers: { ...requestHeaders(identity), 'X-Raft-To': formatId(this.#peer.id) },
      cancel,
      dialTimeoutMs: timing.dialTimeoutMs,
    });
  }

  #speaksStreams(response: IncomingMessage): boolean {
    const local = maybeParseVersion(this.#peer.identity.serverVersion);
    const remote = readVersion(response.headers, 'x-server-version');
    if (remote === undefined || local === undefined) return false;
    return compareMinor(remote, local) >= 0 || hasStreams(remote);
  }

  #judge(request: ClientRequest, response: IncomingMessage, url: string): void {
    switch (response.statusCode) {
      case 200:
        this.#read(request, response);
        return;
      case 410:
        this.#refused(request, 'the member has been permanently removed from the cluster', url);
        this.#peer.onRemovedHere();
        return;
      case 404: {
        const { id, identity } = this.#peer;
        const reason = `peer ${formatId(id)} failed to find local node ${formatId(identity.localId)}`;
        this.#refused(request, reason, url);
        return;
      }
      case 412:
        this.#readPrecondition(request, response, url);
        return;
      default:
        this.#refused(request, `unhandled http status ${response.statusCode}`, url);
    }
  }

  /** A live member answers on one of its URLs; a host that is off does not even refuse. */
  #countRefusals(error: Error): void {
    const { id, picker, raft } = this.#peer;
    this.#refusedCount =
      'code' in error && error.code === 'ECONNREFUSED' ? this.#refusedCount + 1 : 0;
    if (this.#refusedCount >= picker.urls.length) raft.reportGone(id);
  }

  #refused(request: ClientRequest, reason: string, url: string): void {
    this.#end(request, { action: 'dial', reason, isFailure: true }, url);
  }

  #readPrecondition(request: ClientRequest, response: IncomingMessage, url: string): void {
    let text = '';
    response.on('data', (chunk: Uint8Array) => {
      if (text.length < POST_ANSWER_BYTES_MAX) text += utf8Text(chunk);
    });
    response.on('end', () => {
      const reason = text.replace(/\n$/, '');
      this.#logPrecondition(reason, response);
      const isKnown = reason === INCOMPATIBLE_VERSION || reason === CLUSTER_ID_MISMATCH;
      this.#refused(
        request,
        isKnown ? reason : `unhandled error "${reason}" when precondition failed`,
        url,
      );
    });
  }

  #logPrecondition(reason: string, response: IncomingMessage): void {
    const { logger, identity, id } = this.#peer;
    const fields = {
      'local-member-id': formatId(identity.localId),
      'remote-peer-id': formatId(id),
      error: reason,
    };
    if (reason === INCOMPATIBLE_VERSION) {
      logger.warn(
        'request sent was ignored by remote peer due to server version incompatibility',
        fields,
      );
    } else if (reason === CLUSTER_ID_MISMATCH) {
      logger.warn('request sent was ignored by remote peer due to cluster ID mismatch', {
        ...fields,
        'remote-peer-cluster-id': headerText(response.headers, 'x-etcd-cluster-id'),
        'local-member-cluster-id': formatId(identity.clusterId),
      });
    }
  }

  #read(request: ClientRequest, response: IncomingMessage): void {
    const { status, logger, metrics } = this.#peer;
    const bytes = new ByteQueue();
    const decoder = this.#newDecoder(bytes);
    this.#isReading = true;
    this.#calm();
    status.activate();
    logger.info('established TCP streaming connection with remote peer', this.#fields);
    response.on('data', (chunk: Uint8Array) => {
      if (this.#request !== request) return;
      metrics.receivedBytes.add(chunk.length);
      bytes.push(chunk);
      this.#deliver(request, decoder);
      this.#maybeRest(response, chunk.length);
    });
    response.on('end', () => {
      this.#end(request, { action: 'read', reason: 'EOF', isFailure: false });
    });
  }

  #maybeRest(response: IncomingMessage, sizeBytes: number): void {
    const { raft, clock } = this.#peer;
    if (this.#pace === undefined || this.#rest !== undefined || !raft.isDispensable()) return;
    if (!this.#pace.took(sizeBytes, this.#lastIndex, clock.monotonicMs())) return;
    response.pause();
    this.#resting = response;
    this.#readOnAfter(CATCH_UP_SETTLE_MS_MAX);
  }

  #readOnAfter(delayMs: number): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#readOn(), delayMs);
  }

  #readOn(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
    this.#pace?.reset();
    this.#resting?.resume();
    this.#resting = undefined;
  }

  #newDecoder(bytes: ByteQueue): StreamDecoder {
    if (this.#kind === 'message') return new MessageDecoder(bytes);
    return new MsgAppDecoder(bytes, {
      localId: this.#peer.identity.localId,
      remoteId: this.#peer.id,
    });
  }

  #deliver(request: ClientRequest, decoder: StreamDecoder): void {
    // A message may be the one that lets this peer go.
    while (this.#request === request) {
      const message = this.#next(request, decoder);
      if (message === undefined) return;
      if (this.#isPaused || isLinkHeartbeat(message)) continue;
      this.#lastIndex = message.entries.at(-1)?.index ?? this.#lastIndex;
      this.#peer.inbox.acceptFromStream(message);
    }
  }

  /** Bytes that are no message end the stream; what raft throws is none of that, and not caught. */
  #next(request: ClientRequest, decoder: StreamDecoder): Message | undefined {
    try {
      return decoder.next();
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof DecodeError)) throw error;
      this.#peer.metrics.receivedFailures.inc();
      this.#end(request, { action: 'read', reason: error.message, isFailure: true });
      return undefined;
    }
  }

  /** Ends `request`, once. `url` is given up for the next one if it is named. */
  #end(request: ClientRequest, ending: Ending, url?: string): void {
    if (this.#request !== request) return;
    this.#request = undefined;
    this.#isReading = false;
    this.#calm();
    this.#readOn();
    request.destroy();
    if (ending.action === 'read') {
      this.#peer.logger.warn('lost TCP streaming connection with remote peer', {
        ...this.#fields,
        error: ending.reason,
      });
    }
    this.#retry(ending, url);
  }

  #calm(): void {
    clearTimeout(this.#impatience);
    this.#impatience = undefined;
  }

  #retry({ action, reason, isFailure }: Ending, url: string | undefined): void {
    const { status, picker, timing, clock } = this.#peer;
    if (url !== undefined) picker.reportUnreachable(url);
    if (isFailure) status.deactivate({ source: STREAM_NAMES[this.#kind], action, reason });
    const elapsedMs = clock.monotonicMs() - this.#dialledAtMs;
    this.#redial = setTimeout(() => this.#dial(), Math.max(0, timing.redialMs - elapsedMs));
  }
}
