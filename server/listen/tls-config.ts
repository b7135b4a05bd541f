// Owns translating etcd's TLS settings to node:tls: versions, cipher suite names, and what a client must present.

import type { SecureContextOptions, SecureVersion } from 'node:tls';
import { ListenError } from './listen-error.ts';
import type { TlsOptions } from './types.ts';

/** Go's suite names and OpenSSL's. The ones Go calls insecure are taken as well, as etcd does, though OpenSSL may refuse
 *  them by its own security level. */
const CIPHER_SUITES: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_RSA_WITH_RC4_128_SHA: 'RC4-SHA',
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'DES-CBC3-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: 'ECDHE-ECDSA-RC4-SHA',
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: 'ECDHE-RSA-RC4-SHA',
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 'ECDHE-RSA-DES-CBC3-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
};

/** Always on: Go does not let anyone choose them. */
const TLS13_SUITES: readonly string[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
];

const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  'TLS1.2': 'TLSv1.2',
  'TLS1.3': 'TLSv1.3',
};

/** OpenSSL's name for a suite of Go's; undefined when neither etcd nor OpenSSL would take it. */
export function maybeCipher(goName: string): string | undefined {
  return Object.hasOwn(CIPHER_SUITES, goName) ? CIPHER_SUITES[goName] : undefined;
}

/** The part of the secure context that does not come from files. Throws ListenError for unknown names. */
export function contextRules(options: TlsOptions): SecureContextOptions {
  const rules: SecureContextOptions = { minVersion: versionOf(options.minVersion) ?? 'TLSv1.2' };
  const maxVersion = versionOf(options.maxVersion);
  if (maxVersion !== undefined) rules.maxVersion = maxVersion;
  const suites = options.cipherSuites ?? [];
  if (suites.length > 0) {
    rules.ciphers = [...TLS13_SUITES, ...suites.map(mustCipher)].join(':');
    rules.honorCipherOrder = true;
  }
  return rules;
}

/** etcd: naming a CA is enough to make client certificates obligatory (client/pkg/transport/listener.go). */
export function wantsClientCertificate(options: TlsOptions): boolean {
  return options.clientCertAuth === true || (options.trustedCaFile ?? '') !== '';
}

function versionOf(name: string | undefined): SecureVersion | undefined {
  if (name === undefined || name === '') return undefined;
  const version = Object.hasOwn(VERSIONS, name) ? VERSIONS[name] : undefined;
  if (version === undefined)
    throw new ListenError(`unexpected TLS version ${JSON.stringify(name)}`);
  return version;
}

function mustCipher(goName: string): string {
  const cipher = maybeCipher(goName);
  if (cipher === undefined) {
    throw new ListenError(`unexpected TLS cipher suite ${JSON.stringify(goName)}`);
  }
  return cipher;
}
