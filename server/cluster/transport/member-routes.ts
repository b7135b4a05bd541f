// Owns answering what members ask each other beside raft: who the members are, promotions, hashes, leases, versions.
// etcd: etcdhttp/peer.go, etcdserver/corrupt.go, lease/leasehttp/http.go, etcdserver/server.go.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { utf8Text } from '../../base/bytes.ts';
import { type EtcdError, isEtcdError } from '../../base/errors.ts';
import { decodeLeaseInternalRequest, encodeLeaseInternalResponse } from '../../proto/gen/lease.ts';
import {
  createLeaseTimeToLiveResponse,
  createResponseHeader,
  decodeLeaseKeepAliveRequest,
  encodeLeaseKeepAliveResponse,
} from '../../proto/gen/rpc.ts';
import { DecodeError } from '../../proto/reader.ts';
import { goJsonString, JsonFormatError, parseJson, readObject } from '../json.ts';
import { compareMembers, formatId, type Member, memberJson } from '../member.ts';
import {
  allowsMethod,
  answer,
  answerError,
  answerJsonError,
  BodyError,
  readBody,
} from './http-exchange.ts';
import { leaseProblem } from './lease-problem.ts';
import { QUESTION_BYTES_MAX } from './limits.ts';
import type { TransportContext } from './peer-context.ts';
import { CLUSTER_ID_MISMATCH, headerText } from './peer-headers.ts';
import { probeAnswer } from './prober.ts';
import type { Done, LeaseRenewal, LeaseTimes, PeerHashKv, PeerNodePort } from './types.ts';

export const PROMOTE_PREFIX = '/members/promote/';

export class MemberRoutes {
  readonly #context: TransportContext;
  readonly #node: PeerNodePort;

  constructor(context: TransportContext, node: PeerNodePort) {
    this.#context = context;
    this.#node = node;
  }

  probe(response: ServerResponse): void {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    answer(response, 200, probeAnswer(this.#context.clock.wallMs()));
  }

  members(request: IncomingMessage, response: ServerResponse): void {
    if (!allowsMethod(request, response, 'GET')) return;
    this.#nameCluster(response);
    answerJson(response, `${membersJson(this.#node.members())}\n`);
  }

  version(request: IncomingMessage, response: ServerResponse): void {
    if (!allowsMethod(request, response, 'GET')) return;
    const { etcdserver, etcdcluster, storage } = this.#node.versions();
    const tail = storage === undefined ? '' : `,"storage":${goJsonString(storage)}`;
    answerJson(
      response,
      `{"etcdserver":${goJsonString(etcdserver)},"etcdcluster":${goJsonString(etcdcluster)}${tail}}`,
    );
  }

  async promote(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (!allowsMethod(request, response, 'POST')) return;
    this.#nameCluster(response);
    const text = path.slice(PROMOTE_PREFIX.length);
    const id = maybeDecimalId(text);
    if (id === undefined) {
      answerError(response, 404, `member ${text} not found in cluster`);
      return;
    }
    const token = headerText(request.headers, 'authorization');
    const outcome = await ask<readonly Member[]>((done) =>
      this.#node.promote(id, token === '' ? undefined : token, done),
    );
    if (!isEtcdError(outcome)) {
      answerJson(response, `${membersJson(outcome)}\n`);
      return;
    }
    this.#context.logger.warn('failed to promote a member', {
      'member-id': formatId(id),
      error: outcome.message,
    });
    answerPromoteError(response, outcome);
  }

