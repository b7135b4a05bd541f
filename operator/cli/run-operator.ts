// Owns putting the operator together, and its end: SIGTERM lets the rounds under way finish, gives the Lease back and exits;
// a lost Lease ends the acts at once, since somebody else may be acting, and the process when it has told what it did.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Controller } from '../controller/controller.ts';
import { ClusterObjects } from '../kube/cluster-objects.ts';
import { openConnection } from '../kube/connection.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import { KubeApi } from '../kube/kube-api.ts';
import { LeaderElection } from '../kube/leader-election.ts';
import type { Log } from '../kube/log.ts';
import { ObjectStore } from '../kube/object-store.ts';
import { pause } from '../kube/pause.ts';
import { Rest } from '../kube/rest.ts';
import { EtcdMembers } from '../member/etcd-members.ts';
import type { OperatorConfig } from './flags.ts';
import { type Listening, type Page, servePages } from './http-pages.ts';
import { OperatorMetrics } from './operator-metrics.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

const LEASE_NAME = 'etcd-ts-operator';
const OK: Page = { status: 200, text: 'ok\n' };
/** Time for the rounds under way: well under the 30 s of a Pod. */
const STOP_MS_MAX = 15_000;
/** How long events may take to be written at the end. */
const FLUSH_MS_MAX = 3_000;
/** The same when the Lease is lost: an event acts on nothing, but the process has to go. */
const LOST_FLUSH_MS_MAX = 1_000;

/** Fulfilled with the exit code when the operator has ended. */
export async function runOperator(
  config: OperatorConfig,
  log: Log,
  stop: AbortSignal,
): Promise<number> {
  const metrics = new OperatorMetrics();
  const connection = openConnection(config.kubeconfig);
  const { host } = connection.server;
  const api = new KubeApi(new Rest(connection, (...seen) => metrics.countRequest(host, ...seen)));
  const members = new EtcdMembers();
  const ended = new AbortController();
  const identity = `${hostname()}_${randomUUID()}`;
  const events = new EventRecorder(api, {
    log,
    instance: hostname(),
    signal: ended.signal,
    onRecord: ({ type, reason }) => metrics.countEvent(type, reason),
  });
  const gate = { isActing: false };
  const store = new ObjectStore({
    api,
    namespace: config.watchNamespace,
    log,
    onChange: (namespace, name) => {
      if (gate.isActing) controller.enqueue({ namespace, name });
    },
  });
  const controller = buildController({ store, events, members, metrics, log, config });
  const listening = await serve(config, {
    '/healthz': () => OK,
    // Also of one that waits for the Lease: it has listed everything and can take over at once.
    '/readyz': () => (store.isSynced ? OK : { status: 503, text: 'not synced\n' }),
    '/metrics': () => ({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      text: metrics.text(controller.queue, store.caches.EtcdCluster.all(), Date.now()),
    }),
  });
  const namespace = config.leaderElectionNamespace ?? connection.namespace ?? 'default';
  const election = new LeaderElection({ api, namespace, name: LEASE_NAME, identity, log });
  log('info', 'the operator starts', {
    server: connection.server.href,
    watchNamespace: config.watchNamespace ?? '(all)',
    identity,
  });
  try {
    // Told to stop while the API server is away: nothing waits for it.
    await Promise.race([store.start(ended.signal), aborted(stop)]);
    if (stop.aborted) return 0;
    log('info', 'everything is listed', { clusters: store.caches.EtcdCluster.size });
    const act = (): void => {
      gate.isActing = true;
      for (const { metadata } of store.caches.EtcdCluster.all()) {
        controller.enqueue({ namespace: metadata.namespace ?? 'default', name: metadata.name });
      }
    };
    return await lead({ config, controller, election, events, metrics, log, stop, act });
  } finally {
    ended.abort();
    members.close();
    for (const each of listening) each.close();
    connection.close();
  }
}

interface ControllerParts {
  readonly store: ObjectStore;
  readonly events: EventRecorder;
  readonly members: EtcdMembers;
  readonly metrics: OperatorMetrics;
  readonly log: Log;
  readonly config: OperatorConfig;
}

function buildController(parts: ControllerParts): Controller {
  const { store, events, members, metrics, log, config } = parts;
  metrics.setWorkers(config.workers);
  return new Controller({
    kube: new ClusterObjects(store, events),
    member: members,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    concurrency: config.workers,
    log: {
      info: (message, fields) => log('info', message, fields),
      error: (message, fields) => log('error', message, fields),
    },
    queueListener: metrics.queueListener,
    onRound: (key, result, durationMs) => {
      metrics.countRound(result.kind, durationMs);
      log('debug', 'round', { ...key, result: result.kind, durationMs });
    },
  });
}

interface Leading {
  readonly config: OperatorConfig;
  readonly controller: Controller;
  readonly election: LeaderElection;
  readonly events: EventRecorder;
  readonly metrics: OperatorMetrics;
  readonly log: Log;
  readonly stop: AbortSignal;
  /** Begins the rounds. */
  readonly act: () => void;
}

async function lead(parts: Leading): Promise<number> {
  const { config, controller, election, events, metrics, log, stop, act } = parts;
  if (config.leaderElect) await election.acquire(stop);
  if (stop.aborted) return 0;
  log('info', 'acting');
  metrics.setLeader(true);
  act();
  // Renewed until the rounds have ended: the Lease is given back only when nothing is done any more.
  const renewing = new AbortController();
  const lost = config.leaderElect ? election.hold(renewing.signal) : untilStopped(renewing.signal);
  const isLost = await Promise.race([lost, aborted(stop).then(() => false)]);
  metrics.setLeader(false);
  if (isLost) {
    controller.abort();
    log('error', 'the lease was lost');
    await Promise.race([events.flush(), pause(LOST_FLUSH_MS_MAX, renewing.signal)]);
    renewing.abort();
    return 1;
  }
  log('info', 'stopping');
  await Promise.race([controller.stop(), pause(STOP_MS_MAX, renewing.signal)]);
  await Promise.race([events.flush(), pause(FLUSH_MS_MAX, renewing.signal)]);
  renewing.abort();
  await lost;
  await election.release();
  log('info', 'stopped');
  return 0;
}

async function serve(
  { probeAddress, metricsAddress }: OperatorConfig,
  pages: Readonly<Record<string, () => Page>>,
): Promise<readonly Listening[]> {
  const { '/metrics': figures, ...probes } = pages;
  const started = [
    await servePages(probeAddress, probes),
    await servePages(metricsAddress, figures === undefined ? {} : { '/metrics': figures }),
  ];
  return started.filter((each) => each !== undefined);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The Lease of one that has none is lost when it stops. */
async function untilStopped(signal: AbortSignal): Promise<boolean> {
  await aborted(signal);
  return false;
}
