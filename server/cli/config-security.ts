// Owns the security settings of a configuration and what etcd refuses about them before it opens a port.
// etcd: client/pkg/transport/listener.go, server/embed/etcd.go.

import type { AuthTokenConfig, EndpointUrl, TlsConfig, TlsVersion } from './config.ts';
import { ConfigError, type LogNote, warnNote } from './config-error.ts';
import type { ConfigUrls } from './config-urls.ts';
import { isSecure } from './endpoint-url.ts';
import type { FlagValues } from './flag-values.ts';
import { BCRYPT_COST_DEFAULT, BCRYPT_COST_MAX, BCRYPT_COST_MIN } from './limits.ts';
import { parseCipherSuites, parseTlsVersion } from './tls-options.ts';

export interface ConfigSecurity {
  readonly clientTls: TlsConfig;
  readonly peerTls: TlsConfig;
  readonly selfSignedCertValidityYears: number;
  readonly cipherSuites: readonly string[];
  readonly tlsMinVersion: TlsVersion;
  readonly tlsMaxVersion: TlsVersion;
  readonly cors: readonly string[];
  readonly hostWhitelist: readonly string[];
  readonly authToken: AuthTokenConfig;
  readonly bcryptCost: number;
  readonly authTokenTtlSeconds: number;
}

/** Reads the settings and checks them against the addresses. Throws ConfigError. */
export function buildSecurity(
  values: FlagValues,
  urls: ConfigUrls,
  notes: LogNote[],
): ConfigSecurity {
  const minText = values.text('tls-min-version');
  const maxText = values.text('tls-max-version');
  const tlsMinVersion = parseTlsVersion(minText, 'TLS1.2');
  const tlsMaxVersion = parseTlsVersion(maxText, 'TLS1.3');
  if (tlsMinVersion > tlsMaxVersion) {
    throw new ConfigError(`min version (${minText}) is greater than max version (${maxText})`);
  }
  const suites = values.list('cipher-suites');
  if (tlsMinVersion === 'TLS1.3' && suites.length > 0) {
    throw new ConfigError('cipher suites cannot be configured when only TLS1.3 is enabled');
  }
  const clientTls = readClientTls(values);
  const peerTls = readPeerTls(values);
  const selfSignedCertValidityYears = values.count('self-signed-cert-validity');
  if (selfSignedCertValidityYears === 0 && (clientTls.auto || peerTls.auto)) {
    throw new ConfigError('selfSignedCertValidity is invalid,it should be greater than 0');
  }
  checkTls(clientTls);
  checkTls(peerTls);
  checkClientUrls(urls, clientTls, notes);
  checkPeerUrls(urls.listenPeerUrls, peerTls, notes);
  return {
    clientTls,
    peerTls,
    selfSignedCertValidityYears,
    cipherSuites: parseCipherSuites(suites),
    tlsMinVersion,
    tlsMaxVersion,
    cors: values.list('cors'),
    hostWhitelist: values.list('host-whitelist'),
    authToken: parseAuthToken(values.text('auth-token')),
    bcryptCost: readBcryptCost(values.count('bcrypt-cost'), notes),
    authTokenTtlSeconds: values.count('auth-token-ttl'),
  };
}

function readClientTls(values: FlagValues): TlsConfig {
  return {
    certFile: values.text('cert-file'),
    keyFile: values.text('key-file'),
    clientCertFile: values.text('client-cert-file'),
    clientKeyFile: values.text('client-key-file'),
    trustedCaFile: values.text('trusted-ca-file'),
    crlFile: values.text('client-crl-file'),
    clientCertAuth: values.isOn('client-cert-auth'),
    auto: values.isOn('auto-tls'),
    allowedCommonNames: values.list('client-transport-security.allowed-cn'),
    allowedHostnames: values.list('client-cert-allowed-hostname'),
    skipClientSanVerification: values.isOn(
      'client-transport-security.skip-client-san-verification',
    ),
  };
}

function readPeerTls(values: FlagValues): TlsConfig {
  return {
    certFile: values.text('peer-cert-file'),
    keyFile: values.text('peer-key-file'),
    clientCertFile: values.text('peer-client-cert-file'),
    clientKeyFile: values.text('peer-client-key-file'),
    trustedCaFile: values.text('peer-trusted-ca-file'),
    crlFile: values.text('peer-crl-file'),
    clientCertAuth: values.isOn('peer-client-cert-auth'),
    auto: values.isOn('peer-auto-tls'),
    allowedCommonNames: values.list('peer-cert-allowed-cn'),
    allowedHostnames: values.list('peer-cert-allowed-hostname'),
    skipClientSanVerification: values.isOn('peer-skip-client-san-verification'),
  };
}

