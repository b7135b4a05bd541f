// Owns what a member with an empty disk starts from: the cluster it founds with others, or the running one it joins.
// etcd: server/etcdserver/bootstrap.go bootstrapNewClusterNoWAL, bootstrapExistingClusterNoWAL.

import { lookup } from 'node:dns/promises';
import type { Logger } from '../base/logger.ts';
import { MIN_CLUSTER_VERSION, SERVER_VERSION } from '../base/version.ts';
import {
  BootstrapError,
  type BootstrapLog,
  bootstrapLog,
  type InitialCluster,
  initialCluster,
} from '../cluster/bootstrap.ts';
import type { Member } from '../cluster/member.ts';
import {
  type Asker,
  ClusterQuestionError,
  fetchDowngradeEnabled,
  fetchMembers,
  fetchVersions,
} from '../cluster/transport/cluster-questions.ts';
import { checkCompatibility, JoinError, validateAgainst } from '../cluster/transport/join-check.ts';
import { PeerConnector } from '../cluster/transport/peer-connector.ts';
import type { ServerConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { verifyBootstrap, verifyJoinExisting } from './initial-cluster.ts';
import { peerClientTls } from './peer-listeners.ts';
import { StartError } from './start-error.ts';

/** What a new member knows before it has a log. */
export interface FoundCluster {
  readonly memberId: bigint;
  readonly clusterId: bigint;
  /** The first entries of a new cluster; undefined for one that is joined: its log comes from the leader. */
  readonly log: BootstrapLog | undefined;
  /** Whom a joining member talks to before the log has told it. */
  readonly others: readonly Member[];
}

/** Throws StartError when the configuration or the running cluster allows no such member. */
export async function foundCluster(config: ServerConfig, logger: Logger): Promise<FoundCluster> {
  try {
    return config.initialClusterState === 'new'
      ? await newCluster(config, logger)
      : await existingCluster(config, logger);
  } catch (cause) {
    if (cause instanceof BootstrapError || cause instanceof ConfigError) {
      throw new StartError(cause.message, { cause });
    }
    if (cause instanceof JoinError) {
      throw new StartError(`error validating peerURLs or versions: ${cause.message}`, { cause });
    }
    if (cause instanceof ClusterQuestionError) {
      throw new StartError(`cannot fetch cluster info from peer urls: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

async function newCluster(config: ServerConfig, logger: Logger): Promise<FoundCluster> {
  await verifyBootstrap(config, async (host) =>
    (await lookup(host, { all: true })).map(({ address }) => address),
  );
  const cluster = configuredCluster(config);
  const memberId = ownMember(config, cluster.members).id;
  const others = cluster.members.filter(({ id }) => id !== memberId);
  if (others.length > 0) await refuseSecondStart(config, memberId, others, logger);
  const { clusterId, members } = cluster;
  return { memberId, clusterId, log: bootstrapLog(members), others: [] };
}

/** A member that lost its disk must not found the cluster again: the others know it has voted. */
async function refuseSecondStart(
  config: ServerConfig,
  memberId: bigint,
  others: readonly Member[],
  logger: Logger,
): Promise<void> {
  const asker = createAsker(config, logger);
  try {
    const urls = others.flatMap((member) => member.peerUrls).sort();
    const remote = await fetchMembers(asker, urls, QUESTION_MS);
    const known = remote.members.find(({ id }) => id === memberId);
    if (known !== undefined && known.clientUrls.length > 0) {
      throw new StartError(`member ${memberId.toString(16)} has already been bootstrapped`);
    }
  } catch (error) {
    // Nobody answers where nobody runs yet.
    if (!(error instanceof ClusterQuestionError)) throw error;
  } finally {
    asker.connector.close();
  }
}

/** etcd asks with a short time-out here: a new cluster's members start together. */
const QUESTION_MS = 1000;

async function existingCluster(config: ServerConfig, logger: Logger): Promise<FoundCluster> {
  verifyJoinExisting(config);
  const configured = configuredCluster(config).members;
  const self = ownMember(config, configured);
  const remoteUrls = configured
    .filter((member) => member !== self)
    .flatMap((member) => member.peerUrls)
    .sort();
  const asker = createAsker(config, logger);
  try {
    const remote = await fetchMembers(asker, remoteUrls);
    const members = await validateAgainst(configured, remote.members);
    const memberId = ownMember(config, members).id;
    const others = members.filter(({ id }) => id !== memberId);
    await checkVersions(asker, others, logger);
    return { memberId, clusterId: remote.clusterId, log: undefined, others };
  } finally {
    asker.connector.close();
  }
}

async function checkVersions(
  asker: Asker,
  others: readonly Member[],
  logger: Logger,
): Promise<void> {
  const answers = await Promise.all(
    others.map(async (member) => [member.id, await fetchVersions(asker, member)] as const),
  );
  checkCompatibility({
    versions: new Map(answers),
    downgradeEnabled: await fetchDowngradeEnabled(asker, others),
    serverVersion: SERVER_VERSION,
    minClusterVersion: MIN_CLUSTER_VERSION,
    logger,
  });
}

function configuredCluster(config: ServerConfig): InitialCluster {
  const members = config.initialCluster.map(({ name, peerUrls }) => ({
    name,
    peerUrls: peerUrls.map((url) => url.text),
  }));
  return initialCluster(members, config.initialClusterToken);
}

function ownMember(config: ServerConfig, members: readonly Member[]): Member {
  const self = members.find((member) => member.name === config.name);
  if (self === undefined) throw new StartError(`couldn't find local name "${config.name}"`);
  return self;
}

function createAsker(config: ServerConfig, logger: Logger): Asker {
  return { connector: new PeerConnector(peerClientTls(config)), logger };
}
