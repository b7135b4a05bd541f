// Owns one run of a seed from start to verdict: trouble and calm in turns, clients all the while, and after each trouble
// the proof that the cluster works again.

import { Clients } from './client.ts';
import { Faults } from './faults.ts';
import { KvWorkload } from './kv-workload.ts';
import { LeaseWorkload } from './lease-workload.ts';
import { MembershipWorkload } from './membership-workload.ts';
import { drawScenario, type Scenario, type SimOptions } from './scenario.ts';
import { electionTimeoutMs } from './sim-process.ts';
import { SimWorld } from './sim-world.ts';
import { WatchWorkload } from './watch-workload.ts';

const SECOND_US = 1_000_000;

/** How often long checks are made: comparing contents and digests. */
const CHECK_INTERVAL_US = 2 * SECOND_US;

/** The longest lease, its extension by a new leader, and time to spare. */
const LEASE_END_US = 30 * SECOND_US;

export interface SimResult {
  readonly scenario: Scenario;
  readonly digest: string;
  readonly failure: Error | undefined;
  /** The last events, oldest first. */
  readonly tail: readonly string[];
  readonly world: SimWorld;
  readonly counts: ReadonlyMap<string, number>;
  readonly faultCounts: ReadonlyMap<string, number>;
  readonly watchEvents: number;
  readonly membershipChanges: number;
  readonly expirations: number;
}

/** Who uses the cluster. */
interface Workloads {
  readonly clients: Clients;
  readonly leases: LeaseWorkload;
  readonly watches: WatchWorkload;
  readonly membership: MembershipWorkload;
}

export interface SimHooks {
  /** Told every event. */
  readonly echo?: ((text: string) => void) | undefined;
  /** Told every line members log. */
  readonly echoLog?: ((text: string) => void) | undefined;
}

export async function simulate(options: SimOptions, hooks: SimHooks = {}): Promise<SimResult> {
  const scenario = drawScenario(options);
  const world = new SimWorld(scenario);
  world.trace.echo = hooks.echo;
  world.echoLog = hooks.echoLog;
  const clients = new Clients(world);
  const faults = new Faults(world);
  const leases = new LeaseWorkload(clients);
  const watches = new WatchWorkload(clients);
  new KvWorkload(clients).start();
  leases.start();
  watches.start();
  const membership = new MembershipWorkload(clients);
  membership.start();
  for (const machine of world.machines) machine.boot();
  await new Run(world, { clients, leases, watches, membership }, faults).play();
  return {
    scenario,
    digest: world.trace.digest(),
    failure: world.failure,
    tail: world.trace.tail(120),
    world,
    counts: clients.counts,
    faultCounts: faults.counts,
    watchEvents: watches.events,
    membershipChanges: membership.changes,
    expirations: leases.expirations,
  };
}

class Run {
  readonly #world: SimWorld;
  readonly #clients: Clients;
  readonly #leases: LeaseWorkload;
  readonly #watches: WatchWorkload;
  readonly #membership: MembershipWorkload;
  readonly #faults: Faults;

  constructor(
    world: SimWorld,
    { clients, leases, watches, membership }: Workloads,
    faults: Faults,
  ) {
    this.#world = world;
    this.#clients = clients;
    this.#leases = leases;
    this.#watches = watches;
    this.#membership = membership;
    this.#faults = faults;
  }

  async play(): Promise<void> {
    const { queue, scenario } = this.#world;
    this.#checkNowAndThen();
    await this.#recover();
    while (this.#world.failure === undefined && queue.nowUs < scenario.runUs) {
      this.#faults.begin();
      await this.#world.run(Math.min(scenario.troubleUs, scenario.runUs - queue.nowUs));
      this.#faults.end();
      await this.#recover();
      await this.#world.run(2 * SECOND_US);
    }
    await this.#converge();
  }

  /** Liveness: without faults there is a leader and writes succeed within bounded time. */
  async #recover(): Promise<void> {
    const { queue, scenario, trace } = this.#world;
    // Machines come back, an election may fail a few times, and requests of the trouble run into their time-outs.
    const limitUs = 10 * SECOND_US + 20 * electionTimeoutMs(scenario) * 1000;
    const untilUs = queue.nowUs + limitUs;
    this.#membership.adoptAll();
    const waiting = new Set(this.#world.presentMachines);
    for (const machine of waiting) this.#clients.prove(machine, () => waiting.delete(machine));
    while (waiting.size > 0 && this.#world.failure === undefined) {
      for (const machine of waiting) if (machine.isRetired) waiting.delete(machine);
      if (queue.nowUs >= untilUs) {
        const names = [...waiting].map((machine) => `m${machine.number}`).join(' ');
        this.#world.fail(
          `no write through ${names} within ${limitUs / SECOND_US} s of calm`,
          undefined,
        );
        return;
      }
      await this.#world.run(100_000);
    }
    trace.add('recovered', 0);
  }

  /** At the end everybody has applied the same and holds the same. */
  async #converge(): Promise<void> {
    const { queue, storeChecker } = this.#world;
    this.#clients.isStopped = true;
    this.#membership.adoptAll();
    this.#leases.abandonAll();
    const untilUs = queue.nowUs + 30 * SECOND_US;
    const target = (): number => this.#world.raftChecker.committedIndex;
    const isBehind = (): boolean =>
      this.#world.presentMachines.some(
        ({ process }) => (process?.parts?.node.appliedIndex ?? -1) < target(),
      );
    while (isBehind() && this.#world.failure === undefined) {
      if (queue.nowUs >= untilUs) {
        const where = this.#world.presentMachines.map(
          ({ process }) => process?.parts?.node.appliedIndex ?? -1,
        );
        this.#world.fail(`members stay at ${where.join(' ')} of ${target()}`, undefined);
        return;
      }
      await this.#world.run(100_000);
    }
    if (this.#world.failure !== undefined) return;
    // Long enough for every lease to end and every watcher to be told.
    await this.#world.run(LEASE_END_US);
    if (this.#world.failure !== undefined) return;
    const { overdue } = this.#leases;
    if (overdue.length > 0) this.#world.fail(`leases ${overdue.join(' ')} never end`, undefined);
    this.#watches.checkComplete();
    for (const { process } of this.#world.presentMachines) {
      if (process === undefined) continue;
      storeChecker.checkContent(process);
      storeChecker.checkHash(process);
      this.#membership.check(process);
    }
  }

  #checkNowAndThen(): void {
    const { queue, machines, storeChecker } = this.#world;
    queue.after(CHECK_INTERVAL_US, () => {
      this.#clients.checkHanging();
      this.#world.retireRemoved();
      let least = Number.POSITIVE_INFINITY;
      for (const { process } of machines) {
        const store = process?.parts?.store;
        if (store?.isReady === true) least = Math.min(least, store.revision);
      }
      for (const { process } of machines) {
        if (process === undefined) continue;
        storeChecker.checkContent(process);
        storeChecker.checkHash(process, least);
        this.#membership.check(process);
      }
      this.#checkNowAndThen();
    });
  }
}
