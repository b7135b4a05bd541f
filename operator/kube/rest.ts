// Owns single requests to the API server: JSON in, JSON out, each bounded in time and size; and streams of lines for
// watches. Knows nothing of objects.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import type { Connection } from './connection.ts';
import { errorOfAnswer, KubeError } from './kube-error.ts';
import { ANSWER_BYTES_MAX, REQUEST_TIMEOUT_MS } from './limits.ts';

export type QueryValue = string | number | boolean | undefined;

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What was sent and counted, for metrics. */
export type RequestListener = (method: string, status: number) => void;

export class Rest {
  readonly #connection: Connection;
  readonly #onAnswer: RequestListener;

  constructor(connection: Connection, onAnswer: RequestListener = () => {}) {
    this.#connection = connection;
    this.#onAnswer = onAnswer;
  }

  async request(request: RestRequest): Promise<unknown> {
    const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal =
      request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
    try {
      const answer = await this.#send(request, signal);
      const body = await readBody(answer);
      const status = answer.statusCode ?? 0;
      if (status < 200 || status > 299) throw errorOfAnswer(status, body, nameOf(request));
      const parsed: unknown = body === '' ? undefined : JSON.parse(body);
      return parsed;
    } catch (error) {
      if (error instanceof KubeError) throw error;
      const why = deadline.aborted ? `no answer within ${timeoutMs} ms` : String(error);
      throw new KubeError(`${nameOf(request)}: ${why}`, { cause: error });
    }
  }

  /**
   * The lines of an answer that goes on, until it ends, `signal` is aborted, or the time is over; `onOpened` is told when the
   * server has taken the request.
   */
  async *lines(
    request: RestRequest,
    signal: AbortSignal,
    onOpened: () => void = () => {},
  ): AsyncGenerator<string, void, undefined> {
    const deadline = AbortSignal.timeout(request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    const either = AbortSignal.any([signal, deadline]);
    const answer = await this.#send(request, either);
    try {
      const status = answer.statusCode ?? 0;
      if (status !== 200) throw errorOfAnswer(status, await readBody(answer), nameOf(request));
      onOpened();
      const failure = new Promise<never>((_resolve, reject) => answer.once('error', reject));
      failure.catch(() => {});
      for await (const line of createInterface({ input: answer, signal: either })) yield line;
      // readline ends quietly where the connection broke; the next request finds out what is wrong.
    } finally {
      answer.destroy();
    }
  }

  async #send(request: RestRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { server, requestOptions } = this.#connection;
    // Credentials may come from a program of the user's, which may hang.
    const options = await orAborted(requestOptions(), signal);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = {
      ...options.headers,
      accept: 'application/json',
      'user-agent': 'etcd-ts-operator',
      ...(body === undefined
        ? {}
        : {
            'content-type': request.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
    };
    const send = server.protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((resolve, reject) => {
      const sent = send({
        ...options,
        protocol: server.protocol,
        hostname: server.hostname.replace(/^\[|\]$/g, ''),
        port: server.port,
        path: pathOf(server, request),
        method: request.method,
        headers,
        signal,
      });
      sent.once('response', (answer) => {
        this.#onAnswer(request.method, answer.statusCode ?? 0);
        resolve(answer);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }
}

/** Rejects when `signal` is aborted, whatever becomes of the promise. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function pathOf(server: URL, { path, query = {} }: RestRequest): string {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) pairs.append(key, String(value));
  }
  const text = pairs.toString();
  return `${server.pathname.replace(/\/$/, '')}${path}${text === '' ? '' : `?${text}`}`;
}

function nameOf({ method, path }: RestRequest): string {
  return `${method} ${path}`;
}

async function readBody(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of answer) {
    const bytes: Buffer = part;
    sizeBytes += bytes.length;
    if (sizeBytes > ANSWER_BYTES_MAX) throw new KubeError('the answer is too large');
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}
