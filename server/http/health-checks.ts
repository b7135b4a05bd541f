// Owns /livez and /readyz: named checks that Kubernetes asks for one by one or together. A check is run anew for
// every request, one after the other. etcd: server/etcdserver/api/etcdhttp/health.go.
import type { Counter, Gauge } from '../base/metrics.ts';
import type { HttpPorts } from './ports.ts';
import { errorResponse, METHOD_NOT_ALLOWED, type Respond } from './responses.ts';
import type { HttpRequest } from './types.ts';

type Check = (done: (error: Error | undefined) => void) => void;

/** The checks under one root path, "livez" or "readyz". */
export class HealthChecks {
  readonly #ports: HttpPorts;
  readonly #root: string;
  readonly #checks: ReadonlyMap<string, Check>;

  constructor(ports: HttpPorts, type: string, checks: ReadonlyMap<string, Check>) {
    this.#ports = ports;
    this.#root = type;
    this.#checks = checks;
  }

  /** Answers "/<type>" and "/<type>/<check>"; false when the path is neither. */
  handle(request: HttpRequest, respond: Respond): boolean {
    const below = request.path.slice(this.#root.length + 2);
    const isRoot = request.path === `/${this.#root}`;
    if (!isRoot && !(this.#checks.has(below) && request.path === `/${this.#root}/${below}`)) {
      return false;
    }
    if (request.method !== 'GET') {
      const fields = { path: request.path, 'status-code': 405 };
      this.#ports.logger.warn('Health request error', fields);
      respond(METHOD_NOT_ALLOWED);
      return true;
    }
    const names = isRoot ? this.#selected(request) : [below];
    this.#run(names, 0, { failed: false, text: '' }, (outcome) => {
      this.#answer(request, outcome, respond);
    });
    return true;
  }

  /** All checks but the excluded ones. Excluding an unknown one is noted and otherwise ignored. */
  #selected(request: HttpRequest): readonly string[] {
    const excluded = new Set(request.query.getAll('exclude').filter((name) => name !== ''));
    const missing = [...excluded].filter((name) => !this.#checks.has(name));
    if (missing.length > 0) {
      const fields = { 'missing-health-checks': missing.map((name) => `"${name}"`).join(',') };
      this.#ports.logger.warn('some health checks cannot be excluded', fields);
    }
    return [...this.#checks.keys()].filter((name) => !excluded.has(name));
  }

  #run(names: readonly string[], from: number, so: Outcome, done: (o: Outcome) => void): void {
    const name = names[from];
    const check = name === undefined ? undefined : this.#checks.get(name);
    if (name === undefined || check === undefined) {
      done(so);
      return;
    }
    check((error) => {
      this.#record(name, error === undefined);
      const line =
        error === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${error.message}\n`;
      const outcome = { failed: so.failed || error !== undefined, text: so.text + line };
      this.#run(names, from + 1, outcome, done);
    });
  }

  #record(name: string, succeeded: boolean): void {
    const labels = { type: this.#root, name };
    gauge(this.#ports, labels).set(succeeded ? 1 : 0);
    counter(this.#ports, { ...labels, status: succeeded ? 'success' : 'error' }).inc();
  }

  #answer(request: HttpRequest, outcome: Outcome, respond: Respond): void {
    if (outcome.failed) {
      const fields = { path: request.path, reason: outcome.text, 'status-code': 503 };
      this.#ports.logger.error('Health check error', fields);
      respond(errorResponse(503, outcome.text));
      return;
    }
    const detail = request.query.has('verbose') ? outcome.text : '';
    // etcd: the good answer carries the headers of an error text as well.
    respond(errorResponse(200, `${detail}ok`));
  }
}

interface Outcome {
  readonly failed: boolean;
  /** One line per check. */
  readonly text: string;
}

/** The process answers as long as it can read what it has. */
export function liveChecks(ports: HttpPorts): HealthChecks {
  return new HealthChecks(ports, 'livez', new Map([['serializable_read', readCheck(ports, true)]]));
}

/** The member can serve clients. */
export function readyChecks(ports: HttpPorts): HealthChecks {
  const checks = new Map<string, Check>([
    ['data_corruption', corruptionCheck(ports)],
    ['serializable_read', readCheck(ports, true)],
    ['linearizable_read', readCheck(ports, false)],
    ['non_learner', learnerCheck(ports)],
  ]);
  return new HealthChecks(ports, 'readyz', checks);
}

function readCheck(ports: HttpPorts, serializable: boolean): Check {
  return (done) => ports.rangeCheck(serializable, done);
}

function corruptionCheck(ports: HttpPorts): Check {
  return (done) => {
    const corrupt = ports.status().alarms.includes('CORRUPT');
    done(corrupt ? new Error('alarm activated: CORRUPT') : undefined);
  };
}

function learnerCheck(ports: HttpPorts): Check {
  return (done) => {
    done(ports.status().isLearner ? new Error('not supported for learner') : undefined);
  };
}

function gauge(ports: HttpPorts, labels: Readonly<Record<string, string>>): Gauge {
  return ports.metrics.gauge('etcd_server_healthcheck', 'Last result of each check.', labels);
}

function counter(ports: HttpPorts, labels: Readonly<Record<string, string>>): Counter {
  return ports.metrics.counter('etcd_server_healthchecks_total', 'Checks by result.', labels);
}
