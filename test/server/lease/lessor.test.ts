// Goal: leases live as long as etcd's do, no shorter, and survive restarts and changes of leader. Method: a lessor
// over a backend in memory, with times passed in. A failure means keys that vanish early or never.
import { describe, expect, it } from 'vitest';
import { utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import { EtcdError } from '../../../server/base/errors.ts';
import { MetricRegistry } from '../../../server/base/metrics.ts';
import { Lessor, minLeaseTtlSeconds } from '../../../server/lease/lessor.ts';
import { LeaseMetrics } from '../../../server/lease/metrics.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';

const OPTIONS = { minTtlSeconds: 2, checkpoints: false };
const NOW = 1_000_000;

function lessor(): Lessor {
  return new Lessor(new MemoryBackend(), OPTIONS);
}

/** A lessor that counts down. */
function leader(): Lessor {
  const it = lessor();
  it.promote(1000, NOW);
  return it;
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof EtcdError) return error.code;
    throw error;
  }
  return 'none';
}

describe('granting', () => {
  it('raises a short time to live and answers it', () => {
    const leases = lessor();
    expect(leases.grant(1n, 1)).toBe(2);
    expect(leases.grant(2n, -5)).toBe(2);
    expect(leases.grant(3n, 60)).toBe(60);
    expect(leases.count).toBe(3);
  });

  it('refuses what etcd refuses', () => {
    const leases = lessor();
    leases.grant(7n, 60);
    expect(codeOf(() => leases.grant(7n, 60))).toBe('leaseExist');
    expect(codeOf(() => leases.grant(0n, 60))).toBe('leaseNotFound');
    expect(codeOf(() => leases.grant(8n, 9_000_000_001))).toBe('leaseTtlTooLarge');
    expect(leases.grant(9n, 9_000_000_000)).toBe(9_000_000_000);
  });

  it('computes the minimum from the election timeout', () => {
    expect(minLeaseTtlSeconds(10, 100)).toBe(2);
    expect(minLeaseTtlSeconds(50, 100)).toBe(8);
    expect(minLeaseTtlSeconds(3, 10)).toBe(1);
  });
});

describe('keys', () => {
  it('come back sorted when the lease is revoked', () => {
    const leases = lessor();
    leases.grant(1n, 60);
    for (const key of ['b', 'a', 'ab', 'c']) leases.attach(utf8Bytes(key), 1n);
    leases.detach(utf8Bytes('c'), 1n);
    expect(leases.keysOf(1n).map(utf8Text)).toEqual(['a', 'ab', 'b']);
    expect(leases.leaseOf(utf8Bytes('a'))).toBe(1n);
    expect(leases.revoke(1n).map(utf8Text)).toEqual(['a', 'ab', 'b']);
    expect(leases.leaseOf(utf8Bytes('a'))).toBe(0n);
    expect(leases.has(1n)).toBe(false);
    expect(codeOf(() => leases.revoke(1n))).toBe('leaseNotFound');
    expect(codeOf(() => leases.keysOf(1n))).toBe('leaseNotFound');
  });

  it('move to the lease that attaches them last', () => {
    const leases = lessor();
    leases.grant(1n, 60);
    leases.grant(2n, 60);
    leases.attach(utf8Bytes('k'), 1n);
    leases.attach(utf8Bytes('k'), 2n);
    leases.detach(utf8Bytes('k'), 1n);
    expect(leases.leaseOf(utf8Bytes('k'))).toBe(2n);
    expect(leases.revoke(1n)).toEqual([]);
    expect(leases.attach(utf8Bytes('k'), 3n)).toBe(false);
    expect(leases.attachedCount).toBe(1);
  });
});

