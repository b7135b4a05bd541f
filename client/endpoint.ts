// Owns the notation of endpoints ("10.0.0.1:2379", "https://etcd-0:2379", "unix:///run/etcd.sock") and what it says about
// TLS. etcd: client/v3/internal/endpoint.
import { GrpcStatus } from '../server/base/errors.ts';
import { ClientError } from './client-error.ts';

/** `optional`: TLS when the client was given TLS options, as for an endpoint without a scheme. */
export type EndpointTls = 'never' | 'optional' | 'always';

export interface Endpoint {
  /** As the user wrote it. */
  readonly text: string;
  /** The transport's name for it. */
  readonly target: string;
  /** What the server is told in `:authority`. */
  readonly authority: string;
  readonly tls: EndpointTls;
}

const SCHEMES: Readonly<Record<string, { readonly unix: boolean; readonly tls: EndpointTls }>> = {
  http: { unix: false, tls: 'never' },
  https: { unix: false, tls: 'always' },
  unix: { unix: true, tls: 'never' },
  unixs: { unix: true, tls: 'always' },
};

/** Throws ClientError for a text that names no endpoint. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^([a-z]+):(?:\/\/)?(.*)$/.exec(text);
  const scheme = match?.[1] === undefined ? undefined : SCHEMES[match[1]];
  if (scheme === undefined) return network(text, text, 'optional');
  const rest = match?.[2] ?? '';
  if (!scheme.unix) return network(text, rest.replace(/\/.*$/, ''), scheme.tls);
  if (rest === '') throw bad(text);
  return { text, target: `unix:${rest}`, authority: 'localhost', tls: scheme.tls };
}

function network(text: string, address: string, tls: EndpointTls): Endpoint {
  if (address === '' || /[\s/@?#]/.test(address)) throw bad(text);
  return { text, target: `dns:${address}`, authority: address, tls };
}

function bad(text: string): ClientError {
  return new ClientError(GrpcStatus.invalidArgument, `bad endpoint ${JSON.stringify(text)}`);
}
