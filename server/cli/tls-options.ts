// Owns checking TLS settings while the configuration is read. They keep Go's names; the listeners translate them.

import { maybeCipher } from '../listen/tls-config.ts';
import type { TlsOptions } from '../listen/types.ts';
import type { ServerConfig, TlsConfig, TlsVersion } from './config.ts';
import { ConfigError } from './config-error.ts';

/** `fallback` for the empty text. Throws ConfigError. */
export function parseTlsVersion(text: string, fallback: TlsVersion): TlsVersion {
  if (text === '') return fallback;
  if (text === 'TLS1.2' || text === 'TLS1.3') return text;
  throw new ConfigError(`unexpected TLS version "${text}" (must be one of: TLS1.2, TLS1.3)`);
}

/** The names as given, each of them known. Throws ConfigError. */
export function parseCipherSuites(names: readonly string[]): readonly string[] {
  for (const name of names) {
    if (maybeCipher(name) === undefined) {
      throw new ConfigError(`unexpected TLS cipher suite "${name}"`);
    }
  }
  return names;
}

/** What a listener is given of one side's settings; nothing without a certificate. */
export function listenerTls(config: ServerConfig, tls: TlsConfig): { tls?: TlsOptions } {
  if (tls.certFile === '') return {};
  return {
    tls: {
      certFile: tls.certFile,
      keyFile: tls.keyFile,
      ...(tls.trustedCaFile === '' ? {} : { trustedCaFile: tls.trustedCaFile }),
      ...(tls.crlFile === '' ? {} : { crlFile: tls.crlFile }),
      clientCertAuth: tls.clientCertAuth,
      minVersion: config.tlsMinVersion,
      maxVersion: config.tlsMaxVersion,
      cipherSuites: config.cipherSuites,
      allowedCommonNames: tls.allowedCommonNames,
      allowedHostnames: tls.allowedHostnames,
    },
  };
}
