// Owns what a seed means: the shape of the cluster, how its machines and network behave, how much is asked of it. Every
// number that varies between runs is drawn here, so that a seed and its options are the whole story of a run.

import { Prng } from '../../server/base/prng.ts';
import { CALM_NETWORK, type NetworkProfile } from './sim-network.ts';

/** What the person running it may fix. */
export interface SimOptions {
  readonly seed: number;
  /** Length of the run in simulated ticks of 100 ms. */
  readonly ticks: number;
  /** Voters at the beginning; drawn when left out. */
  readonly members?: number | undefined;
  /** Only faults that wait for their moment (plots.ts), in the cluster in which they come off most often. */
  readonly plots?: boolean | undefined;
}

export interface Scenario {
  readonly seed: number;
  readonly runUs: number;
  readonly members: number;
  readonly heartbeatIntervalMs: number;
  readonly electionTicks: number;
  readonly preVote: boolean;
  /** Flow control of raft: small numbers make it work in pieces. */
  readonly maxSizePerMessageBytes: number;
  readonly maxInflightMessages: number;
  readonly snapshotCount: number;
  readonly catchupEntries: number;
  readonly walSegmentBytes: number;
  readonly maxWalFiles: number;
  readonly compactionBatchLimit: number;
  readonly valueCacheBytes: number;
  /** Greatest part by which a machine's clock is fast or slow. */
  readonly clockDrift: number;
  readonly clockOffsetMs: number;
  /** A sync takes between these. */
  readonly syncMinUs: number;
  readonly syncMaxUs: number;
  /** Network during trouble. */
  readonly network: NetworkProfile;
  /** Mean time between two faults while there is trouble; 0 for none. */
  readonly faultMeanUs: number;
  /** Part of the faults that wait for a certain moment, see plots.ts. */
  readonly plotShare: number;
  /** How long trouble and the calm after it last. */
  readonly troubleUs: number;
  readonly clients: number;
  /** Mean pause of a client between two requests. */
  readonly thinkUs: number;
  readonly keys: number;
  readonly watchers: number;
  readonly leaseClients: number;
  readonly compactions: boolean;
  readonly membershipChanges: boolean;
  /** A lone entry is synced at once, without the loop going on meanwhile. */
  readonly syncsOnLoop: boolean;
  /** When applied entries become a batch of the store. */
  readonly commitIntervalMs: number;
  readonly commitEntriesMax: number;
}

const SECOND_US = 1_000_000;
const TICK_US = 100_000;

/** Small clusters are the usual ones; even and large ones turn up now and then. */
const SIZES = [1, 3, 3, 3, 3, 5, 5, 2, 4, 7];

export function drawScenario(options: SimOptions): Scenario {
  const prng = new Prng(options.seed);
  const scenario = drawAny(options, prng);
  return options.plots === true ? { ...scenario, ...PLOTS } : scenario;
}

/** Small messages tell parts of what a leader knows, few members leave little choice. */
const PLOTS: Partial<Scenario> = {
  members: 3,
  electionTicks: 10,
  maxSizePerMessageBytes: 1,
  thinkUs: 50_000,
  plotShare: 1,
  membershipChanges: false,
};

function drawAny(options: SimOptions, prng: Prng): Scenario {
  const size = pick(prng, SIZES);
  const electionTicks = pick(prng, [10, 10, 10, 5, 20, 3]);
  return {
    seed: options.seed,
    runUs: options.ticks * TICK_US,
    members: options.members ?? size,
    heartbeatIntervalMs: 100,
    electionTicks,
    preVote: prng.chance(0.8),
    maxSizePerMessageBytes: pick(prng, [1024 * 1024, 1000, 1]),
    maxInflightMessages: pick(prng, [512, 512, 3]),
    snapshotCount: pick(prng, [10, 30, 100, 500, 10_000]),
    catchupEntries: pick(prng, [0, 5, 50, 500]),
    walSegmentBytes: pick(prng, [4, 16, 64]) * 1024,
    maxWalFiles: pick(prng, [1, 2, 5]),
    compactionBatchLimit: pick(prng, [3, 20, 1000]),
    valueCacheBytes: pick(prng, [0, 4096, 1 << 16]),
    clockDrift: pick(prng, [0, 0.001, 0.02, 0.05]),
    clockOffsetMs: pick(prng, [0, 50, 5000]),
    syncMinUs: 100,
    syncMaxUs: pick(prng, [300, 2000, 20_000]),
    network: drawNetwork(prng),
    faultMeanUs: pick(prng, [0.05, 0.2, 0.5, 1, 2, 5]) * SECOND_US,
    plotShare: pick(prng, [0.03, 0.03, 0.2, 0.9]),
    troubleUs: prng.between(5, 40) * SECOND_US,
    clients: prng.between(1, 6),
    thinkUs: pick(prng, [5_000, 50_000, 200_000, 1_000_000]),
    keys: pick(prng, [3, 10, 40]),
    watchers: prng.between(0, 5),
    leaseClients: prng.between(0, 3),
    compactions: prng.chance(0.7),
    membershipChanges: prng.chance(0.4),
    syncsOnLoop: prng.chance(0.5),
    commitIntervalMs: pick(prng, [100, 1000, 5]),
    commitEntriesMax: pick(prng, [64, 5, 1]),
  };
}

function drawNetwork(prng: Prng): NetworkProfile {
  if (prng.chance(0.15)) return CALM_NETWORK;
  return {
    minDelayUs: 200,
    maxDelayUs: pick(prng, [1000, 5000, 50_000, 200_000]),
    lossChance: pick(prng, [0, 0.001, 0.02, 0.1, 0.25]),
    duplicateChance: pick(prng, [0, 0.01, 0.2]),
    straggleChance: pick(prng, [0, 0.01, 0.05]),
    straggleUs: pick(prng, [50_000, 1_000_000, 5_000_000]),
    ordered: prng.chance(0.4),
  };
}

export function pick<T>(prng: Prng, list: readonly T[]): T {
  const item = list[prng.below(list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
