// Owns the message encodings: identity and gzip. Decompression is synchronous, because a message is at most a few
// MiB and the order of a stream's messages must hold; the output is bounded, so a bomb stops at the limit.

import { gunzipSync } from 'node:zlib';
import { GrpcStatus, type GrpcStatusCode } from '../../base/errors.ts';

/** Encodings a client may send, as announced in grpc-accept-encoding. */
export const ACCEPTED_ENCODINGS: string = 'identity,gzip';

export interface MessageRefusal {
  readonly status: GrpcStatusCode;
  readonly message: string;
}

/** True for encodings `openMessage` can undo. */
export function isKnownEncoding(encoding: string): boolean {
  return encoding === '' || encoding === 'identity' || encoding === 'gzip';
}

/** The plain bytes of a message whose flag byte is not 0, or why not; texts are grpc-go's (rpc_util.go). */
export function openMessage(
  flag: number,
  encoding: string,
  message: Uint8Array,
  sizeBytesMax: number,
): Uint8Array | MessageRefusal {
  if (flag !== 1) {
    return refusal(GrpcStatus.internal, `grpc: received unexpected payload format ${flag}`);
  }
  if (encoding !== 'gzip') {
    return refusal(
      GrpcStatus.internal,
      'grpc: compressed flag set with identity or empty encoding',
    );
  }
  try {
    return gunzipSync(message, { maxOutputLength: Math.max(sizeBytesMax, 1) });
  } catch (error) {
    return refuseCompressed(error, sizeBytesMax);
  }
}

function refuseCompressed(error: unknown, sizeBytesMax: number): MessageRefusal {
  if (error instanceof RangeError) {
    // grpc-go reads one byte more than the limit and reports that count.
    const sizes = `(${sizeBytesMax + 1} vs. ${sizeBytesMax})`;
    return refusal(
      GrpcStatus.resourceExhausted,
      `grpc: received message after decompression larger than max ${sizes}`,
    );
  }
  const reason = error instanceof Error ? error.message : String(error);
  return refusal(GrpcStatus.internal, `grpc: failed to decompress the received message: ${reason}`);
}

function refusal(status: GrpcStatusCode, message: string): MessageRefusal {
  return { status, message };
}

/** Tells the two answers of `openMessage` apart. */
export function isRefusal(opened: Uint8Array | MessageRefusal): opened is MessageRefusal {
  return !(opened instanceof Uint8Array);
}
