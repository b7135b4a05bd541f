// Owns the gRPC server: the method table, the options all connections share, the deadline wheel and the stop. It
// knows neither sockets nor services; server/listen opens a session per connection and calls `tick`.

import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { GrpcStatusCode } from '../../base/errors.ts';
import { type Logger, SILENT_LOGGER } from '../../base/logger.ts';
import { MetricRegistry } from '../../base/metrics.ts';
import type { ConnectionOptions } from '../../http2/types.ts';
import { DeadlineWheel } from './deadline-wheel.ts';
import { type ByteMetrics, buildByteMetrics, buildMethodMetrics } from './grpc-metrics.ts';
import { GrpcSession } from './grpc-session.ts';
import type { SessionOwner, SessionServer } from './host.ts';
import type { KeepaliveOptions } from './keepalive.ts';
import {
  DEADLINE_TICK_MS,
  DEFAULT_KEEPALIVE_INTERVAL_MS,
  DEFAULT_KEEPALIVE_MIN_TIME_MS,
  DEFAULT_KEEPALIVE_TIMEOUT_MS,
  DEFAULT_MESSAGE_BYTES_MAX,
  KEEPALIVE_TICK_MS,
} from './limits.ts';
import type { MethodEntry, MethodTables } from './request-head.ts';
import {
  type AnyCall,
  type FinishObserver,
  type GrpcPeer,
  type Interceptor,
  type ServiceTable,
  UNKNOWN_STATS,
  type UnaryCall,
} from './types.ts';

export interface GrpcServerOptions {
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Where the counters go; without it they are kept but printed nowhere. */
  readonly registry?: MetricRegistry;
  /** True adds grpc_server_handling_seconds (--metrics extensive). */
  readonly extensiveMetrics?: boolean;
  /** Largest request message: --max-request-bytes + GRPC_OVERHEAD_BYTES. */
  readonly messageBytesMax?: number;
  readonly keepalive?: Partial<KeepaliveOptions>;
  /** Unary calls that take longer are logged. */
  readonly slowCallMs?: number;
  readonly interceptor?: Interceptor;
  readonly onFinished?: FinishObserver;
  readonly connection?: ConnectionOptions;
}

export class GrpcServer implements SessionServer {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wheel: DeadlineWheel;
  readonly bytes: ByteMetrics;
  readonly messageBytesMax: number;
  readonly keepalive: KeepaliveOptions;
  readonly connectionOptions: ConnectionOptions;
  readonly tables: MethodTables;
  readonly #methods: Map<string, MethodEntry> = new Map();
  readonly #services: Set<string> = new Set();
  readonly #registry: MetricRegistry;
  readonly #extensiveMetrics: boolean;
  readonly #interceptor: Interceptor | undefined;
  readonly #onFinished: FinishObserver | undefined;
  readonly #sessions: Set<GrpcSession> = new Set();
  readonly #slowCallMs: number;
  #keepaliveMs: number;
  /** When `tick` was called last. */
  #tickedMs: number;
  #draining = false;

