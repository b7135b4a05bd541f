// Owns the Lease service: grants and revocations go through the log, keep-alives and looks stay with the lessor.
// etcd: server/etcdserver/api/v3rpc/lease.go.

import type { LeaseGrantResult, LeaseRevokeResult } from '../apply/result.ts';
import { EtcdError, isEtcdError } from '../base/errors.ts';
import type { Proposer } from '../node/api.ts';
import {
  createLeaseLeasesResponse,
  createLeaseTimeToLiveResponse,
  decodeLeaseGrantRequest,
  decodeLeaseKeepAliveRequest,
  decodeLeaseTimeToLiveRequest,
  encodeLeaseGrantRequest,
  encodeLeaseGrantResponse,
  encodeLeaseKeepAliveResponse,
  encodeLeaseLeasesResponse,
  encodeLeaseRevokeResponse,
  encodeLeaseTimeToLiveResponse,
} from '../proto/gen/rpc.ts';
import { PayloadField } from '../proto/payload-field.ts';
import type { BidiCall, BidiListener, ServiceTable, UnaryCall } from './grpc/types.ts';
import type { ResponseHeaderWriter } from './response-header.ts';
import { failCall } from './status.ts';

export interface LeaseLook {
  readonly ttlSeconds: number;
  readonly grantedTtlSeconds: number;
  /** Sorted; empty unless asked for. */
  readonly keys: readonly Uint8Array[];
}

/** The member's view of leases; on a follower the node asks the leader. */
export interface LeaseKeeping {
  nextLeaseId(): bigint;
  /** The new time to live in seconds, or an error; leaseNotFound for one that is gone. */
  renew(id: bigint, done: (result: number | EtcdError) => void): void;
  timeToLive(id: bigint, withKeys: boolean, done: (result: LeaseLook | EtcdError) => void): void;
  /** Sorted by the time they have left. */
  list(): readonly bigint[];
}

export interface LeaseServiceDeps {
  readonly proposer: Proposer;
  readonly leases: LeaseKeeping;
  readonly header: ResponseHeaderWriter;
  readonly revision: () => number;
}

export function createLeaseService(deps: LeaseServiceDeps): ServiceTable {
  const leases = { kind: 'unary', handle: (call: UnaryCall) => listLeases(deps, call) } as const;
  return {
    '/etcdserverpb.Lease/LeaseGrant': { kind: 'unary', handle: (call) => grant(deps, call) },
    '/etcdserverpb.Lease/LeaseRevoke': { kind: 'unary', handle: (call) => revoke(deps, call) },
    '/etcdserverpb.Lease/LeaseKeepAlive': {
      kind: 'bidi',
      open: () => new KeepAliveStream(deps),
    },
    '/etcdserverpb.Lease/LeaseTimeToLive': {
      kind: 'unary',
      handle: (call) => timeToLive(deps, call),
    },
    '/etcdserverpb.Lease/LeaseLeases': leases,
  };
}

function grant(deps: LeaseServiceDeps, call: UnaryCall): void {
  try {
    let request = decodeLeaseGrantRequest(call.message);
    if (request.id === 0n) request = { ...request, id: deps.leases.nextLeaseId() };
    const raw = encodeLeaseGrantRequest(request);
    deps.proposer.submit(deps.proposer.prepare(PayloadField.leaseGrant, raw), {
      onOutcome: (outcome) => {
        if (outcome instanceof EtcdError) failCall(call, outcome);
        // A grant's outcome is a grant.
        else call.respondBytes(grantResponse(deps, outcome as LeaseGrantResult));
      },
    });
  } catch (error) {
    failCall(call, error);
  }
}

function grantResponse(deps: LeaseServiceDeps, result: LeaseGrantResult): Uint8Array {
  return encodeLeaseGrantResponse({
    header: deps.header.header(result.revision),
    id: result.id,
    ttl: result.ttlSeconds,
    error: '',
  });
}

