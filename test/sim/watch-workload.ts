// Owns clients that watch. The promise checked: whatever happens to members and connections, a watcher sees every event of
// its range from where it began, each once, in order, all events of a revision together.

import type { WatchStream } from '../../server/mvcc/watch-stream.ts';
import type { WatchEvent, WatchResponse, WatchSink } from '../../server/mvcc/watch-types.ts';
import type { Cancel } from '../../server/node/scheduler.ts';
import { decodeKeyValue } from '../../server/proto/gen/kv.ts';
import type { Clients } from './client.ts';
import { keyOf } from './kv-workload.ts';
import { isInRange, type ModelEvent, textOf } from './model.ts';
import { pick } from './scenario.ts';
import type { Machine } from './sim-machine.ts';
import type { OpenCall, SimProcess } from './sim-process.ts';
import { compareKv } from './store-checker.ts';

/** What a client wants to see. */
interface Wish {
  readonly key: string;
  readonly end: string;
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
}

/** Responses a sink takes before it says it is full. */
const SINK_SIZES = [1, 4, 1000];

export class WatchWorkload {
  readonly #clients: Clients;
  readonly #watchers: WatchClient[] = [];

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  start(): void {
    const { watchers } = this.#clients.world.scenario;
    for (let i = 0; i < watchers; i++) this.#watchers.push(new WatchClient(this.#clients, i + 1));
    for (const watcher of this.#watchers) watcher.start();
  }

  get events(): number {
    return this.#watchers.reduce((sum, watcher) => sum + watcher.events, 0);
  }

  /** At the end, after quiet: nobody misses anything. */
  checkComplete(): void {
    for (const watcher of this.#watchers) watcher.checkComplete();
  }
}

/** One client with one watcher on one stream, opened again elsewhere whenever it breaks. */
class WatchClient {
  events = 0;
  readonly #clients: Clients;
  readonly #number: number;
  #wish: Wish;
  /** The first revision not seen yet; 0 before the first answer to a watch of what comes. */
  #next = 0;
  #life = 0;

  constructor(clients: Clients, number: number) {
    this.#clients = clients;
    this.#number = number;
    this.#wish = this.#drawWish();
  }

  start(): void {
    this.#next = this.#clients.prng.chance(0.5) ? 0 : Math.max(1, this.#clients.floorRevision - 20);
    this.#open();
  }

  checkComplete(): void {
    const { world } = this.#clients;
    const { revision } = world.model;
    if (this.#next === 0) world.fail(`watcher ${this.#number} was never created`, undefined);
    const missed = this.#expected(revision);
    if (missed.length === 0) return;
    world.fail(
      `watcher ${this.#number} misses ${missed.length} events from revision ${missed[0]?.revision} on`,
      undefined,
    );
  }

  // ---- connections

  #open(): void {
    const { world } = this.#clients;
    const life = ++this.#life;
    const machine = this.#clients.anyMachine();
    world.queue.after(200, () => {
      const { process } = machine;
      if (life !== this.#life) return;
      if (process?.isServing !== true) this.#again();
      else new Connection(this, this.#clients, machine, process, life).open();
    });
  }

  /** Opens another connection after a while. */
  #again(): void {
    const life = ++this.#life;
    this.#clients.world.queue.after(this.#clients.prng.between(1000, 500_000), () => {
      if (life === this.#life) this.#open();
    });
  }

  lost(life: number): void {
    if (life === this.#life) this.#again();
  }

  get wish(): Wish {
    return this.#wish;
  }

  get next(): number {
    return this.#next;
  }

  // ---- responses, in the order they were sent

  /** False when the connection is not wanted any more. */
  received(response: WatchResponse, life: number): boolean {
    if (life !== this.#life) return false;
    if (response.created) {
      if (this.#next === 0) this.#next = response.revision + 1;
    } else if (response.canceled) {
      this.#canceled(response);
      return false;
    } else if (response.events.length > 0) {
      this.#sawEvents(response);
    } else {
      this.#sawProgress(response.revision);
    }
    return this.#stays();
  }

  #sawEvents({ events, revision }: WatchResponse): void {
    const { world } = this.#clients;
    const last = events.at(-1)?.modRevision ?? 0;
    this.events += events.length;
    if (revision < last)
      world.fail(`watcher ${this.#number}: header ${revision} < ${last}`, undefined);
    const expected = this.#expected(last);
    const problem = this.#compare(events, expected);
    if (problem !== undefined) {
      const wanted = expected.map((event) => `${event.revision}:${event.key}`).join(' ');
      const found = events
        .map((event) => `${event.modRevision}:${textOf(decodeKeyValue(event.kv).key)}`)
        .join(' ');
      world.fail(
        `watcher ${this.#number} from ${this.#next}: ${problem}\n  got ${found}\n  not ${wanted}`,
        undefined,
      );
    }
    this.#next = last + 1;
  }

  #compare(events: readonly WatchEvent[], expected: readonly ModelEvent[]): string | undefined {
    if (events.length !== expected.length) {
      return `${events.length} events instead of ${expected.length}`;
    }
    for (let i = 0; i < events.length; i++) {
      const problem = this.#compareOne(events[i] as WatchEvent, expected[i] as ModelEvent);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #compareOne(event: WatchEvent, expected: ModelEvent): string | undefined {
    const kv = decodeKeyValue(event.kv);
    if (event.modRevision !== expected.revision) return `revision ${event.modRevision}`;
    if (kv.modRevision !== expected.revision) return `mod revision ${kv.modRevision}`;
    if (textOf(kv.key) !== expected.key) return `key ${textOf(kv.key)}`;
    if (event.tombstone !== (expected.kv === undefined)) return 'put and delete mixed up';
    if (expected.kv !== undefined) {
      const problem = compareKv(kv, expected.kv);
      if (problem !== undefined) return problem;
    }
    return this.#comparePrevious(event, expected);
  }

  #comparePrevious(event: WatchEvent, { previous, revision }: ModelEvent): string | undefined {
    const { model } = this.#clients.world;
    if (!this.#wish.prevKv) return event.prevKv === undefined ? undefined : 'unwanted previous';
    if (event.prevKv === undefined) {
      const mayMiss = previous === undefined || model.compactRevision >= revision - 1;
      return mayMiss ? undefined : `no previous key at ${revision}`;
    }
    if (previous === undefined) return `a previous key at ${revision}`;
    return compareKv(decodeKeyValue(event.prevKv), previous);
  }

  #sawProgress(revision: number): void {
    const missed = this.#expected(revision);
    if (missed.length > 0) {
      this.#clients.world.fail(
        `watcher ${this.#number} is told of progress to ${revision} without event ${missed[0]?.revision}`,
        undefined,
      );
    }
    this.#next = Math.max(this.#next, revision + 1);
  }

  #canceled({ compactRevision, cancelReason }: WatchResponse): void {
    const { world } = this.#clients;
    if (compactRevision === 0) {
      world.fail(`watcher ${this.#number} is canceled: ${cancelReason}`, undefined);
      return;
    }
    if (this.#next >= compactRevision || compactRevision > world.model.compactRevision) {
      world.fail(
        `watcher ${this.#number} at ${this.#next} is canceled for compaction ${compactRevision}`,
        undefined,
      );
    }
    this.#clients.count('watch compacted');
    this.#next = compactRevision;
    this.#again();
  }

  /** Now and then a client goes elsewhere, or wants something else. */
  #stays(): boolean {
    const { prng } = this.#clients;
    if (this.#clients.isStopped || prng.chance(0.995)) return true;
    if (prng.chance(0.5)) {
      this.#wish = this.#drawWish();
      this.#next = prng.chance(0.5) ? 0 : Math.max(1, this.#clients.floorRevision - prng.below(50));
    }
    this.#again();
    return false;
  }

  /** What it must see up to a revision. */
  #expected(to: number): ModelEvent[] {
    const { key, end, noPut, noDelete } = this.#wish;
    const { model } = this.#clients.world;
    const expected: ModelEvent[] = [];
    for (let revision = Math.max(1, this.#next); revision <= to; revision++) {
      for (const event of model.eventsAt(revision)) {
        if (!isInRange(event.key, key, end)) continue;
        if (event.kv === undefined ? !noDelete : !noPut) expected.push(event);
      }
    }
    return expected;
  }

  #drawWish(): Wish {
    const { prng, world } = this.#clients;
    const from = prng.below(world.scenario.keys);
    const dice = prng.unit();
    const key = dice < 0.3 ? '\0' : textOf(keyOf(from));
    const end = dice < 0.3 ? '\0' : dice < 0.6 ? textOf(keyOf(from + prng.between(1, 10))) : '';
    return {
      key,
      end,
      prevKv: prng.chance(0.3),
      progressNotify: prng.chance(0.5),
      noPut: prng.chance(0.1),
      noDelete: prng.chance(0.1),
    };
  }
}

