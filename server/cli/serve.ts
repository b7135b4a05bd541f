// Owns running a member from its configuration to its last breath: disk, node, listeners, readiness, signals, stop.
// etcd: server/embed/etcd.go StartEtcd and server/etcdmain/etcd.go.

import { GrpcStatus } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { MetricRegistry } from '../base/metrics.ts';
import { SERVER_VERSION } from '../base/version.ts';
import { listen } from '../listen/listen.ts';
import type { Listeners } from '../listen/types.ts';
import { type Cancel, PROCESS_SCHEDULER } from '../node/scheduler.ts';
import { withSelfSigned } from './auto-tls.ts';
import type { EndpointUrl, ServerConfig } from './config.ts';
import { configFields } from './config-print.ts';
import { CorruptionChecks } from './corruption-checks.ts';
import { startElectionAdvance } from './election-advance.ts';
import { openFailpointServer } from './failpoint-server.ts';
import { handOver, leaderLeases, othersVersion, promoteAtLeader } from './leader-links.ts';
import { startLearnerDuties } from './learner-duties.ts';
import { CALLS_GRACE_MS, REMOVED_GRACE_MS, REMOVED_LEADER_MS_MAX } from './limits.ts';
import type { Logging } from './logging.ts';
import { createMember, electionTicks, type MemberHooks, type MemberParts } from './member.ts';
import { openPeerListeners, peerClientTls } from './peer-listeners.ts';
import { createPeerNetwork, type PeerNetwork } from './peer-network.ts';
import { createLeaseAccess, createServices, type Services } from './services.ts';
import { stopOnSignal } from './signals.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';
import { notifyReady } from './systemd.ts';
import { listenerTls } from './tls-options.ts';

/** Runs a member until it is told to stop. Resolves once it serves; rejects when it cannot start. */
export async function serve(config: ServerConfig, logging: Logging): Promise<void> {
  const logger = logging.logger('cli/serve.ts');
  logger.info('starting an etcd server', {
    'etcd-version': SERVER_VERSION,
    ...configFields(config),
  });
  const failpoints = process.env['GOFAIL_HTTP'] ?? '';
  if (failpoints !== '') {
    const initial = process.env['GOFAIL_FAILPOINTS'] ?? '';
    await openFailpointServer(failpoints, initial, logging.logger('cli/failpoint-server.ts'));
  }
  const running = new RunningServer(withSelfSigned(config, logger), logging, logger);
  await running.start();
  notifyReady(logger, process.env['NOTIFY_SOCKET']);
}

/** Everything that is open, in the order it was opened, so that it can be closed in the other one. */
class RunningServer {
  readonly #config: ServerConfig;
  readonly #logging: Logging;
  readonly #logger: Logger;
  readonly #open: Listeners[] = [];
  #member: MemberParts | undefined = undefined;
  #services: Services | undefined = undefined;
  #network: PeerNetwork | undefined = undefined;
  #peerListeners: Listeners | undefined = undefined;
  #stopping: Promise<void> | undefined = undefined;
  #isRemoved = false;
  /** Those who stay know that this member was removed. */
  #isRemovalKnown = false;
  #checks: CorruptionChecks | undefined = undefined;
  #learnerDuties: Cancel | undefined = undefined;
  #electionAdvance: Cancel | undefined = undefined;

