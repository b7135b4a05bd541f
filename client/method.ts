// Owns what the transport must know of an RPC: its path, its codecs, and whether losing its answer allows another try.

export interface Method<Request, Response> {
  readonly path: string;
  readonly encode: (message: Request) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Response;
  /** True when a second run changes nothing: the call is repeated on another member after a failure. */
  readonly repeatable: boolean;
}

/** What a caller may say about any call. */
export interface CallOptions {
  /** Gives up after this time; Infinity waits for ever. */
  readonly timeoutMs?: number;
  /** Gives up when aborted. */
  readonly signal?: AbortSignal;
}

/** A key or value: bytes, or a text that stands for its UTF-8. */
export type BytesLike = Uint8Array | string;

/** A call that may be repeated: it only reads. */
export function reading<Request, Response>(
  path: string,
  encode: (message: Request) => Uint8Array,
  decode: (bytes: Uint8Array) => Response,
): Method<Request, Response> {
  return { path, encode, decode, repeatable: true };
}

/** A call that is sent once. */
export function writing<Request, Response>(
  path: string,
  encode: (message: Request) => Uint8Array,
  decode: (bytes: Uint8Array) => Response,
): Method<Request, Response> {
  return { path, encode, decode, repeatable: false };
}
