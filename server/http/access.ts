// Owns who may ask over HTTP at all: the host whitelist against DNS rebinding, origins for browsers, and refusing
// client certificates that the JSON form of the API would ignore. etcd: server/embed/serve.go accessController.
import type { HttpOptions, HttpPorts } from './ports.ts';
import { errorResponse } from './responses.ts';
import type { HttpRequest, HttpResponse } from './types.ts';

/** Guards the client port. */
export class AccessControl {
  readonly #ports: HttpPorts;
  readonly #options: HttpOptions;
  readonly #anyHost: boolean;
  readonly #anyOrigin: boolean;

  constructor(ports: HttpPorts, options: HttpOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#anyHost = options.hostWhitelist.length === 0 || options.hostWhitelist.includes('*');
    this.#anyOrigin = options.cors.includes('*');
  }

  /** The refusal of a request; undefined when it may go on. */
  refuse(request: HttpRequest, path: string): HttpResponse | undefined {
    if (!request.secure) {
      const host = hostOf(request.headers['host'] ?? '');
      if (this.#anyHost || this.#options.hostWhitelist.includes(host)) return undefined;
      const message = 'rejecting HTTP request to prevent DNS rebinding attacks';
      this.#ports.logger.warn(message, { host });
      return errorResponse(421, misdirected(host));
    }
    const named = (request.clientCommonName ?? '') !== '' && this.#options.clientCertAuth;
    if (named && path.startsWith('/v3/') && this.#ports.isAuthEnabled()) {
      return errorResponse(
        400,
        'CommonName of client sending a request against gateway will be ignored and not used as expected',
      );
    }
    return undefined;
  }

  /** Headers that let a browser read the response; undefined when its origin may not. */
  corsHeaders(request: HttpRequest): Readonly<Record<string, string>> | undefined {
    const origin = this.#anyOrigin ? '*' : (request.headers['origin'] ?? '');
    if (!this.#anyOrigin && !this.#options.cors.includes(origin)) return undefined;
    return {
      'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE',
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'accept, content-type, authorization',
    };
  }
}

/** The name in "name:port", "[ip6]:port" or "name". */
function hostOf(header: string): string {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):\d*$/.exec(header);
  return match === null ? header : (match[1] ?? match[2] ?? '');
}

function misdirected(host: string): string {
  return `
etcd got the request, but does not know the name in its Host header.

Any of these helps:
- Use TLS: HTTPS requests are taken whatever name they use.
- Add the name to the list of known ones:
  - e.g. etcd --host-whitelist ${JSON.stringify(host)}

The check protects against DNS rebinding attacks (CVE-2018-5702).
`;
}
