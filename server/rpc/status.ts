// Owns the one way an error becomes the status of a call.

import { EtcdError, type EtcdErrorCode, GrpcStatus, isEtcdError } from '../base/errors.ts';
import { DecodeError } from '../proto/reader.ts';
import type { GrpcCall } from './grpc/types.ts';

/** Ends the call with an error of the table. */
export function failWith(call: GrpcCall, code: EtcdErrorCode): void {
  failCall(call, new EtcdError(code));
}

/** Ends the call with whatever went wrong; what is not in the table is Unknown with its own text, as in etcd. */
export function failCall(call: GrpcCall, error: unknown): void {
  if (isEtcdError(error)) {
    call.fail(error.status, error.message);
  } else if (error instanceof DecodeError) {
    call.fail(GrpcStatus.internal, `grpc: error unmarshalling request: ${error.message}`);
  } else {
    call.fail(GrpcStatus.unknown, error instanceof Error ? error.message : String(error));
  }
}
