// Owns answering what peers ask about raft: messages by POST, and streams. etcd: rafthttp/http.go.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeMessage } from '../../proto/gen/raft.ts';
import { DecodeError } from '../../proto/reader.ts';
import type { Message } from '../../raft/types.ts';
import { formatId, maybeParseId } from '../member.ts';
import { allowsMethod, answer, answerError, answerJsonError, readBody } from './http-exchange.ts';
import type { InboxOutcome } from './inbox.ts';
import { HEADER_URLS_MAX, PIPELINE_BODY_BYTES_MAX } from './limits.ts';
import { headerProblem, headerText } from './peer-headers.ts';
import type { PeerTransport } from './peer-transport.ts';
import { STREAM_PREFIX, type StreamKind } from './stream-kind.ts';

/** Versions and cluster id, before anything else. Answers the request when it returns false. */
export function isCompatible(
  transport: PeerTransport,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { identity, logger } = transport.context;
  response.setHeader('X-Etcd-Cluster-ID', formatId(identity.clusterId));
  const problem = headerProblem(identity, request.headers, logger);
  if (problem === undefined) return true;
  answerError(response, 412, problem);
  return false;
}

/** Remembers where the sender of a request can be answered. */
export function addSender(transport: PeerTransport, request: IncomingMessage): void {
  const from = maybeParseId(headerText(request.headers, 'x-server-from'));
  const urls = headerUrls(request);
  if (from !== undefined && urls.length > 0) transport.addRemoteFromHeader(from, urls);
}

function headerUrls(request: IncomingMessage): readonly string[] {
  const text = headerText(request.headers, 'x-peerurls');
  return text === '' ? [] : text.split(',', HEADER_URLS_MAX);
}

/** POST /raft. */
export async function serveMessage(
  transport: PeerTransport,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!allowsMethod(request, response, 'POST')) return;
  if (!isCompatible(transport, request, response)) return;
  addSender(transport, request);
  const { logger, timing, inbox, identity } = transport.context;
  const fields = { 'local-member-id': formatId(identity.localId) };
  let body: Uint8Array;
  try {
    const silenceMs = timing.streamSilenceMs;
    body = await readBody(request, { bytesMax: PIPELINE_BODY_BYTES_MAX, silenceMs });
  } catch (error) {
    logger.warn('failed to read Raft message', { ...fields, error: String(error) });
    answerError(response, 400, 'error reading raft message');
    return;
  }
  const message = maybeMessage(body);
  if (message === undefined) {
    logger.warn('failed to unmarshal Raft message', fields);
    answerError(response, 400, 'error unmarshalling raft message');
    return;
  }
  const outcome = inbox.accept(message);
  if (outcome.kind === 'taken') transport.countReceived(message.from, body.length);
  if (outcome.kind === 'failed') {
    logger.warn('failed to process Raft message', { ...fields, error: outcome.reason });
    response.setHeader('Connection', 'close');
  }
  answerOutcome(response, outcome, 'error processing raft message');
}

function maybeMessage(body: Uint8Array): Message | undefined {
  try {
    return decodeMessage(body);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Answers with what became of a message. */
export function answerOutcome(
  response: ServerResponse,
  outcome: InboxOutcome,
  failure: string,
): void {
  switch (outcome.kind) {
    case 'taken':
      answer(response, 204, '');
      return;
    case 'forbidden':
      answerJsonError(response, 403, outcome.reason);
      return;
    case 'failed':
      answerError(response, 500, failure);
  }
}

/** GET /raft/stream/<kind>/<from>. The answer stays open. */
export function serveStream(
  transport: PeerTransport,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): void {
  if (!allowsMethod(request, response, 'GET')) return;
  const { identity, raft, logger } = transport.context;
  response.setHeader('X-Server-Version', identity.serverVersion);
  if (!isCompatible(transport, request, response)) return;
  const [kind, fromText = ''] = splitStreamPath(path);
  if (kind === undefined) {
    answerError(response, 404, 'invalid path');
    return;
  }
  const from = maybeParseId(fromText);
  const fields = {
    'local-member-id': formatId(identity.localId),
    'remote-peer-id-stream-handler': formatId(identity.localId),
    'remote-peer-id-from': fromText,
  };
  if (from === undefined) {
    logger.warn('failed to parse path into ID', { ...fields, path: fromText });
    answerError(response, 404, 'invalid from');
    return;
  }
  if (raft.isRemoved(from)) {
    logger.warn('rejected stream from remote peer because it was removed', fields);
    answerError(response, 410, 'removed member');
    return;
  }
  if (!transport.hasPeer(from)) {
    const urls = headerUrls(request);
    if (urls.length > 0) transport.addRemoteFromHeader(from, urls);
    logger.warn('failed to find remote peer in cluster', {
      ...fields,
      'cluster-id': formatId(identity.clusterId),
    });
    answerError(response, 404, 'error sender not found');
    return;
  }
  const to = headerText(request.headers, 'x-raft-to');
  if (to !== formatId(identity.localId)) {
    logger.warn('ignored streaming request; ID mismatch', {
      ...fields,
      'remote-peer-id-header': to,
      'cluster-id': formatId(identity.clusterId),
    });
    answerError(response, 412, 'to field mismatch');
    return;
  }
  openStream(transport, { from, kind }, response);
}

function splitStreamPath(path: string): [kind: StreamKind | undefined, from: string | undefined] {
  const [kind, from, ...rest] = path.slice(STREAM_PREFIX.length).split('/');
  const isKnown = (kind === 'message' || kind === 'msgapp') && rest.length === 0;
  return isKnown && from !== undefined ? [kind, from] : [undefined, undefined];
}

function openStream(
  transport: PeerTransport,
  { from, kind }: { readonly from: bigint; readonly kind: StreamKind },
  response: ServerResponse,
): void {
  response.statusCode = 200;
  response.socket?.setNoDelay(true);
  // Bytes come one way only from now on: silence of the other side is no sign of anything.
  response.socket?.setTimeout(0);
  response.flushHeaders();
  // Without chunks (HTTP/1.0) the stream would have to be told from its end; no member asks like that.
  const isStream = response.chunkedEncoding && transport.attach(from, kind, response);
  if (!isStream) response.end();
}
