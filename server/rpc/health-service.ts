// Owns grpc.health.v1: the service name "" is known and serves from the moment the member takes clients.

import { GrpcStatus } from '../base/errors.ts';
import {
  decodeHealthCheckRequest,
  encodeHealthCheckResponse,
  ServingStatus as Status,
} from '../proto/gen/health.ts';
import type { SendingCall, ServerStreamCall, ServiceTable, UnaryCall } from './grpc/types.ts';
import { failCall } from './status.ts';

/** What the member says of itself; watchers are told of each change. */
export class HealthState {
  #serving = true;
  readonly #watchers: Set<SendingCall> = new Set();

  get serving(): boolean {
    return this.#serving;
  }

  set(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const call of this.#watchers) call.sendBytes(statusBytes(serving));
  }

  add(call: SendingCall): void {
    this.#watchers.add(call);
    call.sendBytes(statusBytes(this.#serving));
  }

  remove(call: SendingCall): void {
    this.#watchers.delete(call);
  }
}

export function createHealthService(state: HealthState): ServiceTable {
  return {
    '/grpc.health.v1.Health/Check': { kind: 'unary', handle: (call) => check(state, call) },
    '/grpc.health.v1.Health/Watch': {
      kind: 'serverStream',
      handle: (call) => watch(state, call),
    },
  };
}

function statusBytes(serving: boolean): Uint8Array {
  return encodeHealthCheckResponse({ status: serving ? Status.serving : Status.notServing });
}

function check(state: HealthState, call: UnaryCall): void {
  try {
    const { service } = decodeHealthCheckRequest(call.message);
    if (service !== '') call.fail(GrpcStatus.notFound, 'unknown service');
    else call.respondBytes(statusBytes(state.serving));
  } catch (error) {
    failCall(call, error);
  }
}

function watch(state: HealthState, call: ServerStreamCall): void {
  try {
    const { service } = decodeHealthCheckRequest(call.message);
    if (service !== '') {
      call.sendBytes(encodeHealthCheckResponse({ status: Status.serviceUnknown }));
      return;
    }
    call.listener = { onDrain: () => undefined, onCancelled: () => state.remove(call) };
    state.add(call);
  } catch (error) {
    failCall(call, error);
  }
}
