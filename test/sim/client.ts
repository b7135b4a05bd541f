// Owns one client's way to a member and back, and what all clients together know: what was acknowledged, so that later
// answers can be held against it.

import type { ApplyOutcome, ApplyResult } from '../../server/apply/result.ts';
import { type EtcdError, isEtcdError } from '../../server/base/errors.ts';
import type { Prng } from '../../server/base/prng.ts';
import { createPutRequest, encodePutRequest } from '../../server/proto/gen/rpc.ts';
import { PayloadField, type PayloadFieldNumber } from '../../server/proto/payload-field.ts';
import type { ModelOutcome } from './model.ts';
import { pick } from './scenario.ts';
import type { Machine } from './sim-machine.ts';
import type { OpenCall, ProcessParts, SimProcess } from './sim-process.ts';
import type { SimWorld } from './sim-world.ts';

/** How a write ended, as far as its client can tell. */
export type WriteEnd =
  | { readonly kind: 'done'; readonly result: ApplyResult; readonly model: ModelOutcome }
  /** Refused by the log: it changed nothing. */
  | { readonly kind: 'refused'; readonly code: string }
  /** Not known: it may be in the log, or get there later. */
  | { readonly kind: 'unknown' };

/** Errors that say what applying the request did; all others say nothing. */
const APPLY_ERRORS: ReadonlySet<string> = new Set([
  'compacted',
  'futureRev',
  'leaseNotFound',
  'leaseExist',
  'keyNotFound',
]);

/** Longer than any time-out of a member, pauses included: a request that is still open then hangs. */
const HANG_US = 60_000_000;

interface Started {
  readonly startUs: number;
  readonly what: string;
  readonly machine: number;
}

export class Clients {
  readonly world: SimWorld;
  readonly prng: Prng;
  /** Highest revision anybody was told of in an answer that has arrived. */
  floorRevision = 0;
  /** Highest acknowledged compaction. */
  floorCompact = -1;
  /** Leases that clients think they have. */
  readonly leases: Set<bigint> = new Set();
  readonly counts: Map<string, number> = new Map();
  readonly #open: Set<Started> = new Set();
  isStopped = false;

  constructor(world: SimWorld) {
    this.world = world;
    this.prng = world.workloadPrng;
  }

  anyMachine(): Machine {
    return pick(this.prng, this.world.presentMachines);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** A floor under what may be answered from now on. */
  learned(revision: number): void {
    if (revision > this.floorRevision) this.floorRevision = revision;
  }

  /** Puts a key through a member until that works. */
  prove(machine: Machine, done: () => void): void {
    const raw = encodePutRequest(createPutRequest({ key: Uint8Array.of(0x70, machine.number) }));
    this.write('proof', machine, PayloadField.put, raw, (end) => {
      if (end.kind === 'done') done();
      else this.world.queue.after(100_000, () => this.prove(machine, done));
    });
  }

  /** Fails the run when a request has been open for longer than anything takes. */
  checkHanging(): void {
    for (const { startUs, what, machine } of this.#open) {
      if (this.world.queue.nowUs - startUs < HANG_US) continue;
      this.world.fail(`${what} at m${machine} hangs since ${startUs / 1e6} s`, undefined);
    }
  }

  /**
   * Runs `work` in the member's process; it calls `reply` once with what is to happen at the client. `lost`: the member
   * is down or went down.
   */
  call(
    what: string,
    machine: Machine,
    work: (parts: ProcessParts, reply: (task: () => void) => void, process: SimProcess) => void,
    lost: () => void,
  ): void {
    const { world, prng } = this;
    const started: Started = { startUs: world.queue.nowUs, what, machine: machine.number };
    this.#open.add(started);
    let isOver = false;
    const end = (task: () => void): void => {
      if (isOver) return;
      isOver = true;
      this.#open.delete(started);
      task();
    };
    const open: OpenCall = {
      onLost: () => world.queue.after(this.#travelUs(), () => end(lost)),
    };
    world.queue.after(this.#travelUs(), () => {
      const { process } = machine;
      if (process?.isServing !== true || process.parts === undefined) {
        end(lost);
        return;
      }
      const { parts } = process;
      process.calls.add(open);
      const reply = (task: () => void): void =>
        process.answer(() => {
          process.calls.delete(open);
          world.queue.after(prng.between(50, 800), () => end(task));
        });
      process.run(() => work(parts, reply, process));
    });
  }

  /** A request that goes through the log. */
  write(
    what: string,
    machine: Machine,
    field: PayloadFieldNumber,
    raw: Uint8Array,
    done: (end: WriteEnd) => void,
  ): void {
    const floor = this.floorRevision;
    let committed: ModelOutcome | undefined;
    this.call(
      what,
      machine,
      ({ node }, reply) => {
        const proposal = node.prepare(field, raw);
        const suffix = proposal.idSuffix;
        this.world.track(node.ids.high32(suffix), suffix >>> 0, {
          onCommitted: (outcome) => {
            if (committed !== undefined) this.world.fail(`${what} is in the log twice`, undefined);
            committed = outcome;
          },
        });
        node.submit(proposal, {
          onOutcome: (outcome) => reply(() => done(this.#judge(what, outcome, committed, floor))),
        });
      },
      () => done({ kind: 'unknown' }),
    );
  }

  #judge(
    what: string,
    outcome: ApplyOutcome,
    committed: ModelOutcome | undefined,
    floor: number,
  ): WriteEnd {
    const { world } = this;
    if (isEtcdError(outcome)) return this.#judgeError(what, outcome, committed);
    if (committed === undefined || committed.error !== undefined) {
      world.fail(`${what} was answered, the log says ${committed?.error ?? 'nothing'}`, undefined);
      return { kind: 'unknown' };
    }
    if ('revision' in outcome) {
      if (outcome.revision !== committed.revision) {
        world.fail(
          `${what} got revision ${outcome.revision}, not ${committed.revision}`,
          undefined,
        );
      }
      const least = committed.changed ? floor + 1 : floor;
      if (outcome.revision < least) {
        world.fail(`${what} got revision ${outcome.revision} after ${floor}`, undefined);
      }
      this.learned(outcome.revision);
    }
    this.count(`${what} ok`);
    return { kind: 'done', result: outcome, model: committed };
  }

  #judgeError(what: string, error: EtcdError, committed: ModelOutcome | undefined): WriteEnd {
    this.count(`${what} ${error.code}`);
    if (!APPLY_ERRORS.has(error.code)) return { kind: 'unknown' };
    if (committed?.error !== error.code) {
      this.world.fail(
        `${what} was refused with ${error.code}, the log says ${committed?.error ?? 'done'}`,
        undefined,
      );
    }
    return { kind: 'refused', code: error.code };
  }

  #travelUs(): number {
    return this.prng.between(50, 800);
  }
}
