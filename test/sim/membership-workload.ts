// Owns an operator who adds learners, promotes them and removes members, and who starts a machine for every member there is.
// After each change all members must agree on who is one.

import { isEtcdError } from '../../server/base/errors.ts';
import type { Clients } from './client.ts';
import type { Machine } from './sim-machine.ts';
import type { SimProcess } from './sim-process.ts';

/** Voters the operator does not go beyond, and machines a run may use up. */
const VOTERS_MAX = 7;
const MACHINES_MAX = 24;

export class MembershipWorkload {
  readonly #clients: Clients;
  /** Members by applied index, as text, and who was the first to say so. */
  readonly #known: Map<number, { readonly text: string; readonly member: number }> = new Map();
  #addresses = 100;
  changes = 0;

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  start(): void {
    if (this.#clients.world.scenario.membershipChanges) this.#later();
  }

  /** Members whose machine nobody started yet get one: an answer may have been lost. */
  adoptAll(): void {
    const { world } = this.#clients;
    for (const { process } of world.presentMachines) {
      for (const { id } of process?.parts?.book.members() ?? []) {
        if (world.machineOf(id) === undefined) world.addJoiner(id).boot();
      }
    }
  }

  /** Members that applied the same agree on the members. */
  check(process: SimProcess): void {
    const { parts, machine } = process;
    if (parts === undefined || !parts.store.isReady) return;
    const { book, raft, node } = parts;
    // Raft takes over a snapshot's configuration before the store is replaced.
    if (raft.firstIndex - 1 > node.appliedIndex) return;
    const state = raft.confState();
    const text = [
      book.members().map(({ id, isLearner, name }) => `${id.toString(16)}${isLearner} ${name}`),
      book.removedIds().map((id) => id.toString(16)),
      state.voters.map((id) => id.toString(16)),
      state.learners.map((id) => id.toString(16)),
    ].join('|');
    const known = this.#known.get(node.appliedIndex);
    if (known === undefined) this.#known.set(node.appliedIndex, { text, member: machine.number });
    else if (known.text !== text) {
      this.#clients.world.fail(
        `members at ${node.appliedIndex}: ${text} on m${machine.number}, ${known.text} on m${known.member}`,
        undefined,
      );
    }
  }

  #later(): void {
    const { world, prng } = this.#clients;
    world.queue.after(prng.between(500_000, 6_000_000), () => {
      if (this.#clients.isStopped) return;
      this.adoptAll();
      this.#change();
      this.#later();
    });
  }

  #change(): void {
    const { world, prng } = this.#clients;
    const book = world.leader?.parts?.book;
    if (book === undefined) return;
    const learner = book.members().find((member) => member.isLearner);
    const voters = book.voters();
    const dice = prng.unit();
    if (learner !== undefined) {
      if (dice < 0.75) this.#promote(learner.id);
      else if (dice < 0.9) this.#remove(learner.id);
      return;
    }
    const isFull = voters.length >= VOTERS_MAX || world.machines.length >= MACHINES_MAX;
    if (dice < 0.45 && !isFull) this.#add(dice > 0.05);
    else if (dice < 0.8 && voters.length > 1) {
      const victim = voters[prng.below(voters.length)];
      if (victim !== undefined) this.#remove(victim.id);
    }
  }

  #add(isLearner: boolean): void {
    const clients = this.#clients;
    const url = `http://joiner${++this.#addresses}:2380`;
    this.#ask(isLearner ? 'add learner' : 'add voter', ({ parts }, done) => {
      parts?.changes.add([url], isLearner, (result) => {
        done(isEtcdError(result) ? result.code : undefined);
        if (!isEtcdError(result)) this.#startSoon(result.member.id);
      });
    });
    clients.world.trace.add('add', 0, this.#addresses);
  }

  #startSoon(id: bigint): void {
    const { world, prng } = this.#clients;
    world.queue.after(prng.below(2_000_000), () => {
      if (world.machineOf(id) === undefined) world.addJoiner(id).boot();
    });
  }

  #promote(id: bigint): void {
    this.#ask('promote', ({ parts }, done) => {
      parts?.changes.promote(id, '', (result) =>
        done(isEtcdError(result) ? result.code : undefined),
      );
    });
    this.#clients.world.trace.add('promote', 0, this.#numberOf(id));
  }

  #remove(id: bigint): void {
    this.#ask('remove', ({ parts }, done) => {
      parts?.changes.remove(id, (result) => done(isEtcdError(result) ? result.code : undefined));
    });
    this.#clients.world.trace.add('remove', 0, this.#numberOf(id));
  }

  #ask(
    what: string,
    work: (process: SimProcess, done: (error: string | undefined) => void) => void,
  ): void {
    const clients = this.#clients;
    clients.call(
      what,
      clients.anyMachine(),
      (_, reply, process) =>
        work(process, (error) =>
          reply(() => {
            clients.count(`${what} ${error ?? 'ok'}`);
            if (error === undefined) this.changes++;
          }),
        ),
      () => undefined,
    );
  }

  #numberOf(id: bigint): number {
    const machine: Machine | undefined = this.#clients.world.machineOf(id);
    return machine?.number ?? 0;
  }
}
