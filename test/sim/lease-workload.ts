// Owns clients that hold leases: they grant, keep alive, let go and revoke. The promise checked: as long as a lease was
// promised to live it does, whoever leads meanwhile; and once nobody keeps it alive it ends.

import { isEtcdError } from '../../server/base/errors.ts';
import { encodeLeaseGrantRequest, encodeLeaseRevokeRequest } from '../../server/proto/gen/rpc.ts';
import { decodeRaftRequestEnvelope } from '../../server/proto/hot.ts';
import { PayloadField } from '../../server/proto/payload-field.ts';
import type { Entry } from '../../server/raft/types.ts';
import type { Clients } from './client.ts';
import { electionTimeoutMs } from './sim-process.ts';

interface HeldLease {
  readonly id: bigint;
  ttlMs: number;
  /** When the last request began that promised the whole time to live. */
  promisedAtUs: number;
  /** Its client asked for the end. */
  isRevoking: boolean;
  /** Nobody keeps it alive any more. */
  isAbandoned: boolean;
  /** When the entry that ended it was made; undefined while it lives. */
  endedAtUs: number | undefined;
}

/** First byte of an entry that revokes a lease. */
const REVOKE_TAG = PayloadField.leaseRevoke * 8 + 2;

/** Leases this client made, and how each of them fares. */
export class LeaseWorkload {
  readonly #clients: Clients;
  readonly #held: Map<bigint, HeldLease> = new Map();
  /** When each revocation first stood in a log, by the bytes of its entry. */
  readonly #madeAtUs: Map<string, number> = new Map();
  #granted = 0;
  expirations = 0;

  constructor(clients: Clients) {
    this.#clients = clients;
    clients.world.appendListeners.add((_, entry) => this.#appended(entry));
    clients.world.onRevoked = (id, entry) => this.#revoked(id, entry);
  }

  start(): void {
    const { leaseClients } = this.#clients.world.scenario;
    for (let i = 0; i < leaseClients; i++) this.#grantLater();
  }

  /** From now on nobody keeps a lease alive. */
  abandonAll(): void {
    for (const lease of this.#held.values()) lease.isAbandoned = true;
  }

  /** Leases that outlive everything. */
  get overdue(): readonly bigint[] {
    return [...this.#clients.world.model.leases.keys()];
  }

  #grantLater(): void {
    const { world, prng } = this.#clients;
    world.queue.after(prng.below(3_000_000), () => {
      if (!this.#clients.isStopped) this.#grant();
    });
  }

  #grant(): void {
    const clients = this.#clients;
    const { world, prng } = clients;
    const id = BigInt(++this.#granted) * 1000n + BigInt(prng.below(1000));
    const ttl = prng.between(1, 15);
    const startUs = world.queue.nowUs;
    const raw = encodeLeaseGrantRequest({ id, ttl });
    const lease: HeldLease = {
      id,
      ttlMs: ttl * 1000,
      promisedAtUs: Number.NEGATIVE_INFINITY,
      isRevoking: false,
      isAbandoned: false,
      endedAtUs: undefined,
    };
    this.#held.set(id, lease);
    clients.write('grant', clients.anyMachine(), PayloadField.leaseGrant, raw, (end) => {
      if (end.kind !== 'done' || end.result.kind !== 'leaseGrant') {
        // Perhaps it is there all the same; then it runs out by itself.
        this.#grantLater();
        return;
      }
      lease.ttlMs = end.result.ttlSeconds * 1000;
      this.#promised(lease, startUs);
      clients.leases.add(id);
      this.#keep(lease);
    });
  }

  /** Keeps a lease alive for as long as its client likes. */
  #keep(lease: HeldLease): void {
    const { world, prng } = this.#clients;
    const pauseUs = (lease.ttlMs * 1000) / pickShare(prng.below(3));
    world.queue.after(pauseUs, () => {
      if (this.#clients.isStopped || lease.isAbandoned) return;
      const dice = prng.unit();
      if (dice < 0.05) this.#revoke(lease);
      else if (dice < 0.15) {
        lease.isAbandoned = true;
        this.#grantLater();
      } else this.#renew(lease);
    });
  }

  #renew(lease: HeldLease): void {
    const clients = this.#clients;
    const { world } = clients;
    const startUs = world.queue.nowUs;
    clients.call(
      'keep-alive',
      clients.anyMachine(),
      ({ leases }, reply, process) => {
        leases.renew(lease.id, (result) => {
          world.observe(process);
          const isKnown = world.model.leases.has(lease.id);
          reply(() => {
            if (!isEtcdError(result)) {
              clients.count('keep-alive ok');
              this.#promised(lease, startUs);
              this.#keep(lease);
            } else if (result.code === 'leaseNotFound') {
              clients.count('keep-alive leaseNotFound');
              if (isKnown)
                world.fail(`lease ${lease.id} is not found, but was not revoked`, undefined);
              this.#gone(lease);
            } else {
              clients.count(`keep-alive ${result.code}`);
              this.#keep(lease);
            }
          });
        });
      },
      () => this.#keep(lease),
    );
  }

  #revoke(lease: HeldLease): void {
    const clients = this.#clients;
    lease.isRevoking = true;
    const raw = encodeLeaseRevokeRequest({ id: lease.id });
    clients.write('revoke', clients.anyMachine(), PayloadField.leaseRevoke, raw, () =>
      this.#gone(lease),
    );
  }

  #gone(lease: HeldLease): void {
    lease.isAbandoned = true;
    this.#clients.leases.delete(lease.id);
    this.#grantLater();
  }

  /** A client was told that the lease lives for its whole time. */
  #promised(lease: HeldLease, startUs: number): void {
    lease.promisedAtUs = Math.max(lease.promisedAtUs, startUs);
    this.#judge(lease);
  }

  #appended(entry: Entry): void {
    if (entry.data[0] !== REVOKE_TAG) return;
    const key = requestKey(entry);
    if (!this.#madeAtUs.has(key)) this.#madeAtUs.set(key, this.#clients.world.queue.nowUs);
  }

  #revoked(id: bigint, entry: Entry): void {
    const lease = this.#held.get(id);
    this.#clients.leases.delete(id);
    if (lease === undefined || lease.endedAtUs !== undefined) return;
    lease.endedAtUs = this.#madeAtUs.get(requestKey(entry)) ?? this.#clients.world.queue.nowUs;
    if (!lease.isRevoking) this.expirations++;
    this.#judge(lease);
  }

  /** The end of a lease against the last promise. */
  #judge(lease: HeldLease): void {
    const { endedAtUs, promisedAtUs, ttlMs, isRevoking } = lease;
    if (endedAtUs === undefined || isRevoking) return;
    const { scenario } = this.#clients.world;
    // The leader's clock may be fast; and a leader that was just replaced may still promise, for an election timeout.
    const leastMs = ttlMs / (1 + scenario.clockDrift) - electionTimeoutMs(scenario);
    const livedMs = (endedAtUs - promisedAtUs) / 1000;
    if (livedMs >= leastMs) return;
    this.#clients.world.fail(
      `lease ${lease.id} of ${ttlMs} ms ended ${livedMs.toFixed(0)} ms after it was promised`,
      undefined,
    );
  }
}

function requestKey(entry: Entry): string {
  const { idHigh, idLow } = decodeRaftRequestEnvelope(entry.data);
  return `${idHigh}.${idLow}`;
}

/** How often within its time a lease is kept alive: some clients cut it fine. */
function pickShare(dice: number): number {
  return dice === 0 ? 1.1 : dice === 1 ? 2 : 3;
}
