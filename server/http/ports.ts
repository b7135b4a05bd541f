// Owns what the HTTP side asks of the rest of the server: plain functions that the composition root supplies.
// Types only.
import type { Logger } from '../base/logger.ts';
import type { MetricRegistry } from '../base/metrics.ts';
import type { HttpHandler } from './types.ts';

/** How the member is doing at this moment. */
export interface HttpStatus {
  readonly hasLeader: boolean;
  readonly isLearner: boolean;
  /** Names as in the API, one per raised alarm: "NOSPACE", "CORRUPT". */
  readonly alarms: readonly string[];
  /** "3.7.0"; undefined until the cluster agreed on one. */
  readonly clusterVersion: string | undefined;
  /** "3.7.0"; undefined until it was written. */
  readonly storageVersion: string | undefined;
}

/** One member as GET /v2/members prints it. */
export interface HttpMember {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
}

export interface HttpPorts {
  status(): HttpStatus;
  /** Reads at most one key with root's rights, and calls `done` once, by the request timeout at the latest. */
  rangeCheck(serializable: boolean, done: (error: Error | undefined) => void): void;
  members(): readonly HttpMember[];
  isAuthEnabled(): boolean;
  /** Values of GET /debug/vars beside the ones this folder knows: "cmdline", "raft.status". */
  debugVars(): Readonly<Record<string, unknown>>;
  readonly metrics: MetricRegistry;
  /** Brings computed metrics up to date and returns what is printed beside the registry: ProcessMetrics.collect. */
  collectMetrics(): string;
  readonly logger: Logger;
  /** Answers /v3/...; undefined when the JSON form of the API is off or missing. */
  readonly gateway: HttpHandler | undefined;
}

export interface HttpOptions {
  /** Allowed origins; "*" for all. */
  readonly cors: readonly string[];
  /** Accepted host names over connections without TLS; "*" or none at all for any. */
  readonly hostWhitelist: readonly string[];
  readonly enablePprof: boolean;
  readonly enableV2: boolean;
  readonly clientCertAuth: boolean;
}
