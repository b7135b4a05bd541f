// Owns the error of a listener that cannot start, in the words Go uses, which operators know and grep for.

export class ListenError extends Error {
  override readonly name: string = 'ListenError';
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
  ENOENT: 'no such file or directory',
  ENOTFOUND: 'no such host',
};

/** "listen tcp 127.0.0.1:2379: bind: address already in use". */
export function listenErrorFrom(
  network: 'tcp' | 'unix',
  address: string,
  cause: unknown,
): ListenError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known = REASONS[code];
  const fallback = cause instanceof Error ? cause.message : String(cause);
  const reason = known === undefined ? fallback : `bind: ${known}`;
  return new ListenError(`listen ${network} ${address}: ${reason}`, { cause });
}