describe('expiry', () => {
  it('never happens on a follower', () => {
    const leases = lessor();
    leases.grant(1n, 2);
    expect(leases.expired(NOW + 1e12)).toEqual([]);
    expect(leases.renew(1n, NOW)).toEqual({ kind: 'notPrimary' });
  });

  it('comes after the full time, counted from when the time was first known', () => {
    const leases = leader();
    leases.grant(1n, 5);
    expect(leases.expired(NOW + 400)).toEqual([]);
    expect(leases.expired(NOW + 5399)).toEqual([]);
    expect(leases.expired(NOW + 5400)).toEqual([1n]);
  });

  it('is repeated while the revocation does not come', () => {
    const leases = leader();
    leases.grant(1n, 5);
    leases.expired(NOW);
    expect(leases.expired(NOW + 5000)).toEqual([1n]);
    expect(leases.expired(NOW + 7999)).toEqual([]);
    expect(leases.expired(NOW + 8000)).toEqual([1n]);
    leases.revoke(1n);
    expect(leases.expired(NOW + 20_000)).toEqual([]);
  });

  it('is handed out in portions', () => {
    const leases = leader();
    for (let id = 1n; id <= 700n; id++) leases.grant(id, 5);
    leases.expired(NOW);
    expect(leases.expired(NOW + 5000)).toHaveLength(500);
    expect(leases.expired(NOW + 5500)).toHaveLength(200);
  });

  it('stops when leadership is lost and starts over with the next leader', () => {
    const leases = leader();
    leases.grant(1n, 5);
    leases.expired(NOW);
    leases.demote();
    expect(leases.expired(NOW + 9000)).toEqual([]);
    leases.promote(1000, NOW + 9000);
    expect(leases.expired(NOW + 14_999)).toEqual([]);
    expect(leases.expired(NOW + 15_000)).toEqual([1n]);
  });
});

describe('renewal', () => {
  it('starts the time over', () => {
    const leases = leader();
    leases.grant(1n, 5);
    leases.expired(NOW);
    expect(leases.renew(1n, NOW + 4000)).toEqual({ kind: 'renewed', ttlSeconds: 5 });
    expect(leases.expired(NOW + 8999)).toEqual([]);
    expect(leases.expired(NOW + 9000)).toEqual([1n]);
  });

  it('is refused once the time is over, until the revocation decides', () => {
    const leases = leader();
    leases.grant(1n, 5);
    leases.expired(NOW);
    expect(leases.renew(1n, NOW + 5000)).toEqual({ kind: 'expired' });
    leases.revoke(1n);
    expect(leases.renew(1n, NOW + 5000)).toEqual({ kind: 'notFound' });
  });
});

describe('looking', () => {
  it('shows whole seconds, rounded towards zero', () => {
    const leases = leader();
    leases.grant(1n, 5);
    expect(leases.timeToLive(1n, NOW)).toEqual({ ttlSeconds: 5, grantedTtlSeconds: 5 });
    expect(leases.timeToLive(1n, NOW + 1)).toEqual({ ttlSeconds: 4, grantedTtlSeconds: 5 });
    expect(leases.timeToLive(1n, NOW + 6500)).toEqual({ ttlSeconds: -1, grantedTtlSeconds: 5 });
    expect(leases.timeToLive(2n, NOW)).toBeUndefined();
  });

  it('lists by the time left', () => {
    const leases = leader();
    leases.grant(1n, 50);
    leases.grant(2n, 5);
    leases.grant(3n, 500);
    expect(leases.list(NOW)).toEqual([2n, 1n, 3n]);
    leases.demote();
    expect(leases.list(NOW).sort()).toEqual([1n, 2n, 3n]);
  });
});

describe('a new leader', () => {
  it('spreads expiries that would come faster than they can be revoked', () => {
    const leases = lessor();
    for (let id = 1n; id <= 3000n; id++) leases.grant(id, 10);
    leases.promote(0, NOW);
    const perSecond: number[] = [];
    for (let second = 0; second < 20; second++) {
      let expired = 0;
      for (const nowMs of [NOW + second * 1000, NOW + second * 1000 + 999]) {
        expired += leases.expired(nowMs, 1_000_000).length;
      }
      perSecond.push(expired);
      for (const id of leases.list(NOW)) {
        const left = leases.timeToLive(id, NOW + second * 1000 + 999);
        if (left !== undefined && left.ttlSeconds <= 0 && second >= 10) leases.revoke(id);
      }
    }
    expect(perSecond.slice(0, 10)).toEqual(Array(10).fill(0));
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(1000);
    expect(leases.count).toBe(0);
  });

  it('leaves expiries alone that are spread already', () => {
    const leases = lessor();
    for (let id = 1n; id <= 3000n; id++) leases.grant(id, 10 + 3 * Number(id % 500n));
    leases.promote(0, NOW);
    for (let id = 1n; id <= 3000n; id++) {
      expect(leases.timeToLive(id, NOW)?.ttlSeconds).toBe(10 + 3 * Number(id % 500n));
    }
  });
});

