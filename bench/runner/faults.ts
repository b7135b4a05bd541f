// Owns the experiments in which a cluster changes under load: a learner that joins, a leader that is killed.

import { Connection } from '../load/connection.ts';
import { addLearner, probePut, promote, statusOf } from './admin.ts';
import type { Emit } from './large.ts';
import { fill, runLoad } from './load-process.ts';
import { Cluster } from './server-processes.ts';

const MEMBERS = 3;
const VALUE_BYTES = 4096;
const WRITE_RATE = 500;
const BEFORE_SECONDS = 5;
const JOIN_SECONDS = 15;
const POLL_MS = 200;
const PROBE_MS = 10;
const FAILOVER_MS_MAX = 30_000;

/** Writers' latency before and while a learner takes over all the data; elections meanwhile. */
export async function runLearner(binary: string, megabytes: number, emit: Emit): Promise<void> {
  const cluster = await Cluster.start(binary, MEMBERS);
  try {
    const keyCount = Math.round((megabytes * 1e6) / VALUE_BYTES);
    const sizes = ['--val-size', String(VALUE_BYTES)];
    await fill(cluster, keyCount, sizes);
    const load = (seconds: number): readonly string[] => [
      ...['put', '--val-size', '256', '--conns', '10', '--clients', '100'],
      ...['--rate', String(WRITE_RATE), '--seconds', String(seconds)],
    ];
    const connection = await Connection.open(cluster.endpoints[0] ?? '');
    const before = await runLoad(cluster, load(BEFORE_SECONDS));
    const termBefore = (await statusOf(connection)).raftTerm;
    // The load reaches the voters only: its endpoints are taken before the learner is there.
    const writers = runLoad(cluster, load(JOIN_SECONDS));
    const { peerUrl, start } = await cluster.prepareMember();
    const startedAt = performance.now();
    const id = await addLearner(connection, peerUrl);
    start();
    const joined = waitForPromotion(connection, id);
    const during = await writers;
    await joined;
    emit('joined after seconds', (performance.now() - startedAt) / 1000);
    emit('p99 before, ms', before.p99Us / 1000);
    emit('p99 during, ms', during.p99Us / 1000);
    emit('p99 during to before', during.p99Us / before.p99Us);
    emit('elections', (await statusOf(connection)).raftTerm - termBefore);
    emit('write errors', during.errorCount);
    connection.close();
  } finally {
    await cluster.remove();
  }
}

async function waitForPromotion(connection: Connection, id: bigint): Promise<void> {
  const deadline = performance.now() + 4 * JOIN_SECONDS * 1000;
  for (;;) {
    try {
      await promote(connection, id);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(POLL_MS);
  }
}

/** Kills the leader of three again and again; milliseconds until a write is accepted, each time. */
export async function runLeaderKills(binary: string, count: number, emit: Emit): Promise<void> {
  const cluster = await Cluster.start(binary, MEMBERS);
  try {
    for (let i = 0; i < count; i++) {
      const leader = await findLeader(cluster);
      const survivors = cluster.endpoints.filter((_, member) => member !== leader);
      const connections = await Promise.all(survivors.map((endpoint) => Connection.open(endpoint)));
      const killedAt = performance.now();
      await cluster.kill(leader);
      await firstWrite(connections);
      emit('first write ms', performance.now() - killedAt);
      for (const connection of connections) connection.close();
      await cluster.restart(leader);
    }
  } finally {
    await cluster.remove();
  }
}

/** The member that all say leads. */
async function findLeader(cluster: Cluster): Promise<number> {
  const deadline = performance.now() + FAILOVER_MS_MAX;
  while (performance.now() < deadline) {
    const statuses = await Promise.all(
      cluster.endpoints.map(async (endpoint) => {
        const connection = await Connection.open(endpoint);
        const status = await statusOf(connection).catch(() => undefined);
        connection.close();
        return status;
      }),
    );
    const leader = statuses[0]?.leader;
    const found = statuses.findIndex((status) => status?.header?.memberId === leader);
    if (found >= 0 && statuses.every((status) => status?.leader === leader)) return found;
    await sleep(POLL_MS);
  }
  throw new Error('the cluster agrees on no leader');
}

/** Resolves when the first of many writes, begun one after another at every survivor, is accepted. */
async function firstWrite(connections: readonly Connection[]): Promise<void> {
  const deadline = performance.now() + FAILOVER_MS_MAX;
  let isAccepted = false;
  while (!isAccepted) {
    if (performance.now() > deadline) throw new Error('no write was accepted');
    for (const connection of connections) {
      probePut(connection).then(
        () => {
          isAccepted = true;
        },
        // Refused while there is no leader; the next one follows.
        () => undefined,
      );
    }
    await sleep(PROBE_MS);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
