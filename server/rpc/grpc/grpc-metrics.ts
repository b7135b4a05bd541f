// Owns the grpc_server_* series and the byte counters of the client port. Counters are looked up when a method is
// registered; a call then only adds to fields. etcd initialises every code of every method, so that rates
// start at zero; so do we.

import type { GrpcStatusCode } from '../../base/errors.ts';
import type { Counter, Histogram, MetricRegistry } from '../../base/metrics.ts';
import type { GrpcMethod } from './types.ts';

/** Names of the status codes in the grpc_code label, by number; Go's codes.Code.String. */
const CODE_NAMES: readonly string[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

const GRPC_TYPES: Readonly<Record<GrpcMethod['kind'], string>> = {
  unary: 'unary',
  serverStream: 'server_stream',
  bidi: 'bidi_stream',
};

/** Prometheus client_golang's DefBuckets, which etcd keeps for this histogram. */
const HANDLING_SECONDS_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Counters of one method. */
export interface MethodMetrics {
  readonly started: Counter;
  /** By status code. */
  readonly handled: readonly Counter[];
  readonly received: Counter;
  readonly sent: Counter;
  /** Only with --metrics extensive. */
  readonly handlingSeconds: Histogram | undefined;
}

/** Payload bytes of all calls of the client port. */
export interface ByteMetrics {
  readonly received: Counter;
  readonly sent: Counter;
}

/** The name of a status code in the grpc_code label. */
export function statusName(status: GrpcStatusCode): string {
  return CODE_NAMES[status] ?? `Code(${status})`;
}

export function buildByteMetrics(registry: MetricRegistry): ByteMetrics {
  return {
    received: registry.counter(
      'etcd_network_client_grpc_received_bytes_total',
      'The total number of bytes received from grpc clients.',
    ),
    sent: registry.counter(
      'etcd_network_client_grpc_sent_bytes_total',
      'The total number of bytes sent to grpc clients.',
    ),
  };
}

export interface MethodName {
  readonly service: string;
  readonly name: string;
  readonly kind: GrpcMethod['kind'];
}

export function buildMethodMetrics(
  registry: MetricRegistry,
  method: MethodName,
  extensive: boolean,
): MethodMetrics {
  const labels = {
    grpc_method: method.name,
    grpc_service: method.service,
    grpc_type: GRPC_TYPES[method.kind],
  };
  return {
    started: registry.counter(
      'grpc_server_started_total',
      'Total number of RPCs started on the server.',
      labels,
    ),
    handled: CODE_NAMES.map((code) =>
      registry.counter(
        'grpc_server_handled_total',
        'Total number of RPCs completed on the server, regardless of success or failure.',
        { grpc_code: code, ...labels },
      ),
    ),
    received: registry.counter(
      'grpc_server_msg_received_total',
      'Total number of RPC stream messages received on the server.',
      labels,
    ),
    sent: registry.counter(
      'grpc_server_msg_sent_total',
      'Total number of gRPC stream messages sent by the server.',
      labels,
    ),
    handlingSeconds: extensive
      ? registry.histogram(
          'grpc_server_handling_seconds',
          'Histogram of response latency (seconds) of gRPC that had been application-level handled by the server.',
          HANDLING_SECONDS_BOUNDS,
          labels,
        )
      : undefined,
  };
}