/** A stream to one process. */
class Connection implements WatchSink, OpenCall {
  readonly #client: WatchClient;
  readonly #clients: Clients;
  readonly #machine: Machine;
  readonly #process: SimProcess;
  readonly #life: number;
  readonly #size: number;
  readonly #slownessUs: number;
  #stream: WatchStream | undefined = undefined;
  #waiting = 0;
  #lastArrivalUs = 0;
  #cancelProgress: Cancel | undefined = undefined;

  constructor(
    client: WatchClient,
    clients: Clients,
    machine: Machine,
    process: SimProcess,
    life: number,
  ) {
    this.#client = client;
    this.#clients = clients;
    this.#machine = machine;
    this.#process = process;
    this.#life = life;
    this.#size = pick(clients.prng, SINK_SIZES);
    this.#slownessUs = pick(clients.prng, [0, 0, 1000, 100_000]);
  }

  open(): void {
    this.#process.calls.add(this);
    this.#process.run(() => this.#create());
  }

  #create(): void {
    const { parts } = this.#process;
    if (parts === undefined) return;
    const { wish, next } = this.#client;
    this.#stream = parts.store.watchHub.open(this);
    this.#stream.create({
      watchId: 0n,
      key: bytes(wish.key),
      rangeEnd: bytes(wish.end),
      startRevision: next,
      prevKv: wish.prevKv,
      progressNotify: wish.progressNotify,
      fragment: false,
      noPut: wish.noPut,
      noDelete: wish.noDelete,
    });
    this.#cancelProgress = this.#process.scheduler.every(3000, () => {
      this.#stream?.progressTick();
      if (this.#clients.prng.chance(0.2)) this.#stream?.requestProgress();
    });
  }

  onLost(): void {
    this.#clients.world.queue.after(1000, () => this.#client.lost(this.#life));
  }

  isFull(): boolean {
    return this.#waiting >= this.#size;
  }

  send(response: WatchResponse): void {
    const { queue } = this.#clients.world;
    const { parts } = this.#process;
    if (parts !== undefined) parts.store.stats.pendingEvents -= response.events.length;
    this.#waiting++;
    this.#process.answer(() => {
      const travelUs = this.#clients.prng.between(50, 800) + this.#slownessUs;
      this.#lastArrivalUs = Math.max(this.#lastArrivalUs, queue.nowUs + travelUs);
      queue.after(this.#lastArrivalUs - queue.nowUs, () => this.#arrived(response));
    });
  }

  #arrived(response: WatchResponse): void {
    const isWanted = this.#client.received(response, this.#life);
    this.#process.run(() => {
      this.#waiting--;
      if (isWanted) this.#stream?.drained();
      else this.#close();
    });
    if (this.#machine.process !== this.#process) this.onLost();
  }

  #close(): void {
    this.#cancelProgress?.();
    this.#process.calls.delete(this);
    this.#stream?.close();
    this.#stream = undefined;
  }
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
