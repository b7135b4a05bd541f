// Owns a network between members that a test can break: every member's advertised peer port is a proxy's. A connection's
// first request names its sender (X-Server-From), so that each direction between two members is a link of its own. Links
// hold bytes back or deliver them late, as TCP does over a bad network; they never lose a part of a stream.

import { createServer, type Server, Socket } from 'node:net';
import type { Prng } from '../../server/base/prng.ts';
import type { TestMember } from './test-cluster.ts';

const HEAD_BYTES_MAX = 16 * 1024;
/** What a link holds before it stops reading: a sender then meets a full window. */
const HELD_BYTES_MAX = 256 * 1024;
/** What a lost packet costs: Linux's shortest retransmission timeout. */
const RETRANSMIT_MS = 200;

/** One direction between two members. */
export interface Link {
  blocked: boolean;
  delayMs: number;
  /** Up to this much more, at random. */
  jitterMs: number;
  /** Share of deliveries that must be sent twice. */
  loss: number;
}

const FINE: Readonly<Link> = { blocked: false, delayMs: 0, jitterMs: 0, loss: 0 };

export class PeerNetwork {
  readonly #random: Prng;
  readonly #links: Map<string, Link>;
  readonly #names: Map<string, string>;
  readonly #pipes: Set<Pipe>;
  readonly #servers: Server[];

  constructor(random: Prng) {
    this.#random = random;
    this.#links = new Map();
    this.#names = new Map();
    this.#pipes = new Set();
    this.#servers = [];
  }

  /** Opens the way to a member that need not exist yet; `target` tells its port. Resolves the port to advertise. */
  open(name: string, target: () => number | undefined): Promise<number> {
    const server = createServer((socket) => {
      const port = target();
      if (port === undefined) socket.destroy();
      else this.#accept(socket, name, port);
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.on('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(address !== null && typeof address === 'object' ? address.port : 0);
      });
    });
  }

  /** Connections tell ids; until a member's is known, it counts as nobody. */
  async learn(members: readonly TestMember[]): Promise<void> {
    for (const member of members) {
      const { header } = await member.status();
      if (header !== undefined) this.#names.set(header.memberId.toString(16), member.name);
    }
  }

  /** Changes one direction; what was held goes on when it may. */
  set(from: string, to: string, change: Partial<Link>): void {
    Object.assign(this.#link(from, to), change);
    for (const pipe of this.#pipes) pipe.pump();
  }

  /** No bytes between `name` and the others, either way. */
  isolate(name: string, others: readonly string[]): void {
    for (const other of others) {
      this.set(name, other, { blocked: true });
      this.set(other, name, { blocked: true });
    }
  }

  heal(): void {
    for (const link of this.#links.values()) Object.assign(link, FINE);
    for (const pipe of this.#pipes) pipe.pump();
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const pipe of this.#pipes) pipe.destroy();
  }

  #link(from: string, to: string): Link {
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = { ...FINE };
      this.#links.set(key, link);
    }
    return link;
  }

  #accept(client: Socket, to: string, port: number): void {
    client.on('error', () => client.destroy());
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const isWhole = head.includes('\r\n\r\n');
      if (!isWhole && head.length < HEAD_BYTES_MAX) return;
      client.off('data', onData);
      client.pause();
      this.#join(client, head, { to, port });
    };
    client.on('data', onData);
  }

  #join(client: Socket, head: Buffer, { to, port }: { to: string; port: number }): void {
    const id = /\r\nx-server-from: ([0-9a-f]+)/i.exec(head.toString('latin1'))?.[1] ?? '';
    const server = new Socket();
    server.on('error', () => server.destroy());
    server.connect(port, '127.0.0.1');
    const from = (): string => this.#names.get(id) ?? '';
    const random = this.#random;
    const there = new Pipe(client, server, { link: () => this.#link(from(), to), random });
    const back = new Pipe(server, client, { link: () => this.#link(to, from()), random });
    there.take(head);
    client.resume();
    for (const pipe of [there, back]) {
      this.#pipes.add(pipe);
      pipe.onEnd = () => this.#pipes.delete(pipe);
    }
  }
}

interface Held {
  /** Undefined stands for the end of the connection. */
  readonly bytes: Buffer | undefined;
  readonly dueMs: number;
}

class Pipe {
  onEnd: () => void;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #link: () => Link;
  readonly #random: Prng;
  readonly #held: Held[];
  #heldBytes: number;
  #lastDueMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    from: Socket,
    to: Socket,
    { link, random }: { readonly link: () => Link; readonly random: Prng },
  ) {
    this.onEnd = () => undefined;
    this.#from = from;
    this.#to = to;
    this.#link = link;
    this.#random = random;
    this.#held = [];
    this.#heldBytes = 0;
    this.#lastDueMs = 0;
    this.#timer = undefined;
    from.on('data', (chunk: Buffer) => this.take(chunk));
    from.on('close', () => this.take(undefined));
  }

  /** Queues bytes behind those before them. */
  take(bytes: Buffer | undefined): void {
    const { delayMs, jitterMs, loss } = this.#link();
    const lateMs = this.#random.chance(loss) ? RETRANSMIT_MS : 0;
    const dueMs = performance.now() + delayMs + this.#random.unit() * jitterMs + lateMs;
    this.#lastDueMs = Math.max(this.#lastDueMs, delayMs + jitterMs + lateMs === 0 ? 0 : dueMs);
    this.#held.push({ bytes, dueMs: this.#lastDueMs });
    this.#heldBytes += bytes?.length ?? 0;
    if (this.#heldBytes > HELD_BYTES_MAX) this.#from.pause();
    this.pump();
  }

  /** Delivers what is due. */
  pump(): void {
    while (!this.#link().blocked) {
      const first = this.#held[0];
      if (first === undefined) return;
      const waitMs = first.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = undefined;
          this.pump();
        }, waitMs);
        return;
      }
      this.#held.shift();
      if (first.bytes === undefined) {
        this.destroy();
        return;
      }
      this.#heldBytes -= first.bytes.length;
      if (this.#heldBytes <= HELD_BYTES_MAX) this.#from.resume();
      this.#to.write(first.bytes);
    }
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#held.length = 0;
    this.#from.destroy();
    this.#to.destroy();
    this.onEnd();
  }
}
