// Owns connections to peers: one agent per kind of URL, certificates asked anew for each request, HTTP/1.1 only. Resting
// connections are closed before the other side would do it.

import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, connect as netConnect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { IDLE_CONNECTION_MS, IDLE_CONNECTIONS_MAX } from './limits.ts';
import type { PeerTls } from './types.ts';

export interface PeerRequest {
  /** A peer URL, without a path. */
  readonly url: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly cancel?: AbortSignal | undefined;
  /** Until the connection stands, TLS included. */
  readonly dialTimeoutMs: number;
}

const AGENT_OPTIONS = {
  keepAlive: true,
  // Also the pause after which probes of a dead connection begin.
  keepAliveMsecs: 15_000,
  maxFreeSockets: IDLE_CONNECTIONS_MAX,
  timeout: IDLE_CONNECTION_MS,
  scheduling: 'lifo',
} as const;

export class PeerConnector {
  readonly #tls: PeerTls | undefined;
  readonly #plain: HttpAgent;
  readonly #secure: HttpsAgent;

  constructor(tls?: PeerTls) {
    this.#tls = tls;
    this.#plain = new HttpAgent(AGENT_OPTIONS);
    this.#secure = new HttpsAgent(AGENT_OPTIONS);
  }

  /** Starts a request; the caller listens and ends it. Throws TypeError for a URL that is none. */
  open(request: PeerRequest): ClientRequest {
    const target = parseTarget(request.url);
    const { path, method, headers, cancel, dialTimeoutMs } = request;
    const options = {
      ...target.address,
      path,
      method,
      headers,
      ...(cancel === undefined ? {} : { signal: cancel }),
    };
    const opened = target.isSecure
      ? httpsRequest({
          ...options,
          ...this.#tlsOptions(),
          agent: this.#secure,
        })
      : httpRequest({ ...options, agent: this.#plain });
    opened.setNoDelay(true);
    limitDial(opened, target.isSecure, dialTimeoutMs);
    return opened;
  }

  /** A connection without a protocol. `onReady`: it stands, and the peer is who it should be. Throws as `open` does. */
  dial(url: string, onReady: () => void): Socket {
    const { isSecure, address } = parseTarget(url);
    const place = 'host' in address ? address : { path: address.socketPath };
    const options = { ...place, noDelay: true };
    if (!isSecure) return netConnect(options, onReady);
    // Names, not addresses, go into the greeting (RFC 6066); a socket in the file system has no name of its own.
    const name = 'host' in address ? address.host : 'localhost';
    const servername = isIP(name) === 0 ? name : '';
    return tlsConnect({ ...options, ...this.#tlsOptions(), servername }, onReady);
  }

  #tlsOptions(): ConnectionOptions {
    // Go's listener names h2 alone, but takes clients that do not know it.
    return { ...this.#tls?.(), ALPNProtocols: ['http/1.1'] };
  }

  /** Closes the connections that rest. */
  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

interface Target {
  readonly isSecure: boolean;
  readonly address:
    | { readonly host: string; readonly port: number }
    | { readonly socketPath: string };
}

/** etcd: client/pkg/transport/unix_listener.go: the path of a socket is host and path of its URL together. */
function parseTarget(text: string): Target {
  const unix = /^(unixs?):\/\/(.+)$/.exec(text);
  if (unix !== null) {
    return { isSecure: unix[1] === 'unixs', address: { socketPath: unix[2] ?? '' } };
  }
  const url = new URL(text);
  const isSecure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return { isSecure, address: { host, port } };
}

/** What a request to `url` names as its host. Throws TypeError for a URL that is none. */
export function hostOf(url: string): string {
  const { address } = parseTarget(url);
  if (!('host' in address)) return 'localhost';
  const { host, port } = address;
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

function limitDial(request: ClientRequest, isSecure: boolean, timeoutMs: number): void {
  const timer = setTimeout(() => request.destroy(new Error('dial timeout')), timeoutMs);
  const stop = (): void => clearTimeout(timer);
  request.once('socket', (socket) => {
    // A connection that rested is ready, and says nothing more about it.
    if (request.reusedSocket) stop();
    else socket.once(isSecure ? 'secureConnect' : 'connect', stop);
  });
  request.once('close', stop);
}
