// Owns GET /health: one JSON answer for the whole member. Bodies and reasons are read by probes and tools.
// etcd: server/etcdserver/api/etcdhttp/health.go.
import type { Counter } from '../base/metrics.ts';
import type { HttpPorts } from './ports.ts';
import { errorResponse, METHOD_NOT_ALLOWED, type Respond, textResponse } from './responses.ts';
import type { HttpRequest } from './types.ts';

/** Answers GET /health with ?serializable=true and ?exclude=<alarm>. */
export class HealthRoute {
  readonly #ports: HttpPorts;
  readonly #successes: Counter;
  readonly #failures: Counter;

  constructor(ports: HttpPorts) {
    this.#ports = ports;
    this.#successes = ports.metrics.counter(
      'etcd_server_health_success',
      'Health checks that found the member healthy.',
    );
    this.#failures = ports.metrics.counter(
      'etcd_server_health_failures',
      'Health checks that found the member unhealthy.',
    );
  }

  handle(request: HttpRequest, respond: Respond): void {
    if (request.method !== 'GET') {
      this.#ports.logger.warn('/health error', { 'status-code': 405 });
      respond(METHOD_NOT_ALLOWED);
      return;
    }
    const serializable = request.query.get('serializable') === 'true';
    const reason = this.#reason(new Set(request.query.getAll('exclude')), serializable);
    if (reason !== undefined) {
      this.#answer(reason, respond);
      return;
    }
    this.#ports.rangeCheck(serializable, (error) => {
      this.#answer(error === undefined ? undefined : `RANGE ERROR:${error.message}`, respond);
    });
  }

  /** What is wrong, as far as it can be told without reading. */
  #reason(excluded: ReadonlySet<string>, serializable: boolean): string | undefined {
    const status = this.#ports.status();
    for (const alarm of status.alarms) {
      if (excluded.has(alarm)) continue;
      return alarm === 'NOSPACE' || alarm === 'CORRUPT' ? `ALARM ${alarm}` : 'ALARM UNKNOWN';
    }
    return serializable || status.hasLeader ? undefined : 'RAFT NO LEADER';
  }

  #answer(reason: string | undefined, respond: Respond): void {
    if (reason === undefined) {
      this.#successes.inc();
      respond(textResponse('{"health":"true","reason":""}'));
      return;
    }
    this.#failures.inc();
    const output = JSON.stringify({ health: 'false', reason });
    this.#ports.logger.warn('/health error', { output, 'status-code': 503 });
    respond(errorResponse(503, output));
  }
}
