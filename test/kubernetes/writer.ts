// Owns a client that writes ten keys a second for as long as it is let, and books what was acknowledged.
import { setTimeout as pause } from 'node:timers/promises';
import type { EtcdClient } from '../../client/client.ts';
import { Ledger } from './ledger.ts';

export const WRITTEN_PREFIX = 'written/';
const WRITE_MS = 100;
const WRITE_TIMEOUT_MS = 2_000;

export class Writer {
  readonly ledger: Ledger;
  /** Clients of members that may be asked, in the order of preference. */
  readonly #clients: () => readonly EtcdClient[];
  /** What a member of another cluster acknowledges is no promise of this one. */
  readonly #clusterId: () => string | undefined;
  #isStopped: boolean;
  #loop: Promise<void>;
  #turn: number;

  constructor(clients: () => readonly EtcdClient[], clusterId: () => string | undefined) {
    this.ledger = new Ledger();
    this.#clients = clients;
    this.#clusterId = clusterId;
    this.#isStopped = true;
    this.#loop = Promise.resolve();
    this.#turn = 0;
  }

  start(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    for (let number = 0; !this.#isStopped; number++) {
      const dueMs = Date.now() + WRITE_MS;
      const key = `${WRITTEN_PREFIX}${number}`;
      if (await this.#write(key)) this.ledger.acknowledge(key, Date.now());
      else this.#turn += 1;
      await pause(Math.max(0, dueMs - Date.now()));
    }
  }

  async #write(key: string): Promise<boolean> {
    const clients = this.#clients();
    const client = clients[this.#turn % Math.max(1, clients.length)];
    if (client === undefined) return false;
    try {
      const signal = AbortSignal.timeout(WRITE_TIMEOUT_MS);
      const { header } = await client.kv.put(key, key, { signal });
      return header?.clusterId.toString(16) === this.#clusterId();
    } catch {
      return false;
    }
  }
}
