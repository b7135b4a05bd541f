// Owns turning TLS options into credentials of the transport.
import { readFileSync } from 'node:fs';
import { ChannelCredentials, type VerifyOptions } from '@grpc/grpc-js';
import type { Endpoint } from './endpoint.ts';

/** PEM texts. Everything is optional: an empty object asks for TLS with the system's authorities. */
export interface TlsOptions {
  readonly ca?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name the server's certificate must carry, instead of the endpoint's host. */
  readonly serverName?: string;
  /** Takes any certificate. Only for tests. */
  readonly skipVerify?: boolean;
}

export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads PEM files. Errors of the file system pass through. */
export function readTlsFiles(files: TlsFiles): TlsOptions {
  return {
    ...(files.ca === undefined ? {} : { ca: readFileSync(files.ca) }),
    ...(files.cert === undefined ? {} : { cert: readFileSync(files.cert) }),
    ...(files.key === undefined ? {} : { key: readFileSync(files.key) }),
  };
}

/** Throws when certificate and key do not belong together. */
export function credentialsOf(endpoint: Endpoint, tls: TlsOptions | undefined): ChannelCredentials {
  const secure = endpoint.tls === 'always' || (endpoint.tls === 'optional' && tls !== undefined);
  if (!secure) return ChannelCredentials.createInsecure();
  const verify: VerifyOptions = tls?.skipVerify === true ? { rejectUnauthorized: false } : {};
  return ChannelCredentials.createSsl(pem(tls?.ca), pem(tls?.key), pem(tls?.cert), verify);
}

function pem(text: string | Uint8Array | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text);
}
