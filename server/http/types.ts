// Owns the boundary between the sockets and the HTTP side: one request shape and one handler type, whether the
// request came over HTTP/1.1 or over HTTP/2 on the gRPC port. Types only.

/** A whole request: the body has arrived and is bounded by the listener's limit. */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string;
  /** Path without the query, as sent (not percent-decoded). */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; repeated fields joined by ", ". `host` is also filled from :authority. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** True over TLS. */
  readonly secure: boolean;
  /** ip:port of the peer, "@" for a unix socket; absent where a test makes its own request. */
  readonly remoteAddress?: string;
  /** Common name of the verified client certificate; absent without one. */
  readonly clientCommonName?: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in any case; content-length and date are added by the listener. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | HttpStreamBody;
}

/** A body of unknown length, for the streaming gateway paths. */
export interface HttpStreamBody {
  /** Called once, after the headers were sent; the body writes to `sink` from now on. */
  start(sink: HttpSink): void;
  /** The peer has read enough after `write` returned false. */
  onDrain(): void;
  /** The peer is gone; nothing may be written any more. */
  onAborted(): void;
}

export interface HttpSink {
  /** Queues a part; false asks the caller to wait for onDrain. */
  write(part: Uint8Array | string): boolean;
  end(): void;
}

/** `respond` is called exactly once, at any later time. */
export type HttpHandler = (request: HttpRequest, respond: (response: HttpResponse) => void) => void;
