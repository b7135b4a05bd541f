// Owns how errors about leases are told to peers. etcd: lease/leasehttp/http.go ServeHTTP.

import type { EtcdError } from '../../base/errors.ts';

export interface LeaseProblem {
  readonly status: number;
  readonly text: string;
}

/** `otherwise`: the status of errors that have none of their own. */
export function leaseProblem(error: EtcdError, otherwise: number): LeaseProblem {
  switch (error.code) {
    case 'leaseNotFound':
      return { status: 404, text: 'lease not found' };
    case 'timeout':
    case 'timeoutWaitAppliedIndex':
      // etcd: lease/leasehttp/http.go ErrLeaseHTTPTimeout.
      return {
        status: 408,
        text: 'waiting for node to catch up its applied index has timed out',
      };
    case 'notLeader':
      return { status: otherwise, text: 'not a primary lessor' };
    default:
      return { status: otherwise, text: error.message };
  }
}
