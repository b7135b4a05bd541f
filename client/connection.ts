// Owns one endpoint's channel: knows whether it is connected, connects again when it is not, and starts calls on it.
import {
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientReadableStream,
  connectivityState,
  type Metadata,
} from '@grpc/grpc-js';
import { GrpcStatus } from '../server/base/errors.ts';
import { ClientError, canceled, toCallFailure } from './client-error.ts';
import { type Endpoint, parseEndpoint } from './endpoint.ts';
import {
  KEEP_ALIVE_TIME_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  RECEIVE_BYTES_MAX,
  RECONNECT_WAIT_MAX_MS,
  RECONNECT_WAIT_MS,
} from './limits.ts';
import type { Method } from './method.ts';
import { credentialsOf, type TlsOptions } from './tls.ts';

export interface ConnectionOptions {
  readonly tls?: TlsOptions | undefined;
  /** Pings the server after this long without traffic. */
  readonly keepAliveTimeMs?: number | undefined;
  readonly keepAliveTimeoutMs?: number | undefined;
  readonly sendBytesMax: number;
  readonly receiveBytesMax?: number | undefined;
}

/** A call that is about to be made. */
export interface CallContext {
  readonly metadata: Metadata;
  /** Milliseconds since the epoch; Infinity for none. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

export class Connection {
  readonly endpoint: Endpoint;
  /** Until then other members are preferred: a call failed here. */
  suspectUntilMs: number;
  readonly #client: Client;
  readonly #sendBytesMax: number;
  readonly #onReady: () => void;
  #watching: boolean;
  #ready: boolean;
  #closed: boolean;

  /** `onReady` is called whenever the channel becomes usable. */
  constructor(endpoint: string, options: ConnectionOptions, onReady: () => void) {
    this.endpoint = parseEndpoint(endpoint);
    this.suspectUntilMs = 0;
    this.#client = new Client(
      this.endpoint.target,
      credentialsOf(this.endpoint, options.tls),
      channelOptions(this.endpoint, options),
    );
    this.#sendBytesMax = options.sendBytesMax;
    this.#onReady = onReady;
    this.#watching = false;
    this.#ready = false;
    this.#closed = false;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Starts to connect; from then on the channel is kept connected. */
  connect(): void {
    if (this.#watching || this.#closed) return;
    this.#watching = true;
    this.#watchState();
  }

  close(): void {
    this.#closed = true;
    this.#ready = false;
    this.#client.close();
  }

  unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    context: CallContext,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (context.signal?.aborted === true) throw canceled(context.signal.reason);
      const message = this.#encoded(method, request);
      const call = this.#client.makeUnaryRequest(
        method.path,
        asBuffer,
        method.decode,
        message,
        context.metadata,
        { deadline: context.deadlineMs },
        (error, response) => {
          context.signal?.removeEventListener('abort', onAbort);
          if (error !== null) reject(toCallFailure(error));
          else if (response === undefined) {
            reject(new ClientError(GrpcStatus.internal, 'no response', { origin: 'server' }));
          } else resolve(response);
        },
      );
      const onAbort = (): void => call.cancel();
      context.signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    context: CallContext,
  ): ClientReadableStream<Response> {
    const call = this.#client.makeServerStreamRequest(
      method.path,
      asBuffer,
      method.decode,
      this.#encoded(method, request),
      context.metadata,
      { deadline: context.deadlineMs },
    );
    cancelOnAbort(call, context.signal);
    return call;
  }

  bidiStream<Request, Response>(
    method: Method<Request, Response>,
    context: CallContext,
  ): ClientDuplexStream<Request, Response> {
    const call = this.#client.makeBidiStreamRequest<Request, Response>(
      method.path,
      (request) => asBuffer(method.encode(request)),
      method.decode,
      context.metadata,
      { deadline: context.deadlineMs },
    );
    cancelOnAbort(call, context.signal);
    return call;
  }

  #encoded<Request, Response>(method: Method<Request, Response>, request: Request): Uint8Array {
    const message = method.encode(request);
    if (message.length <= this.#sendBytesMax) return message;
    throw new ClientError(
      GrpcStatus.resourceExhausted,
      `trying to send message larger than max (${message.length} vs. ${this.#sendBytesMax})`,
      { origin: 'server' },
    );
  }

  /** Follows the channel's states for as long as it lives; an idle channel is told to connect. */
  #watchState(): void {
    const channel = this.#client.getChannel();
    const state = channel.getConnectivityState(true);
    const wasReady = this.#ready;
    this.#ready = state === connectivityState.READY;
    if (this.#ready && !wasReady) this.#onReady();
    channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => {
      if (!this.#closed) this.#watchState();
    });
  }
}

function cancelOnAbort(
  call: { cancel(): void; once(event: 'status', listener: () => void): unknown },
  signal: AbortSignal | undefined,
): void {
  if (signal === undefined) return;
  const onAbort = (): void => call.cancel();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  // Unlike 'close', it also comes for a stream that nobody reads to its end.
  call.once('status', () => signal.removeEventListener('abort', onAbort));
}

/** The transport asks for a Buffer: the same memory under that name. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function channelOptions(endpoint: Endpoint, options: ConnectionOptions): ClientOptions {
  return {
    'grpc.default_authority': endpoint.authority,
    // Shared channels of other clients would share their waits after a failure too.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': RECONNECT_WAIT_MS,
    'grpc.max_reconnect_backoff_ms': RECONNECT_WAIT_MAX_MS,
    // Repeating calls is decided one floor up, where it is known what they do.
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.max_send_message_length': options.sendBytesMax,
    'grpc.max_receive_message_length': options.receiveBytesMax ?? RECEIVE_BYTES_MAX,
    'grpc.keepalive_time_ms': options.keepAliveTimeMs ?? KEEP_ALIVE_TIME_MS,
    'grpc.keepalive_timeout_ms': options.keepAliveTimeoutMs ?? KEEP_ALIVE_TIMEOUT_MS,
    ...(options.tls?.serverName === undefined
      ? {}
      : { 'grpc.ssl_target_name_override': options.tls.serverName }),
  };
}
