// Owns what a failed request to the API server looks like: its HTTP status and the reason of its metav1.Status. Status 0
// means that there was no answer, and that the request may or may not have taken effect.

export class KubeError extends Error {
  override readonly name: string = 'KubeError';
  readonly status: number;
  /** NotFound, AlreadyExists, Conflict, Expired, Invalid, ... */
  readonly reason: string;

  constructor(
    message: string,
    options: { readonly status?: number; readonly reason?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status ?? 0;
    this.reason = options.reason ?? '';
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** The object is not what it was taken for: newer, another one, or already there. */
  get isConflict(): boolean {
    return this.status === 409;
  }

  /** The resource version is too old to watch from. */
  get isExpired(): boolean {
    return this.status === 410;
  }
}

/** The error that the body of an answer describes. */
export function errorOfAnswer(status: number, body: string, what: string): KubeError {
  let reason = '';
  let message = body.slice(0, 512);
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) {
      if ('reason' in parsed && typeof parsed.reason === 'string') reason = parsed.reason;
      if ('message' in parsed && typeof parsed.message === 'string') message = parsed.message;
    }
  } catch {
    // Not JSON: a proxy between us and the server. The text itself is the message.
  }
  return new KubeError(`${what}: ${message === '' ? `HTTP ${status}` : message}`, {
    status,
    reason,
  });
}
