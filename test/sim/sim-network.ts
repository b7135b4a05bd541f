// Owns the network between simulated members. Messages travel as the bytes peers would get; each link may be slow,
// lossy, blocked in one direction or clogged (everything waits and then comes at once).

import type { Prng } from '../../server/base/prng.ts';
import { decodeMessage, encodeMessage } from '../../server/proto/gen/raft.ts';
import { type Message, MessageType } from '../../server/raft/types.ts';
import type { EventQueue } from './event-queue.ts';

/** How messages fare. Probabilities are per message. */
export interface NetworkProfile {
  readonly minDelayUs: number;
  readonly maxDelayUs: number;
  readonly lossChance: number;
  readonly duplicateChance: number;
  /** A message that takes much longer than the others. */
  readonly straggleChance: number;
  readonly straggleUs: number;
  /** Whether messages of one link keep their order, as those of one TCP connection do. */
  readonly ordered: boolean;
}

export const CALM_NETWORK: NetworkProfile = {
  minDelayUs: 200,
  maxDelayUs: 1500,
  lossChance: 0,
  duplicateChance: 0,
  straggleChance: 0,
  straggleUs: 0,
  ordered: true,
};

interface Link {
  blocked: boolean;
  cloggedUntilUs: number;
  lastArrivalUs: number;
  /** What waits until it is let go; undefined when nothing has to. */
  held: Uint8Array[] | undefined;
}

export interface NetworkPort {
  /** A message is there; the receiver may be down. */
  deliver(to: bigint, message: Message): void;
  /** A message was lost and its sender can know. */
  unreachable(from: bigint, to: bigint): void;
}

export class SimNetwork {
  profile: NetworkProfile = CALM_NETWORK;
  readonly #queue: EventQueue;
  readonly #prng: Prng;
  readonly #port: NetworkPort;
  readonly #links: Map<bigint, Map<bigint, Link>> = new Map();
  sent = 0;
  lost = 0;
  duplicated = 0;

  constructor(queue: EventQueue, prng: Prng, port: NetworkPort) {
    this.#queue = queue;
    this.#prng = prng;
    this.#port = port;
  }

  /** Blocks or opens one direction. */
  block(from: bigint, to: bigint, blocked: boolean): void {
    this.#link(from, to).blocked = blocked;
  }

  /** Holds everything on one direction back for a while. */
  clog(from: bigint, to: bigint, spanUs: number): void {
    const link = this.#link(from, to);
    link.cloggedUntilUs = Math.max(link.cloggedUntilUs, this.#queue.nowUs + spanUs);
  }

  /** Keeps what is sent in one direction until `release`. */
  hold(from: bigint, to: bigint): void {
    this.#link(from, to).held ??= [];
  }

  /** Lets go what was held: it arrives late, and in the order of the link. */
  release(from: bigint, to: bigint): void {
    const link = this.#link(from, to);
    const { held } = link;
    link.held = undefined;
    for (const bytes of held ?? []) this.#travel(link, to, bytes);
  }

  /** Opens every link. What is under way stays under way. */
  heal(): void {
    this.profile = CALM_NETWORK;
    for (const [from, links] of this.#links) {
      for (const [to, link] of links) {
        link.blocked = false;
        link.cloggedUntilUs = 0;
        this.release(from, to);
      }
    }
  }

  isBlocked(from: bigint, to: bigint): boolean {
    return this.#link(from, to).blocked;
  }

  /** `from` is the member that sends; a message that is passed on names the one that asked first. */
  send(from: bigint, message: Message): void {
    const { to } = message;
    const link = this.#link(from, to);
    this.sent++;
    if (link.blocked || this.#prng.chance(this.profile.lossChance)) {
      this.#lose(from, to);
      return;
    }
    const bytes = encodeMessage(message);
    this.#travel(link, to, bytes);
    // Peers talk over connections: they may lose a message, and only raft's own messages may come twice.
    if (message.type !== MessageType.prop && this.#prng.chance(this.profile.duplicateChance)) {
      this.duplicated++;
      this.#travel(link, to, bytes);
    }
  }

  /** Time something big takes from one member to another; undefined when it does not arrive. */
  bulkDelayUs(from: bigint, to: bigint): number | undefined {
    if (this.isBlocked(from, to) || this.#prng.chance(this.profile.lossChance * 2))
      return undefined;
    return this.delayUs() * 3 + this.#prng.below(200_000);
  }

  #lose(from: bigint, to: bigint): void {
    this.lost++;
    // A broken connection is noticed; a silent loss is not.
    if (this.#prng.chance(0.3)) {
      this.#queue.after(this.delayUs(), () => this.#port.unreachable(from, to));
    }
  }

  #travel(link: Link, to: bigint, bytes: Uint8Array): void {
    if (link.held !== undefined) {
      link.held.push(bytes);
      return;
    }
    const nowUs = this.#queue.nowUs;
    let arrivalUs = Math.max(nowUs, link.cloggedUntilUs) + this.delayUs();
    if (this.profile.ordered) {
      arrivalUs = Math.max(arrivalUs, link.lastArrivalUs);
      link.lastArrivalUs = arrivalUs;
    }
    this.#queue.after(arrivalUs - nowUs, () => this.#port.deliver(to, decodeMessage(bytes)));
  }

  /** Time a small message takes now. */
  delayUs(): number {
    const { minDelayUs, maxDelayUs, straggleChance, straggleUs } = this.profile;
    const usual = this.#prng.between(minDelayUs, maxDelayUs);
    return this.#prng.chance(straggleChance) ? usual + this.#prng.below(straggleUs) : usual;
  }

  #link(from: bigint, to: bigint): Link {
    let links = this.#links.get(from);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from, links);
    }
    let link = links.get(to);
    if (link === undefined) {
      link = { blocked: false, cloggedUntilUs: 0, lastArrivalUs: 0, held: undefined };
      links.set(to, link);
    }
    return link;
  }
}