/** True when a certificate and its key are given. */
function hasCertificate(tls: TlsConfig): boolean {
  return tls.certFile !== '' && tls.keyFile !== '';
}

function checkTls(tls: TlsConfig): void {
  const { certFile, keyFile, clientCertFile, clientKeyFile } = tls;
  if ((certFile === '') !== (keyFile === '')) {
    throw new ConfigError(
      `KeyFile and CertFile must both be present[key: ${keyFile}, cert: ${certFile}]`,
    );
  }
  if ((clientCertFile === '') !== (clientKeyFile === '')) {
    throw new ConfigError(
      `ClientKeyFile and ClientCertFile must both be present or both absent: key: ${clientKeyFile}, cert: ${clientCertFile}]`,
    );
  }
  if (tls.allowedCommonNames.length > 0 && tls.allowedHostnames.length > 0) {
    const names = quoted(tls.allowedCommonNames);
    const hosts = quoted(tls.allowedHostnames);
    throw new ConfigError(
      `AllowedCNs and AllowedHostnames are mutually exclusive (cns=${names}, hostnames=${hosts})`,
    );
  }
}

/** A list as Go's %q prints it. */
function quoted(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
}

function checkClientUrls(urls: ConfigUrls, tls: TlsConfig, notes: LogNote[]): void {
  for (const url of [...urls.listenClientUrls, ...urls.listenClientHttpUrls]) {
    if (isSecure(url)) {
      if (hasCertificate(tls) || tls.auto) continue;
      throw new ConfigError(
        `TLS key/cert (--cert-file, --key-file) must be provided for client url ${url.text} with HTTPS scheme`,
      );
    }
    const fields = { 'client-url': url.text };
    if (hasCertificate(tls)) {
      const message =
        'scheme is http or unix while key and cert files are present; ignoring key and cert files';
      notes.push(warnNote(message, fields));
    }
    if (tls.clientCertAuth) {
      const message =
        'scheme is http or unix while --client-cert-auth is enabled; ignoring client cert auth for this URL';
      notes.push(warnNote(message, fields));
    }
  }
  for (const url of urls.listenMetricsUrls) {
    if (!isSecure(url) || hasCertificate(tls) || tls.auto) continue;
    throw new ConfigError(
      `client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url ${url.text}`,
    );
  }
}

function checkPeerUrls(urls: readonly EndpointUrl[], tls: TlsConfig, notes: LogNote[]): void {
  for (const url of urls) {
    if (isSecure(url)) {
      if (hasCertificate(tls) || tls.auto) continue;
      const address = url.text.slice(url.text.indexOf('//') + 2);
      throw new ConfigError(
        `cannot listen on TLS for ${address}: KeyFile and CertFile are not presented`,
      );
    }
    const fields = { 'peer-url': url.text };
    if (hasCertificate(tls)) {
      const message =
        'scheme is HTTP while key and cert files are present; ignoring key and cert files';
      notes.push(warnNote(message, fields));
    }
    if (tls.clientCertAuth) {
      const message =
        'scheme is HTTP while --peer-client-cert-auth is enabled; ignoring client cert auth for this URL';
      notes.push(warnNote(message, fields));
    }
  }
}

/** etcd: server/auth/store.go decomposeOpts. */
function parseAuthToken(text: string): AuthTokenConfig {
  const [kind = '', ...pairs] = text.split(',');
  const options: Record<string, string> = {};
  for (const pair of pairs) {
    const [key = '', value, ...more] = pair.split('=');
    if (value === undefined || more.length > 0 || Object.hasOwn(options, key)) {
      throw new ConfigError('auth: invalid auth options');
    }
    options[key] = value;
  }
  return { kind, options };
}

function readBcryptCost(cost: number, notes: LogNote[]): number {
  if (cost >= BCRYPT_COST_MIN && cost <= BCRYPT_COST_MAX) return cost;
  const fields = {
    'min-cost': BCRYPT_COST_MIN,
    'max-cost': BCRYPT_COST_MAX,
    'default-cost': BCRYPT_COST_DEFAULT,
    'given-cost': cost,
  };
  notes.push(warnNote('use default bcrypt cost instead of the invalid given cost', fields));
  return BCRYPT_COST_DEFAULT;
}
