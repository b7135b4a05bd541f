// Owns running a member from its configuration to its last breath: disk, node, listeners, readiness, signals, stop.
// etcd: server/embed/etcd.go StartEtcd and server/etcdmain/etcd.go.

import { EtcdError, GrpcStatus } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { MetricRegistry } from '../base/metrics.ts';
import { SERVER_VERSION } from '../base/version.ts';
import { listen } from '../listen/listen.ts';
import type { Listeners, TlsOptions } from '../listen/types.ts';
import { PROCESS_SCHEDULER } from '../node/scheduler.ts';
import type { EndpointUrl, ServerConfig, TlsConfig } from './config.ts';
import { configFields } from './config-print.ts';
import { CALLS_GRACE_MS } from './limits.ts';
import type { Logging } from './logging.ts';
import { createMember, type MemberParts } from './member.ts';
import { createLeaseAccess, createServices, type Services } from './services.ts';
import { stopOnSignal } from './signals.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';
import { notifyReady } from './systemd.ts';

/** Runs a member until it is told to stop. Resolves once it serves; rejects when it cannot start. */
export async function serve(config: ServerConfig, logging: Logging): Promise<void> {
  const logger = logging.logger('cli/serve.ts');
  logger.info('starting an etcd server', {
    'etcd-version': SERVER_VERSION,
    ...configFields(config),
  });
  const open: Listeners[] = [];
  const flush = (): void => {
    for (const listeners of open) listeners.flushNow();
  };
  const registry = new MetricRegistry();
  let running: MemberParts | undefined;
  const member = await createMember(config, logging, {
    registry,
    flush,
    onFatal: (error) => die(logging, logger, error),
    onLeaderChanged: (state) => {
      if (state.role === 'leader') PROCESS_SCHEDULER.soon(() => running?.duties.monitorVersion());
    },
    // The only member has nobody to talk to.
    network: {
      send: () => undefined,
      onChanged: () => undefined,
      onRestored: () => undefined,
      activeSinceMs: () => undefined,
      promoteAtLeader: (_id, _authorization, done) => done(new EtcdError('notLeader')),
    },
  });
  running = member;
  const services = createServices(member, createLeaseAccess(member), logging);
  const stop = (): Promise<void> => stopMember(member, services, open, logger);
  stopOnSignal(logger, stop);
  member.node.start();
  await new Promise<void>((resolve) => member.duties.start(resolve));
  try {
    await openListeners(config, services, logging, open);
  } catch (error) {
    await stop();
    throw error;
  }
  announce(open, logger);
  notifyReady(logger, process.env['NOTIFY_SOCKET']);
}

async function openListeners(
  config: ServerConfig,
  services: Services,
  logging: Logging,
  open: Listeners[],
): Promise<void> {
  const options = {
    logger: logging.logger('listen/listen.ts'),
    clock: SYSTEM_CLOCK,
    endpoint: 'client' as const,
    ...tlsOf(config, config.clientTls),
  };
  const separateHttp = config.listenClientHttpUrls.length > 0;
  const { grpc, http } = services;
  open.push(
    await listen(
      textsOf(config.listenClientUrls),
      separateHttp ? { grpc } : { grpc, http },
      options,
    ),
  );
  if (separateHttp) {
    open.push(await listen(textsOf(config.listenClientHttpUrls), { http }, options));
  }
  if (config.listenMetricsUrls.length > 0) {
    open.push(await listen(textsOf(config.listenMetricsUrls), { http }, options));
  }
}

function textsOf(urls: readonly EndpointUrl[]): string[] {
  return urls.map((url) => url.text);
}

function tlsOf(config: ServerConfig, tls: TlsConfig): { tls?: TlsOptions } {
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

/** The lines that people and programs wait for. */
function announce(open: readonly Listeners[], logger: Logger): void {
  logger.info('ready to serve client requests');
  for (const listeners of open) {
    for (const url of listeners.urls) {
      const secure = url.startsWith('https') || url.startsWith('unixs');
      logger.info(`serving client traffic ${secure ? 'securely' : 'insecurely'}`, {
        traffic: 'grpc+http',
        address: url.replace(/^[a-z]+:\/\//, ''),
      });
    }
  }
}

/** Lets calls in flight end, ends streams, then closes the node, the log and the store, in this order. */
async function stopMember(
  member: MemberParts,
  services: Services,
  open: readonly Listeners[],
  logger: Logger,
): Promise<void> {
  const { node, duties, watchPump, storage, config } = member;
  logger.info('closing etcd server', { name: config.name, 'data-dir': config.dataDir });
  services.health.set(false);
  duties.stop();
  services.grpc.drain();
  services.grpc.stopStreams(GrpcStatus.unavailable, 'etcdserver: server stopped');
  await Promise.all(open.map((listeners) => listeners.close(CALLS_GRACE_MS)));
  node.stop();
  watchPump.stop();
  await new Promise<void>((resolve) => storage.wal.close(resolve));
  await storage.backend.close();
  logger.info('closed etcd server', { name: config.name, 'data-dir': config.dataDir });
}

/** The disk failed, or an invariant broke: nothing in memory may be acknowledged any more. */
function die(logging: Logging, logger: Logger, error: unknown): never {
  logger.fatal('etcd server cannot go on', { error });
  logging.flush();
  process.exit(1);
}
