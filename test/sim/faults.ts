// Owns trouble: what goes wrong, when, and how it is made good again. Faults know nothing of what clients do.

import type { Prng } from '../../server/base/prng.ts';
import { Plots } from './plots.ts';
import { pick } from './scenario.ts';
import type { CrashKind } from './sim-backend.ts';
import type { Machine } from './sim-machine.ts';
import type { SimWorld } from './sim-world.ts';

const SECOND_US = 1_000_000;

export class Faults {
  readonly #world: SimWorld;
  readonly #prng: Prng;
  /** Machines that stay down until the calm. */
  readonly #heldDown: Set<Machine> = new Set();
  readonly #plots: Plots;
  readonly counts: Map<string, number> = new Map();

  constructor(world: SimWorld) {
    this.#world = world;
    this.#prng = world.faultPrng;
    this.#plots = new Plots(world, this.#prng, {
      fell: (machine) => this.#fell(machine),
      revive: (machine) => {
        this.#heldDown.delete(machine);
        machine.boot();
      },
    });
    world.onDown = (machine) => this.#bootLater(machine);
  }

  /** Things go wrong from now on. */
  begin(): void {
    const { scenario, network, trace } = this.#world;
    trace.add('trouble begins', 0);
    this.#world.isTrouble = true;
    network.profile = scenario.network;
    this.#next();
  }

  /** Everything is repaired, and everybody comes back. */
  end(): void {
    const { network, trace, presentMachines } = this.#world;
    trace.add('calm begins', 0);
    this.#world.isTrouble = false;
    this.#plots.end();
    network.heal();
    this.#heldDown.clear();
    for (const machine of presentMachines) {
      machine.slowness = 1;
      machine.diskFailChance = 0;
      // A crash that was set up and did not happen yet is called off.
      machine.process?.lightFuse(-1, 'kill');
      if (!machine.isUp) this.#bootLater(machine);
    }
  }

  #next(): void {
    const { scenario, queue } = this.#world;
    const waitUs = -Math.log(1 - this.#prng.unit()) * scenario.faultMeanUs;
    queue.after(waitUs, () => {
      if (!this.#world.isTrouble) return;
      if (!this.#plots.isOn) this.#strike();
      this.#next();
    });
  }

  #strike(): void {
    if (this.#prng.chance(this.#world.scenario.plotShare)) {
      if (this.#prng.chance(0.5)) this.#huntLeaders();
      else this.#holdAnswers();
      return;
    }
    const dice = this.#prng.below(100);
    if (dice < 30) this.#crashSomewhere();
    else if (dice < 40) this.#crashNow();
    else if (dice < 44) this.#crashAll();
    else if (dice < 47) this.#restartStorm();
    else if (dice < 53) this.#crashTwice();
    else if (dice < 55) this.#stopInOrder();
    else if (dice < 66) this.#partition();
    else if (dice < 76) this.#cutOneWay();
    else if (dice < 82) this.#clog();
    else if (dice < 90) this.#slowDisk();
    else if (dice < 93) this.#failingDisk();
    else if (dice < 96) this.#moveLeader();
    else this.#pause();
  }

  // ---- processes

  /** At some effect in the near future: this is what finds the place between two of them. */
  #crashSomewhere(): void {
    const { process } = this.#anyMachine();
    if (process === undefined) return;
    this.#count('crash at a point');
    process.lightFuse(this.#prng.below(pick(this.#prng, [5, 50, 500])), this.#kind());
  }

  #crashNow(): void {
    const machine = this.#anyMachine();
    if (!machine.isUp) return;
    this.#count('crash now');
    this.#crash(machine, this.#kind());
  }

  /** The power of the whole room. */
  #crashAll(): void {
    this.#count('crash all');
    const kind = this.#kind();
    for (const machine of this.#world.presentMachines) {
      if (machine.isUp) this.#crash(machine, this.#prng.chance(0.8) ? 'power' : kind);
    }
  }

  #restartStorm(): void {
    this.#count('restart storm');
    const machine = this.#anyMachine();
    for (let i = this.#prng.between(3, 10); i > 0; i--) {
      this.#world.queue.after(this.#prng.below(3 * SECOND_US), () => {
        if (this.#world.isTrouble && machine.isUp) this.#crash(machine, this.#kind());
      });
    }
  }

  /**
   * A killed process leaves records that only the page cache holds. The next one must not build on them before they are
   * durable: soon after it has spoken, the power of its machine fails, and the leader that believed it, and was cut off
   * from the others, is gone, too.
   */
  #crashTwice(): void {
    const machine = this.#anyMachine();
    const leading = this.#world.leader?.machine;
    if (!machine.isUp || leading === undefined) return;
    this.#count('crash twice');
    const { queue } = this.#world;
    machine.slowness = 1000;
    this.#cut((a, b) => (a === leading && b !== machine) || (b === leading && a !== machine));
    queue.after(this.#span(0.05, 1), () => {
      if (!this.#world.isTrouble || !machine.isUp) return;
      machine.crash('kill');
      machine.boot();
      queue.after(this.#span(0.01, 0.6), () => {
        machine.slowness = 1;
        if (!this.#world.isTrouble) return;
        const leader = this.#world.leader?.machine;
        if (machine.isUp) this.#crash(machine, 'power');
        if (leader === undefined || leader === machine || !leader.isUp) return;
        this.#world.stats.crashes++;
        leader.crash('power');
        this.#heldDown.add(leader);
      });
    });
  }

  #stopInOrder(): void {
    const machine = this.#anyMachine();
    const { process } = machine;
    if (process === undefined) return;
    this.#count('stop in order');
    process.run(() =>
      process.stop(() => {
        this.#world.queue.after(0, () => {
          if (machine.process === process) this.#crash(machine, 'kill');
        });
      }),
    );
  }

  #moveLeader(): void {
    const leader = this.#world.leader;
    const to = this.#anyMachine();
    if (leader === undefined) return;
    this.#count('move leader');
    leader.run(() => {
      leader.parts?.raft.transferLeadership(to.id);
      leader.parts?.node.wake();
    });
  }

  #pause(): void {
    const { process } = this.#anyMachine();
    if (process === undefined) return;
    this.#count('pause');
    process.pause(this.#span(0.05, 5));
  }

  #crash(machine: Machine, kind: CrashKind): void {
    this.#world.stats.crashes++;
    machine.crash(kind);
    this.#bootLater(machine);
  }

  /** Usually at once, sometimes after a while, sometimes not before the calm. */
  #bootLater(machine: Machine): void {
    if (this.#world.isTrouble && this.#prng.chance(0.15)) {
      this.#heldDown.add(machine);
      return;
    }
    const delayUs = this.#world.isTrouble
      ? this.#span(0.01, pick(this.#prng, [0.1, 1, 10]))
      : 100_000;
    this.#world.queue.after(delayUs, () => {
      if (!this.#heldDown.has(machine)) machine.boot();
    });
  }

  #huntLeaders(): void {
    this.#count('hunt leaders');
    this.#plots.huntLeaders();
  }

  #holdAnswers(): void {
    this.#count('hold answers');
    this.#plots.holdAnswers();
  }

  /** Down until a plot or the calm brings it back. */
  #fell(machine: Machine): void {
    if (!machine.isUp) return;
    this.#world.stats.crashes++;
    machine.crash(this.#kind());
    this.#heldDown.add(machine);
  }

  // ---- network

  /** Splits the members in two; sometimes the sides can still talk through one of them. */
  #partition(): void {
    this.#count('partition');
    const { presentMachines: machines } = this.#world;
    const side = new Set(machines.filter(() => this.#prng.chance(0.5)));
    const bridge = this.#prng.chance(0.2) ? this.#anyMachine() : undefined;
    this.#cut((from, to) => from !== bridge && to !== bridge && side.has(from) !== side.has(to));
  }

  #cutOneWay(): void {
    this.#count('one-way cut');
    const from = this.#anyMachine();
    const dice = this.#prng.below(4);
    if (dice < 2) this.#cut((a) => a === from);
    else if (dice === 2) this.#cut((_, b) => b === from);
    else {
      const to = this.#anyMachine();
      this.#cut((a, b) => a === from && b === to);
    }
  }

  #cut(isCut: (from: Machine, to: Machine) => boolean): void {
    const { presentMachines: machines, network, queue } = this.#world;
    const cut: [bigint, bigint][] = [];
    for (const from of machines) {
      for (const to of machines) {
        if (from === to || !isCut(from, to)) continue;
        network.block(from.id, to.id, true);
        cut.push([from.id, to.id]);
      }
    }
    queue.after(this.#span(0.1, 15), () => {
      for (const [from, to] of cut) network.block(from, to, false);
    });
  }

  #clog(): void {
    this.#count('clog');
    const { presentMachines: machines, network } = this.#world;
    const one = this.#anyMachine();
    for (const other of machines) {
      if (other === one || this.#prng.chance(0.3)) continue;
      if (this.#prng.chance(0.7)) network.clog(one.id, other.id, this.#span(0.1, 5));
      if (this.#prng.chance(0.7)) network.clog(other.id, one.id, this.#span(0.1, 5));
    }
  }

  // ---- disks

  #slowDisk(): void {
    this.#count('slow disk');
    const machine = this.#anyMachine();
    machine.slowness = pick(this.#prng, [10, 100, 1000]);
    this.#world.queue.after(this.#span(0.5, 10), () => {
      machine.slowness = 1;
    });
  }

  #failingDisk(): void {
    this.#count('failing disk');
    const machine = this.#anyMachine();
    machine.diskFailChance = 0.2;
    this.#world.queue.after(this.#span(0.1, 2), () => {
      machine.diskFailChance = 0;
    });
  }

  // ---- dice

  #anyMachine(): Machine {
    // The leader is where most of the interesting things happen.
    const leader = this.#world.leader?.machine;
    if (leader !== undefined && this.#prng.chance(0.3)) return leader;
    return pick(this.#prng, this.#world.presentMachines);
  }

  #kind(): CrashKind {
    return this.#prng.chance(0.5) ? 'power' : 'kill';
  }

  #span(fromSeconds: number, toSeconds: number): number {
    return (fromSeconds + this.#prng.unit() * (toSeconds - fromSeconds)) * SECOND_US;
  }

  #count(what: string): void {
    this.#world.trace.add(what, 0);
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