  async hashKv(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!allowsMethod(request, response, 'GET')) return;
    this.#nameCluster(response);
    const clusterId = headerText(request.headers, 'x-etcd-cluster-id');
    if (clusterId !== '' && clusterId !== formatId(this.#context.identity.clusterId)) {
      answerError(response, 412, CLUSTER_ID_MISMATCH);
      return;
    }
    const body = await this.#question(request, response);
    if (body === undefined) return;
    const revision = maybeRevision(body);
    if (revision === undefined) {
      this.#context.logger.warn('failed to unmarshal request');
      answerError(response, 400, 'error unmarshalling request');
      return;
    }
    const outcome = await ask<PeerHashKv>((done) => this.#node.hashKv(revision, done));
    if (isEtcdError(outcome)) {
      this.#context.logger.warn('failed to get hashKV', {
        'requested-revision': revision,
        error: outcome.message,
      });
      answerError(response, 400, outcome.message.replace(/^etcdserver: /, ''));
      return;
    }
    const parts = [`"header":{"revision":${outcome.revision}}`];
    // Go leaves zeros out.
    if (outcome.hash !== 0) parts.push(`"hash":${outcome.hash}`);
    if (outcome.compactRevision !== 0) parts.push(`"compact_revision":${outcome.compactRevision}`);
    if (outcome.hashRevision !== 0) parts.push(`"hash_revision":${outcome.hashRevision}`);
    answerJson(response, `{${parts.join(',')}}`);
  }

  async renewLease(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await this.#leaseQuestion(request, response, decodeLeaseKeepAliveRequest);
    if (body === undefined) return;
    const outcome = await ask<LeaseRenewal>((done) => this.#node.renewLease(body.id, done));
    if (isEtcdError(outcome)) answerLeaseError(response, outcome, 400);
    else {
      const { id, ttl } = outcome;
      answerProto(response, encodeLeaseKeepAliveResponse({ header: undefined, id, ttl }));
    }
  }

  async leaseTimeToLive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await this.#leaseQuestion(request, response, decodeLeaseInternalRequest);
    if (body === undefined) return;
    const question = body.leaseTimeToLiveRequest;
    if (question === undefined) {
      answerError(response, 400, 'error unmarshalling request');
      return;
    }
    const outcome = await ask<LeaseTimes>((done) =>
      this.#node.leaseTimeToLive(question.id, question.keys, done),
    );
    if (isEtcdError(outcome)) {
      answerLeaseError(response, outcome, 500);
      return;
    }
    const leaseTimeToLiveResponse = createLeaseTimeToLiveResponse({
      header: createResponseHeader(),
      ...outcome,
    });
    answerProto(response, encodeLeaseInternalResponse({ leaseTimeToLiveResponse }));
  }

  async downgradeEnabled(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!allowsMethod(request, response, 'GET')) return;
    this.#nameCluster(response);
    const outcome = await ask<boolean>((done) => this.#node.downgradeEnabled(done));
    if (isEtcdError(outcome)) {
      answerError(response, 500, `failed linearized read: ${outcome.message}`);
      return;
    }
    response.setHeader('Content-Type', 'text/plain');
    answer(response, 200, String(outcome));
  }

  #nameCluster(response: ServerResponse): void {
    response.setHeader('X-Etcd-Cluster-ID', formatId(this.#context.identity.clusterId));
  }

  /** The decoded body of a question about leases, or undefined when the request is answered. */
  async #leaseQuestion<T>(
    request: IncomingMessage,
    response: ServerResponse,
    decode: (bytes: Uint8Array) => T,
  ): Promise<T | undefined> {
    if (request.method !== 'POST') {
      // etcd: leasehttp names no allowed method.
      answerError(response, 405, 'Method Not Allowed');
      return undefined;
    }
    const body = await this.#question(request, response);
    if (body === undefined) return undefined;
    try {
      return decode(body);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      answerError(response, 400, 'error unmarshalling request');
      return undefined;
    }
  }

  /** The body of a small question, or undefined when the request is answered. */
  async #question(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Uint8Array | undefined> {
    const silenceMs = this.#context.timing.streamSilenceMs;
    try {
      return await readBody(request, { bytesMax: QUESTION_BYTES_MAX, silenceMs });
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      if (error.isTooLarge) answerError(response, 413, error.message);
      else answerError(response, 400, 'error reading body');
      return undefined;
    }
  }
}

function ask<T>(question: (done: Done<T>) => void): Promise<T | EtcdError> {
  return new Promise((resolve) => {
    question(resolve);
  });
}

function membersJson(members: readonly Member[]): string {
  return `[${[...members].sort(compareMembers).map(memberJson).join(',')}]`;
}

function maybeDecimalId(text: string): bigint | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const id = BigInt(text);
  return id < 2n ** 64n ? id : undefined;
}

/** The revision of {"revision":N}; 0 when it is not named. Undefined for anything else. */
function maybeRevision(body: Uint8Array): number | undefined {
  try {
    const revision = readObject(parseJson(utf8Text(body)))['revision'] ?? 0;
    return typeof revision === 'number' && Number.isSafeInteger(revision) ? revision : undefined;
  } catch (error) {
    if (error instanceof JsonFormatError) return undefined;
    throw error;
  }
}

function answerPromoteError(response: ServerResponse, error: EtcdError): void {
  switch (error.code) {
    case 'memberNotFound':
      answerError(response, 404, 'membership: ID not found');
      return;
    case 'memberNotLearner':
      answerError(response, 412, 'membership: can only promote a learner member');
      return;
    case 'learnerNotReady':
      answerError(response, 412, error.message);
      return;
    default:
      answerJsonError(response, 500, 'Internal Server Error');
  }
}

function answerLeaseError(response: ServerResponse, error: EtcdError, otherwise: number): void {
  const { status, text } = leaseProblem(error, otherwise);
  answerError(response, status, text);
}

function answerJson(response: ServerResponse, text: string): void {
  response.setHeader('Content-Type', 'application/json');
  answer(response, 200, text);
}

function answerProto(response: ServerResponse, bytes: Uint8Array): void {
  response.setHeader('Content-Type', 'application/protobuf');
  answer(response, 200, bytes);
}
