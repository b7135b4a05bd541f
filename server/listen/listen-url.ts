// Owns reading a listen URL: http, https, unix and unixs, as etcd's --listen-client-urls takes them.

import { ListenError } from './listen-error.ts';

/** Where to listen. */
export type ListenTarget =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly secure: boolean }
  | { readonly kind: 'unix'; readonly path: string; readonly secure: boolean };

/** Throws ListenError for anything else. */
export function parseListenUrl(text: string): ListenTarget {
  // The URL class has rules of its own for hosts of unknown schemes; unix URLs are not hosts at all.
  const unix = /^(unixs?):\/\/(.+)$/.exec(text);
  if (unix !== null) {
    return { kind: 'unix', path: unix[2] ?? '', secure: unix[1] === 'unixs' };
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new ListenError(`cannot listen on ${text}: not a URL`, { cause });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ListenError(`cannot listen on ${text}: unknown scheme ${url.protocol.slice(0, -1)}`);
  }
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  return { kind: 'tcp', host: bindHost(url.hostname), port, secure };
}

/** The URL again, with the port that was really bound. */
export function printListenUrl(target: ListenTarget, port: number): string {
  if (target.kind === 'unix') return `${target.secure ? 'unixs' : 'unix'}://${target.path}`;
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `${target.secure ? 'https' : 'http'}://${host}:${port}`;
}

// Go binds "localhost" to the IPv4 address; the resolver here may answer ::1 first.
function bindHost(hostname: string): string {
  if (hostname === 'localhost') return '127.0.0.1';
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** ip:port as Go prints it; "@" for a unix socket, which has no address on the connecting side. */
export function printAddress(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return '@';
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}