function revoke(deps: LeaseServiceDeps, call: UnaryCall): void {
  try {
    deps.proposer.submit(deps.proposer.prepare(PayloadField.leaseRevoke, call.message), {
      onOutcome: (outcome) => {
        if (outcome instanceof EtcdError) {
          failCall(call, outcome);
          return;
        }
        const { revision } = outcome as LeaseRevokeResult;
        call.respondBytes(encodeLeaseRevokeResponse({ header: deps.header.header(revision) }));
      },
    });
  } catch (error) {
    failCall(call, error);
  }
}

function timeToLive(deps: LeaseServiceDeps, call: UnaryCall): void {
  try {
    const { id, keys } = decodeLeaseTimeToLiveRequest(call.message);
    deps.leases.timeToLive(id, keys, (result) => {
      if (isEtcdError(result) && result.code !== 'leaseNotFound') {
        failCall(call, result);
        return;
      }
      const header = deps.header.header(deps.revision());
      const response = isEtcdError(result)
        ? // etcd: a lease that does not exist is an answer, not an error.
          createLeaseTimeToLiveResponse({ header, id, ttl: -1 })
        : createLeaseTimeToLiveResponse({
            header,
            id,
            ttl: result.ttlSeconds,
            grantedTtl: result.grantedTtlSeconds,
            keys: [...result.keys],
          });
      call.respondBytes(encodeLeaseTimeToLiveResponse(response));
    });
  } catch (error) {
    failCall(call, error);
  }
}

function listLeases(deps: LeaseServiceDeps, call: UnaryCall): void {
  const header = deps.header.header(deps.revision());
  const leases = deps.leases.list().map((id) => ({ id }));
  call.respondBytes(encodeLeaseLeasesResponse(createLeaseLeasesResponse({ header, leases })));
}

/** Keep-alives of one stream that wait for the leader or for a revocation; more are not read meanwhile. */
const KEEP_ALIVES_WAITING_MAX = 256;

/** Keep-alives of one client, each answered when its result is there. A lease that is gone is answered with TTL 0. */
class KeepAliveStream implements BidiListener {
  readonly #deps: LeaseServiceDeps;
  #waiting = 0;
  #isFull = false;
  #isHalfClosed = false;

  constructor(deps: LeaseServiceDeps) {
    this.#deps = deps;
  }

  onMessage(call: BidiCall, message: Uint8Array): void {
    let id: bigint;
    try {
      id = decodeLeaseKeepAliveRequest(message).id;
    } catch (error) {
      failCall(call, error);
      return;
    }
    // etcd: the header is taken before the renewal, so that its revision is one the lease was alive at.
    const revision = this.#deps.revision();
    this.#waiting++;
    this.#deps.leases.renew(id, (result) => {
      this.#waiting--;
      this.#answer(call, id, revision, result);
    });
    if (this.#waiting >= KEEP_ALIVES_WAITING_MAX) call.pause();
  }

  onHalfClosed(call: BidiCall): void {
    this.#isHalfClosed = true;
    if (this.#waiting === 0) call.end();
  }

  onDrain(call: BidiCall): void {
    this.#isFull = false;
    this.#resume(call);
  }

  onCancelled(): void {
    // Nothing is held: late answers go nowhere.
  }

  #answer(call: BidiCall, id: bigint, revision: number, result: number | EtcdError): void {
    if (isEtcdError(result) && result.code !== 'leaseNotFound') {
      failCall(call, result);
      return;
    }
    const ttl = typeof result === 'number' ? result : 0;
    const header = this.#deps.header.header(revision);
    if (!call.sendBytes(encodeLeaseKeepAliveResponse({ header, id, ttl }))) {
      this.#isFull = true;
      call.pause();
    }
    if (this.#isHalfClosed && this.#waiting === 0) call.end();
    else this.#resume(call);
  }

  #resume(call: BidiCall): void {
    if (!this.#isFull && this.#waiting < KEEP_ALIVES_WAITING_MAX) call.resume();
  }
}