  constructor(config: ServerConfig, logging: Logging, logger: Logger) {
    this.#config = config;
    this.#logging = logging;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    const config = this.#config;
    const member = await createMember(config, this.#logging, this.#hooks());
    this.#member = member;
    const leases = createLeaseAccess(
      member,
      leaderLeases(member, () => this.#network),
    );
    this.#services = createServices(member, leases, this.#logging);
    const tls = peerClientTls(config);
    this.#network = createPeerNetwork(member, leases, this.#logging, {
      tls,
      onRemoved: (isTold) => this.#onRemoved(isTold),
    });
    stopOnSignal(this.#logger, () => this.stop());
    try {
      this.#peerListeners = await openPeerListeners(config, this.#network, this.#logging);
      this.#network.transport.start();
      this.#checks = new CorruptionChecks(
        member,
        this.#network,
        this.#logging.logger('cli/corruption-checks.ts'),
      );
      await this.#checks.checkBeforeServing();
      member.node.start();
      this.#startElectionAdvance(member, this.#network);
      this.#learnerDuties = startLearnerDuties(
        member,
        this.#network.transport,
        this.#logging.logger('cli/learner-duties.ts'),
      );
      await new Promise<void>((resolve) => member.duties.start(resolve));
      this.#checks.start();
      member.indexKeeper.start();
      await openListeners(config, this.#services, this.#logging, this.#open);
    } catch (error) {
      await this.stop();
      throw error;
    }
    announce(this.#open, this.#logger);
  }

  #startElectionAdvance({ config, book, node }: MemberParts, { transport }: PeerNetwork): void {
    // Alone it leads at once.
    if (book.members().length === 1) return;
    this.#electionAdvance = startElectionAdvance({
      isEnabled: config.initialElectionTickAdvance,
      electionTicks: electionTicks(config),
      activePeers: () => transport.activePeers(),
      hasLeader: () => node.leader !== 0n,
      advanceTicks: (ticks) => node.advanceTicks(ticks),
      scheduler: PROCESS_SCHEDULER,
      logger: this.#logging.logger('cli/election-advance.ts'),
    });
  }

  /** Hands leadership over, lets calls in flight end, then closes node, log and store. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const member = this.#member;
    if (member === undefined) return;
    const fields = { name: this.#config.name, 'data-dir': this.#config.dataDir };
    this.#logger.info('closing etcd server', fields);
    const startMs = SYSTEM_CLOCK.monotonicMs();
    // First: they take the processor and the disk that the rest needs, and are for calls that end below.
    const exportsEnded = member.exports.stop();
    if (!this.#isRemoved) await handOver(member, this.#network, this.#logger);
    this.#learnerDuties?.();
    this.#electionAdvance?.();
    this.#checks?.stop();
    member.duties.stop();
    this.#services?.health.set(false);
    const closed = this.#open.map((listeners) => listeners.close(CALLS_GRACE_MS));
    this.#services?.grpc.stopStreams(GrpcStatus.unavailable, 'etcdserver: server stopped');
    await Promise.all(closed);
    member.node.stop();
    member.watchPump.stop();
    this.#network?.transport.stop();
    await this.#peerListeners?.close(0);
    await exportsEnded;
    await new Promise<void>((resolve) => member.storage.wal.close(resolve));
    await member.indexKeeper.stop(startMs);
    await member.storage.backend.close();
    this.#logger.info('closed etcd server', fields);
  }

  #hooks(): MemberHooks {
    return {
      registry: new MetricRegistry(),
      flush: () => {
        for (const listeners of this.#open) listeners.flushNow();
      },
      onFatal: (error) => die(this.#logging, this.#logger, error),
      onLeaderChanged: (state) => {
        const member = this.#member;
        if (state.role === 'leader') PROCESS_SCHEDULER.soon(() => member?.duties.monitorVersion());
      },
      network: {
        send: (messages) => this.#network?.transport.send(messages),
        onChanged: (outcome) => this.#network?.onChanged(outcome),
        onRestored: () => this.#onRestored(),
        activeSinceMs: (id) => this.#network?.transport.activeSince(id),
        promoteAtLeader: (id, authorization, done) =>
          promoteAtLeader(this.#member, this.#network, { id, authorization }, done),
        othersVersion: (done) => othersVersion(this.#member, this.#network, done),
      },
    };
  }

  #onRestored(): void {
    this.#network?.onRestored();
    const { book, duties } = this.#member ?? {};
    if (book?.member(book.localId)?.name === this.#config.name) duties?.confirmPublished();
  }

  /** etcd: a removed member goes a second later, so that others still get its last answers. */
  #onRemoved(isTold: boolean): void {
    if (isTold) this.#isRemovalKnown = true;
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    this.#logger.error('server error', {
      error: 'the member has been permanently removed from the cluster',
    });
    this.#logger.warn('data-dir used by this member must be removed');
    this.#stopRemoved(REMOVED_LEADER_MS_MAX);
  }

  /**
   * A removed leader waits until one of those who stay has refused it, which says that they know: the last of two would
   * otherwise wait for its vote for ever.
   */
  #stopRemoved(patienceMs: number): void {
    PROCESS_SCHEDULER.after(REMOVED_GRACE_MS, () => {
      const isWaiting = this.#member?.node.isLeader === true && !this.#isRemovalKnown;
      if (isWaiting && patienceMs > 0) {
        this.#stopRemoved(patienceMs - REMOVED_GRACE_MS);
        return;
      }
      this.stop().then(
        () => process.exit(0),
        (error: unknown) => die(this.#logging, this.#logger, error),
      );
    });
  }
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
    ...listenerTls(config, config.clientTls),
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

/** The disk failed, or an invariant broke: nothing in memory may be acknowledged any more. */
function die(logging: Logging, logger: Logger, error: unknown): never {
  logger.fatal('etcd server cannot go on', { error });
  logging.flush();
  process.exit(1);
}
