// Owns the clients, one for each member, kept between rounds: a new connection for each question would cost more than the
// question.
import { EtcdClient } from '../../client/client.ts';
import { CLIENTS_KEPT, DIAL_TIMEOUT_MS } from './limits.ts';

export class MemberClients {
  /** In the order of last use. */
  readonly #clients: Map<string, EtcdClient>;

  constructor() {
    this.#clients = new Map();
  }

  get(url: string): EtcdClient {
    const known = this.#clients.get(url);
    this.#clients.delete(url);
    const client = known ?? new EtcdClient({ endpoints: [url], dialTimeoutMs: DIAL_TIMEOUT_MS });
    this.#clients.set(url, client);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > CLIENTS_KEPT && oldest !== undefined) this.forget(oldest);
    return client;
  }

  /**
   * For a member that is gone or does not answer: the next client looks its name up anew. A Pod that was made again has
   * another address, which the transport would notice half a minute later only.
   */
  forget(url: string, client: EtcdClient | undefined = this.#clients.get(url)): void {
    client?.close();
    if (this.#clients.get(url) === client) this.#clients.delete(url);
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}