describe('checkpoints', () => {
  const options = { minTtlSeconds: 2, checkpoints: true };

  it('come every five minutes for leases that are longer', () => {
    const leases = new Lessor(new MemoryBackend(), options);
    leases.promote(0, NOW);
    leases.grant(1n, 3600);
    leases.grant(2n, 300);
    expect(leases.dueCheckpoints(NOW, 10)).toEqual([]);
    expect(leases.dueCheckpoints(NOW + 299_999, 10)).toEqual([]);
    expect(leases.dueCheckpoints(NOW + 300_000, 10)).toEqual([
      { id: 1n, remainingTtlSeconds: 3300 },
    ]);
    expect(leases.dueCheckpoints(NOW + 600_000, 10)).toEqual([]);
    leases.checkpoint(1n, 3300, true);
    expect(leases.dueCheckpoints(NOW + 600_000, 10)).toEqual([]);
    expect(leases.dueCheckpoints(NOW + 900_000, 10)).toEqual([
      { id: 1n, remainingTtlSeconds: 2700 },
    ]);
  });

  it('shorten the time at the next leader, also after a restart when persisted', () => {
    const backend = new MemoryBackend();
    const leases = new Lessor(backend, options);
    leases.grant(1n, 3600);
    leases.grant(2n, 3600);
    leases.checkpoint(1n, 100, true);
    leases.checkpoint(2n, 100, false);
    leases.checkpoint(3n, 100, true);
    leases.promote(0, NOW);
    expect(leases.timeToLive(1n, NOW)?.ttlSeconds).toBe(100);
    expect(leases.timeToLive(2n, NOW)?.ttlSeconds).toBe(100);
    const restarted = new Lessor(backend, options);
    restarted.promote(0, NOW);
    expect(restarted.timeToLive(1n, NOW)).toEqual({ ttlSeconds: 100, grantedTtlSeconds: 3600 });
    expect(restarted.timeToLive(2n, NOW)?.ttlSeconds).toBe(3600);
  });

  it('have to be taken back before a renewal', () => {
    const leases = new Lessor(new MemoryBackend(), options);
    leases.grant(1n, 3600);
    leases.checkpoint(1n, 100, true);
    leases.promote(0, NOW);
    expect(leases.renew(1n, NOW)).toEqual({ kind: 'checkpointed' });
    leases.checkpoint(1n, 0, true);
    expect(leases.renew(1n, NOW)).toEqual({ kind: 'renewed', ttlSeconds: 3600 });
    expect(leases.timeToLive(1n, NOW)?.ttlSeconds).toBe(3600);
  });
});

describe('a restart', () => {
  it('brings back what was committed, without keys', () => {
    const backend = new MemoryBackend();
    const leases = new Lessor(backend, OPTIONS);
    leases.grant(1n, 60);
    leases.grant(2n, 60);
    leases.attach(utf8Bytes('k'), 1n);
    leases.revoke(2n);
    backend.commit();
    leases.grant(3n, 60);
    const restarted = new Lessor(backend.lost(), { ...OPTIONS, minTtlSeconds: 90 });
    expect(restarted.list(NOW)).toEqual([1n]);
    expect(restarted.timeToLive(1n, NOW)?.grantedTtlSeconds).toBe(90);
    expect(restarted.attachedCount).toBe(0);
    leases.restore();
    expect(leases.leaseOf(utf8Bytes('k'))).toBe(0n);
  });
});

describe('metrics', () => {
  it('count what happened', () => {
    const registry = new MetricRegistry();
    const metrics = new LeaseMetrics(registry);
    const leases = new Lessor(new MemoryBackend(), { ...OPTIONS, metrics });
    leases.promote(0, NOW);
    leases.grant(1n, 60);
    leases.renew(1n, NOW);
    leases.revoke(1n);
    const text = registry.print();
    for (const name of ['granted', 'renewed', 'revoked']) {
      expect(text).toContain(`etcd_debugging_lease_${name}_total 1\n`);
    }
    expect(text).toContain('etcd_debugging_lease_ttl_total_sum 60\n');
  });
});
