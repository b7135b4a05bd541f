// Owns the peer port: where it listens, with which certificates, and with which certificates this member calls others.

import { readFileSync } from 'node:fs';
import type { PeerTls } from '../cluster/transport/types.ts';
import { listen } from '../listen/listen.ts';
import type { Listeners } from '../listen/types.ts';
import type { ServerConfig } from './config.ts';
import type { Logging } from './logging.ts';
import type { PeerNetwork } from './peer-network.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';
import { listenerTls } from './tls-options.ts';

export function openPeerListeners(
  config: ServerConfig,
  network: PeerNetwork,
  logging: Logging,
): Promise<Listeners> {
  return listen(
    config.listenPeerUrls.map((url) => url.text),
    { nodeHttp: network.server, http1First: network.serveRenewals },
    {
      logger: logging.logger('listen/listen.ts'),
      clock: SYSTEM_CLOCK,
      endpoint: 'peer',
      ...listenerTls(config, config.peerTls),
    },
  );
}

/** How this member calls its peers; the files are read for each connection, so that renewed certificates count. */
export function peerClientTls({
  peerTls,
  tlsMinVersion,
  tlsMaxVersion,
}: ServerConfig): PeerTls | undefined {
  const { certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile } = peerTls;
  if (certFile === '' && trustedCaFile === '') return undefined;
  const cert = clientCertFile === '' ? certFile : clientCertFile;
  const key = clientKeyFile === '' ? keyFile : clientKeyFile;
  return () => ({
    ...(cert === '' ? {} : { cert: readFileSync(cert), key: readFileSync(key) }),
    // Certificates that sign themselves prove nothing. etcd: TLSInfo.ClientConfig.
    rejectUnauthorized: !peerTls.auto,
    ...(trustedCaFile === '' ? {} : { ca: readFileSync(trustedCaFile) }),
    minVersion: NODE_VERSIONS[tlsMinVersion],
    maxVersion: NODE_VERSIONS[tlsMaxVersion],
  });
}

/** etcd's names of TLS versions to Node's. */
const NODE_VERSIONS = { 'TLS1.2': 'TLSv1.2', 'TLS1.3': 'TLSv1.3' } as const;
