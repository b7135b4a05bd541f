// Owns GET /metrics: the registry as text, and the counters of the route itself that Prometheus's Go handler has.
import type { Counter, Gauge } from '../base/metrics.ts';
import type { HttpPorts } from './ports.ts';
import type { HttpResponse } from './types.ts';

const HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/plain; version=0.0.4; charset=utf-8',
};

/** Prints all metrics. The computed ones are computed now. */
export class MetricsRoute {
  readonly #ports: HttpPorts;
  readonly #answered: Counter;
  readonly #inFlight: Gauge;

  constructor(ports: HttpPorts) {
    this.#ports = ports;
    const counted = (code: string): Counter =>
      ports.metrics.counter(
        'promhttp_metric_handler_requests_total',
        'Scrapes by HTTP status code.',
        { code },
      );
    this.#answered = counted('200');
    counted('500');
    counted('503');
    this.#inFlight = ports.metrics.gauge(
      'promhttp_metric_handler_requests_in_flight',
      'Scrapes being served.',
    );
  }

  response(): HttpResponse {
    this.#inFlight.set(1);
    const beside = this.#ports.collectMetrics();
    const body = this.#ports.metrics.print() + beside;
    this.#inFlight.set(0);
    this.#answered.inc();
    return { status: 200, headers: HEADERS, body };
  }
}