  constructor(options: GrpcServerOptions) {
    this.clock = options.clock;
    this.logger = options.logger ?? SILENT_LOGGER;
    this.wheel = new DeadlineWheel(options.clock.monotonicMs());
    this.#registry = options.registry ?? new MetricRegistry();
    this.bytes = buildByteMetrics(this.#registry);
    this.messageBytesMax = options.messageBytesMax ?? DEFAULT_MESSAGE_BYTES_MAX;
    this.keepalive = {
      minTimeMs: DEFAULT_KEEPALIVE_MIN_TIME_MS,
      permitWithoutStream: false,
      intervalMs: DEFAULT_KEEPALIVE_INTERVAL_MS,
      timeoutMs: DEFAULT_KEEPALIVE_TIMEOUT_MS,
      ...options.keepalive,
    };
    this.connectionOptions = options.connection ?? {};
    this.tables = { methods: this.#methods, services: this.#services };
    this.#extensiveMetrics = options.extensiveMetrics ?? false;
    this.#interceptor = options.interceptor;
    this.#onFinished = options.onFinished;
    this.#slowCallMs = options.slowCallMs ?? Number.POSITIVE_INFINITY;
    this.#tickedMs = options.clock.monotonicMs();
    this.#keepaliveMs = this.#tickedMs;
  }

  /** Open connections. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Calls not answered yet, on all connections. */
  get callCount(): number {
    let count = 0;
    for (const session of this.#sessions) count += session.callCount;
    return count;
  }

  /** Adds the methods of a table; before the first connection, and each path once. */
  register(table: ServiceTable): void {
    for (const [path, method] of Object.entries(table)) {
      const slash = path.lastIndexOf('/');
      assert(path.startsWith('/') && slash > 1, `malformed method path ${path}`);
      assert(!this.#methods.has(path), `method ${path} is registered twice`);
      const service = path.slice(1, slash);
      const name = { service, name: path.slice(slash + 1), kind: method.kind };
      const metrics = buildMethodMetrics(this.#registry, name, this.#extensiveMetrics);
      this.#methods.set(path, { path, method, metrics });
      this.#services.add(service);
    }
  }

  /** A new connection that speaks HTTP/2. */
  openSession(peer: GrpcPeer, owner: SessionOwner): GrpcSession {
    const session = new GrpcSession(this, peer, owner);
    this.#sessions.add(session);
    if (this.#draining) session.drain();
    return session;
  }

  /** Ends calls past their deadline and keeps connections alive; every DEADLINE_TICK_MS or so. */
  tick(): void {
    const nowMs = this.clock.monotonicMs();
    this.#tickedMs = nowMs;
    this.wheel.advance(nowMs);
    if (nowMs - this.#keepaliveMs < KEEPALIVE_TICK_MS) return;
    this.#keepaliveMs = nowMs;
    for (const session of this.#sessions) session.tickKeepalive(nowMs);
  }

  /** First half of a stop: connections take no new calls, those in flight go on. */
  drain(): void {
    this.#draining = true;
    for (const session of this.#sessions) session.drain();
  }

  /** Second half: ends the streaming calls, which would never end by themselves. */
  stopStreams(status: GrpcStatusCode, message: string): void {
    for (const session of this.#sessions) session.stopStreams(status, message);
  }

  admit(call: AnyCall): boolean {
    return this.#interceptor === undefined || this.#interceptor(call);
  }

  onCallFinished(call: AnyCall, entry: MethodEntry, status: GrpcStatusCode): void {
    if (entry.metrics.handlingSeconds !== undefined) {
      const spanMs = this.clock.monotonicMs() - call.startedMs;
      entry.metrics.handlingSeconds.observe(spanMs / 1000);
    }
    if (this.#onFinished !== undefined) this.#onFinished(call, status);
    // The last tick tells well enough who may be slow; only for them the clock is looked at.
    const isSuspect = this.#tickedMs + DEADLINE_TICK_MS - call.startedMs > this.#slowCallMs;
    if (isSuspect && call.kind === 'unary') this.#warnSlowCall(call);
  }

  onSessionClosed(session: GrpcSession): void {
    this.#sessions.delete(session);
  }

  /** etcd: v3rpc/interceptor.go logExpensiveRequestStats. */
  #warnSlowCall(call: UnaryCall): void {
    const spanMs = this.clock.monotonicMs() - call.startedMs;
    if (spanMs <= this.#slowCallMs) return;
    const stats = call.content?.stats() ?? UNKNOWN_STATS;
    this.logger.warn('request stats', {
      'start time': new Date(this.clock.wallMs() - spanMs).toISOString(),
      'time spent': `${spanMs.toFixed(3)}ms`,
      remote: call.peer.remoteAddress,
      'response type': call.path,
      'request count': stats.requestCount,
      'request size': stats.requestBytes,
      'response count': stats.responseCount,
      'response size': stats.responseBytes,
      'request content': stats.requestContent,
    });
  }
}
