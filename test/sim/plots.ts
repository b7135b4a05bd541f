// Owns faults that wait for what the cluster does: they know the moments of an election and of replication that random
// trouble meets once in thousands of runs. They decide when, the cluster decides what comes of it.

import type { Prng } from '../../server/base/prng.ts';
import { pick } from './scenario.ts';
import type { Machine } from './sim-machine.ts';
import { electionTimeoutMs, type SimProcess } from './sim-process.ts';
import type { SimWorld } from './sim-world.ts';

/** When a leader is cut off: at once, some time later, or when so many others have an entry from it. */
type Moment = 'elected' | 'later' | 'shared';

/**
 * Three leaders of figure 8 of the Raft paper: one keeps what it has to itself, the next one does the same with the first
 * entry of its term, and the first one comes back and tells what it had, but not that it leads.
 */
const FIGURE_8: readonly Moment[] = ['later', 'elected', 'shared', 'later'];

const MOMENTS: readonly Moment[] = ['elected', 'later', 'shared'];

/** What a plot may do to machines. */
export interface PlotTools {
  /** The machine goes down and stays down until `revive`, or the calm. */
  fell(machine: Machine): void;
  revive(machine: Machine): void;
}

export class Plots {
  readonly #world: SimWorld;
  readonly #prng: Prng;
  readonly #tools: PlotTools;
  /** Counts plots, so that what an earlier one has set up comes to nothing. */
  #number = 0;
  #isOn = false;
  #stopListening: () => void = () => undefined;

  constructor(world: SimWorld, prng: Prng, tools: PlotTools) {
    this.#world = world;
    this.#prng = prng;
    this.#tools = tools;
  }

  /** While a plot goes on, other trouble would only disturb it. */
  get isOn(): boolean {
    return this.#isOn;
  }

  /** Calls everything off. */
  end(): void {
    this.#isOn = false;
    this.#world.isTense = false;
    this.#number++;
    this.#stopListening();
    this.#stopListening = () => undefined;
  }

  /** One leader after the other is cut off and falls; the one that fell before it comes back instead. */
  huntLeaders(): void {
    const moments = this.#prng.chance(0.4)
      ? FIGURE_8
      : Array.from({ length: this.#prng.between(2, 5) }, () => pick(this.#prng, MOMENTS));
    this.#begin();
    this.#hunt(moments, undefined);
  }

  /**
   * A leader hears others late: what they told it waits, then it cannot be heard itself, and when it was replaced it gets
   * the old answers, while requests come to it as before.
   */
  holdAnswers(): void {
    const { leader } = this.#world;
    if (leader === undefined) return;
    this.#begin();
    this.#world.isTense = true;
    const { machine } = leader;
    const others = this.#othersOf(machine);
    const { network } = this.#world;
    for (const other of others) network.hold(other.id, machine.id);
    const timeoutUs = this.#timeoutUs();
    this.#after(this.#prng.unit() * 0.5 * timeoutUs, () => {
      for (const other of others) network.block(machine.id, other.id, true);
      const finish = (): void => {
        for (const other of others) {
          // The answers come, and nothing that is said from now on.
          network.release(other.id, machine.id);
          network.block(other.id, machine.id, true);
        }
        this.#after(timeoutUs, () => {
          this.#open(machine);
          this.end();
        });
      };
      this.#after(2 * timeoutUs, finish);
      this.#onNextLeader((process) => {
        if (process.machine === machine) return false;
        for (const other of others) network.block(other.id, machine.id, true);
        this.#after(this.#prng.unit() * 0.4 * timeoutUs, finish);
        return true;
      });
    });
  }

  #hunt(moments: readonly Moment[], fallen: Machine | undefined): void {
    const [moment, ...rest] = moments;
    if (moment === undefined) {
      if (fallen !== undefined) this.#tools.revive(fallen);
      this.end();
      return;
    }
    const strike = (process: SimProcess): void => {
      this.#await(moment, process, () => {
        this.#silence(process.machine);
        // Long enough for what it knows by now, and what it is asked, to become durable.
        this.#after(this.#prng.between(20_000, 1_000_000), () => {
          this.#tools.fell(process.machine);
          this.#open(process.machine);
          if (fallen !== undefined) this.#tools.revive(fallen);
          this.#hunt(rest, process.machine);
        });
      });
    };
    const { leader } = this.#world;
    if (leader !== undefined && fallen === undefined && moment === 'later') strike(leader);
    else {
      this.#onNextLeader((process) => {
        strike(process);
        return true;
      });
    }
  }

  /** Does `task` when the moment of a leader has come. */
  #await(moment: Moment, process: SimProcess, task: () => void): void {
    if (moment === 'elected') task();
    else if (moment === 'later') this.#after(this.#prng.below(500_000), task);
    else {
      const voters = this.#world.presentMachines.length;
      const needed = this.#prng.chance(0.7) ? voters >> 1 : this.#prng.between(1, voters);
      const told = new Set<SimProcess>();
      this.#listen((appending) => {
        if (appending === process) return false;
        told.add(appending);
        if (told.size < needed) return false;
        task();
        return true;
      });
    }
  }

  // ---- tools

  #begin(): void {
    this.end();
    this.#isOn = true;
  }

  /** Nobody hears the machine; it hears the others. */
  #silence(machine: Machine): void {
    const { network } = this.#world;
    for (const other of this.#othersOf(machine)) network.block(machine.id, other.id, true);
  }

  #open(machine: Machine): void {
    const { network } = this.#world;
    for (const other of this.#othersOf(machine)) {
      network.block(machine.id, other.id, false);
      network.block(other.id, machine.id, false);
    }
  }

  #othersOf(machine: Machine): readonly Machine[] {
    return this.#world.presentMachines.filter((other) => other !== machine);
  }

  #timeoutUs(): number {
    return electionTimeoutMs(this.#world.scenario) * 1000;
  }

  #after(delayUs: number, task: () => void): void {
    const number = this.#number;
    this.#world.queue.after(delayUs, () => {
      if (number === this.#number) task();
    });
  }

  /** Calls `take` with every leader to come until it says that it had enough. */
  #onNextLeader(take: (process: SimProcess) => boolean): void {
    const { leaderListeners } = this.#world;
    const listener = (process: SimProcess): void => {
      if (take(process)) leaderListeners.delete(listener);
    };
    leaderListeners.add(listener);
    this.#alsoStop(() => leaderListeners.delete(listener));
  }

  /** Calls `take` with everybody who appends until it says that it had enough. */
  #listen(take: (process: SimProcess) => boolean): void {
    const { appendListeners } = this.#world;
    const listener = (process: SimProcess): void => {
      if (take(process)) appendListeners.delete(listener);
    };
    appendListeners.add(listener);
    this.#alsoStop(() => appendListeners.delete(listener));
  }

  #alsoStop(stop: () => void): void {
    const before = this.#stopListening;
    this.#stopListening = () => {
      before();
      stop();
    };
  }
}
