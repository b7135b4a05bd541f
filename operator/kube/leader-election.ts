// Owns which of several operators acts: the holder of a Lease, by client-go's rules. A candidate takes over when the Lease
// was not renewed for its duration, measured with its own clock from when it saw the last change: clocks of others do not
// matter. A leader that could not renew within the deadline, which is shorter, stops acting; so there are never two.
//
// Lost leadership ends the process (the composition root sees to that): what was under way dies with it.
import { isJson, recordAt, textAt } from './decode.ts';
import type { KubeApi } from './kube-api.ts';
import { KubeError } from './kube-error.ts';
import { LEASE_DURATION_MS, LEASE_RETRY_MS, RENEW_DEADLINE_MS } from './limits.ts';
import { errorText, type Log } from './log.ts';
import { pause } from './pause.ts';

export interface ElectionOptions {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly name: string;
  /** Differs between any two processes. */
  readonly identity: string;
  readonly log: Log;
  /** For tests. */
  readonly timing?: { readonly durationMs: number; readonly deadlineMs: number; retryMs: number };
}

interface Lease {
  readonly holder: string;
  readonly durationMs: number;
  readonly resourceVersion: string;
  readonly transitions: number;
  readonly acquireTime: string | undefined;
}

const LEASES = { apiVersion: 'coordination.k8s.io/v1', plural: 'leases' } as const;

export class LeaderElection {
  readonly #options: ElectionOptions;
  readonly #timing: { readonly durationMs: number; readonly deadlineMs: number; retryMs: number };
  #seen: Lease | undefined;
  #seenAtMs: number;
  #isLeader: boolean;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#timing = options.timing ?? {
      durationMs: LEASE_DURATION_MS,
      deadlineMs: RENEW_DEADLINE_MS,
      retryMs: LEASE_RETRY_MS,
    };
    this.#seen = undefined;
    this.#seenAtMs = 0;
    this.#isLeader = false;
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Fulfilled when the Lease is ours, or `signal` is aborted. */
  async acquire(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.#attempt()) {
        this.#isLeader = true;
        return;
      }
      await pause(this.#timing.retryMs * (1 + Math.random() / 5), signal);
    }
  }

  /** Renews until it fails for too long, or `signal` is aborted. True when leadership was lost. */
  async hold(signal: AbortSignal): Promise<boolean> {
    let renewedAtMs = performance.now();
    while (!signal.aborted) {
      await pause(this.#timing.retryMs, signal);
      if (signal.aborted) break;
      const askedAtMs = performance.now();
      if (await this.#attempt(renewedAtMs + this.#timing.deadlineMs - askedAtMs)) {
        renewedAtMs = askedAtMs;
      } else if (
        this.#isHeldByOther() ||
        performance.now() - renewedAtMs >= this.#timing.deadlineMs
      ) {
        this.#isLeader = false;
        return true;
      }
    }
    return false;
  }

  /** Lets the next one take over at once. To be called when nothing is done any more. */
  async release(): Promise<void> {
    if (!this.#isLeader || this.#seen === undefined) return;
    this.#isLeader = false;
    try {
      const given = { ...this.#seen, holder: '', durationMs: 1000 };
      await this.#write(given, AbortSignal.timeout(this.#timing.deadlineMs));
    } catch (error) {
      this.#options.log('warn', 'the lease was not released', { error: errorText(error) });
    }
  }

  #isHeldByOther(): boolean {
    const holder = this.#seen?.holder ?? '';
    return holder !== '' && holder !== this.#options.identity;
  }

  /** One try to take or renew the Lease, which gives up when `withinMs` has passed. */
  async #attempt(withinMs: number = this.#timing.deadlineMs): Promise<boolean> {
    const controller = new AbortController();
    const given = pause(Math.max(1, withinMs), controller.signal).then(() => false);
    try {
      return await Promise.race([this.#takeOrRenew(controller.signal), given]);
    } catch (error) {
      const level = error instanceof KubeError && error.isConflict ? 'info' : 'warn';
      this.#options.log(level, 'the lease was not taken', { error: errorText(error) });
      return false;
    } finally {
      controller.abort();
    }
  }

  async #takeOrRenew(signal: AbortSignal): Promise<boolean> {
    const { identity } = this.#options;
    const lease = await this.#read(signal);
    if (lease === undefined) {
      await this.#write(undefined, signal);
      return true;
    }
    if (lease.resourceVersion !== this.#seen?.resourceVersion) this.#see(lease);
    const isOver = performance.now() - this.#seenAtMs >= lease.durationMs;
    if (lease.holder !== '' && lease.holder !== identity && !isOver) return false;
    const isTaken = lease.holder !== identity;
    const taken = {
      ...lease,
      holder: identity,
      durationMs: this.#timing.durationMs,
      transitions: lease.transitions + (isTaken ? 1 : 0),
      acquireTime: isTaken ? undefined : lease.acquireTime,
    };
    await this.#write(taken, signal);
    return true;
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const { api, namespace, name } = this.#options;
    try {
      return decodeLease(await api.get({ ...LEASES, namespace, name }, signal));
    } catch (error) {
      if (error instanceof KubeError && error.isNotFound) return undefined;
      throw error;
    }
  }

  /** Over the version in `lease`; a new object when undefined. */
  async #write(lease: Lease | undefined, signal: AbortSignal): Promise<void> {
    const { api, namespace, name, identity } = this.#options;
    const now = microTime();
    const durationMs = lease?.durationMs ?? this.#timing.durationMs;
    const body = {
      apiVersion: LEASES.apiVersion,
      kind: 'Lease',
      metadata: {
        name,
        namespace,
        ...(lease === undefined ? {} : { resourceVersion: lease.resourceVersion }),
      },
      spec: {
        holderIdentity: lease?.holder ?? identity,
        leaseDurationSeconds: Math.max(1, Math.ceil(durationMs / 1000)),
        acquireTime: lease?.acquireTime ?? now,
        renewTime: now,
        leaseTransitions: lease?.transitions ?? 0,
      },
    };
    const place = { ...LEASES, namespace };
    const answer =
      lease === undefined
        ? await api.create(place, body, signal)
        : await api.replace({ ...place, name }, body, signal);
    this.#see(decodeLease(answer));
  }

  #see(lease: Lease): void {
    this.#seen = lease;
    this.#seenAtMs = performance.now();
  }
}

function decodeLease(raw: unknown): Lease {
  const spec = recordAt(raw, 'spec');
  const metadata = recordAt(isJson(raw) ? raw : {}, 'metadata');
  const seconds = spec['leaseDurationSeconds'];
  const transitions = spec['leaseTransitions'];
  return {
    holder: textAt(spec, 'holderIdentity') ?? '',
    durationMs: (typeof seconds === 'number' ? seconds : 0) * 1000,
    resourceVersion: textAt(metadata, 'resourceVersion') ?? '',
    transitions: typeof transitions === 'number' ? transitions : 0,
    acquireTime: textAt(spec, 'acquireTime'),
  };
}

/** metav1.MicroTime. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
