// Owns mutual exclusion between sessions. The lock lasts as long as the session's lease: an owner whose session is done
// must stop what it does, and a store that is changed under the lock should compare the key's revision in its transactions.
// etcd: client/v3/concurrency/mutex.go.

import { GrpcStatus } from '../server/base/errors.ts';
import type { Compare, ResponseHeader } from '../server/proto/gen/rpc.ts';
import { ClientError } from './client-error.ts';
import { compareCreate } from './op.ts';
import { isInFront, type Place, takePlace, type WaitOptions, waitForFront } from './queue-key.ts';
import type { Session } from './session.ts';

export class Mutex {
  readonly #session: Session;
  readonly #prefix: string;
  #place: Place | undefined;
  #header: ResponseHeader | undefined;

  constructor(session: Session, name: string) {
    this.#session = session;
    this.#prefix = `${name}/`;
    this.#place = undefined;
    this.#header = undefined;
  }

  /** The key that stands for the ownership; empty when the lock is not held. */
  get key(): string {
    return this.#place?.key ?? '';
  }

  /** The header of the answer that made this the owner. */
  get header(): ResponseHeader | undefined {
    return this.#header;
  }

  /** Holds in transactions as long as the lock is owned. */
  isOwner(): Compare {
    return compareCreate(this.key, '=', this.#place?.createRevision ?? -1);
  }

  /** Waits for the lock. When this throws, the place in the queue is given up. */
  async lock(options: WaitOptions = {}): Promise<void> {
    const place = await takePlace(this.#session, this.#prefix, '', options);
    this.#place = place;
    this.#header = place.header;
    if (isInFront(place)) return;
    const { client } = this.#session;
    try {
      await waitForFront(client, this.#prefix, place.createRevision - 1, options);
      const mine = await client.kv.get(place.key, options);
      if (mine.kvs.length === 0) {
        this.#place = undefined;
        throw new ClientError(GrpcStatus.failedPrecondition, 'mutex: session is expired');
      }
      this.#header = mine.header;
    } catch (error) {
      await this.unlock();
      throw error;
    }
  }

  /** True when the lock was free; otherwise leaves the queue again. */
  async tryLock(options: WaitOptions = {}): Promise<boolean> {
    const place = await takePlace(this.#session, this.#prefix, '', options);
    this.#place = place;
    this.#header = place.header;
    if (isInFront(place)) return true;
    await this.unlock();
    return false;
  }

  async unlock(): Promise<void> {
    const place = this.#place;
    this.#place = undefined;
    if (place !== undefined) await this.#session.client.kv.delete(place.key);
  }
}
