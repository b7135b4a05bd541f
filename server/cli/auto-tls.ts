// Owns --auto-tls and --peer-auto-tls: certificates made at the first start and kept in the data directory.
// etcd: server/embed/config.go ClientSelfCert and PeerSelfCert.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../base/logger.ts';
import { createSelfSigned } from '../listen/self-signed.ts';
import type { EndpointUrl, ServerConfig, TlsConfig } from './config.ts';
import { StartError } from './start-error.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_PER_YEAR = 365;
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** The configuration with the names of the certificates that were made, or found from an earlier start. */
export function withSelfSigned(config: ServerConfig, logger: Logger): ServerConfig {
  const make = (side: 'client' | 'peer', tls: TlsConfig, urls: readonly EndpointUrl[]): TlsConfig =>
    selfSigned(config, { side, tls, urls, logger });
  return {
    ...config,
    clientTls: make('client', config.clientTls, config.listenClientUrls),
    peerTls: make('peer', config.peerTls, config.listenPeerUrls),
  };
}

interface Side {
  readonly side: 'client' | 'peer';
  readonly tls: TlsConfig;
  readonly urls: readonly EndpointUrl[];
  readonly logger: Logger;
}

function selfSigned(config: ServerConfig, { side, tls, urls, logger }: Side): TlsConfig {
  if (!tls.auto) return tls;
  if (tls.certFile !== '') {
    logger.warn(`ignoring ${side} auto TLS since certs given`);
    return { ...tls, auto: false };
  }
  const directory = join(config.dataDir, 'fixtures', side);
  const certFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  if (!existsSync(certFile) || !existsSync(keyFile)) {
    const notBefore = new Date();
    const days = config.selfSignedCertValidityYears * DAYS_PER_YEAR;
    const notAfter = new Date(notBefore.getTime() + days * DAY_MS);
    const hosts = [...new Set(urls.map((url) => url.host))].filter((host) => host !== '');
    const made = createSelfSigned({ hosts, notBefore, notAfter });
    try {
      mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
      writeFileSync(certFile, made.certPem, { mode: FILE_MODE });
      writeFileSync(keyFile, made.keyPem, { mode: FILE_MODE });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StartError(`cannot write the ${side} certificate: ${reason}`, { cause });
    }
    logger.info('created cert file', { path: certFile });
    logger.info('created key file', { path: keyFile });
  }
  return { ...tls, certFile, keyFile };
}
