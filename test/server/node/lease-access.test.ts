// Goal: leases expire on the leader and only there, keep-alives answer what the log says in the end, looks are right.
// Method: a real lessor and stepped time. A failure means keys that vanish while their client is alive, or never.
import { beforeEach, describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../../server/base/bytes.ts';
import { EtcdError, type EtcdErrorCode, isEtcdError } from '../../../server/base/errors.ts';
import { Lessor } from '../../../server/lease/lessor.ts';
import { LeaseAccess, type LeaseTimes } from '../../../server/node/lease-access.ts';
import { LeaseKeeper } from '../../../server/node/lease-keeper.ts';
import { RequestIdGenerator } from '../../../server/node/request-id.ts';
import { MemoryBackend } from '../../support/memory-backend.ts';
import { SteppedTime } from '../../support/stepped-scheduler.ts';

const ELECTION_MS = 1000;

let time: SteppedTime;
let lessor: Lessor;
let revoked: bigint[];
let resets: bigint[];
let keeper: LeaseKeeper;
let access: LeaseAccess;
/** What the leader says to the next questions; notLeader when nothing is left. */
let leaderSays: (number | EtcdErrorCode)[];
let leaderAsked: number;
/** What a read index comes to. */
let readAnswer: EtcdError | undefined;
let readsAsked: number;
/** What this member knows of its leadership. */
let term: number;
let isCaughtUp: boolean;

function setUp(checkpoints: boolean): void {
  time = new SteppedTime();
  lessor = new Lessor(new MemoryBackend(), { minTtlSeconds: 2, checkpoints });
  revoked = [];
  resets = [];
  leaderSays = [];
  leaderAsked = 0;
  keeper = new LeaseKeeper(lessor, { clock: time, scheduler: time }, ELECTION_MS, (id) => {
    revoked.push(id);
  });
  readAnswer = undefined;
  readsAsked = 0;
  term = 7;
  isCaughtUp = true;
  access = new LeaseAccess({
    lessor,
    readIndex: (listener) => {
      readsAsked++;
      listener.onReadable(readAnswer);
    },
    leadership: { term: () => term, isCaughtUp: () => isCaughtUp, proofMs: 500 },
    ids: new RequestIdGenerator(5n, 0),
    clock: time,
    scheduler: time,
    requestTimeoutMs: 7000,
    resetCheckpoint: (id, done) => {
      resets.push(id);
      lessor.checkpoint(id, 0, false);
      done();
    },
    leader: {
      renew: (_id, done) => done(askLeader()),
      timeToLive: (_id, _withKeys, done) => {
        const ttlSeconds = askLeader();
        const times = { grantedTtlSeconds: 60, keys: [] };
        done(typeof ttlSeconds === 'number' ? { ttlSeconds, ...times } : ttlSeconds);
      },
    },
  });
}

function askLeader(): number | EtcdError {
  leaderAsked++;
  const said = leaderSays.shift() ?? 'notLeader';
  return typeof said === 'number' ? said : new EtcdError(said);
}

beforeEach(() => setUp(false));

/** What a renewal answered so far: seconds, a code, or nothing. */
function renewed(id: bigint): (number | string)[] {
  const results: (number | string)[] = [];
  access.renewHere(id, (result) => results.push(isEtcdError(result) ? result.code : result));
  return results;
}

function look(id: bigint, withKeys = false): LeaseTimes | string {
  let seen: LeaseTimes | string = 'no answer';
  access.timeToLiveHere(id, withKeys, (result) => {
    seen = isEtcdError(result) ? result.code : result;
  });
  return seen;
}

describe('expiry', () => {
  it('proposes what has run out, again until it is revoked', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    lessor.grant(2n, 60);
    time.advance(10_000);
    expect(revoked).toEqual([]);
    time.advance(1000);
    expect(revoked).toEqual([1n]);
    time.advance(5000);
    expect(revoked.length).toBeGreaterThan(1);
    expect(new Set(revoked)).toEqual(new Set([1n]));
    lessor.revoke(1n);
    const before = revoked.length;
    time.advance(10_000);
    expect(revoked).toHaveLength(before);
  });

  it('a new leader gives every lease its time and one election timeout more', () => {
    lessor.grant(1n, 10);
    time.advance(100_000);
    keeper.promote();
    time.advance(10_900);
    expect(revoked).toEqual([]);
    time.advance(1000);
    expect(revoked).toEqual([1n]);
  });

  it('stops with leadership', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    keeper.demote();
    expect(time.timerCount).toBe(0);
    time.advance(60_000);
    expect(revoked).toEqual([]);
    keeper.promote();
    keeper.promote();
    expect(time.timerCount).toBe(1);
    keeper.stop();
    expect(time.timerCount).toBe(0);
  });
});

describe('keep-alive', () => {
  it('starts the countdown over', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    time.advance(9000);
    expect(renewed(1n)).toEqual([10]);
    time.advance(9000);
    expect(revoked).toEqual([]);
    expect(look(1n)).toMatchObject({ ttlSeconds: 1, grantedTtlSeconds: 10 });
  });

  it('tells unknown leases, and that only the leader knows', () => {
    lessor.grant(1n, 10);
    expect(renewed(1n)).toEqual(['notLeader']);
    keeper.promote();
    expect(renewed(2n)).toEqual(['leaseNotFound']);
  });

  it('is refused by a leader that cannot prove that it still leads', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    time.advance(9000);
    readAnswer = new EtcdError('timeout');
    expect(renewed(1n)).toEqual(['timeout']);
    expect(renewed(2n)).toEqual(['timeout']);
    expect(look(2n)).toBe('timeout');
    time.advance(2000);
    expect(revoked).toEqual([1n]);
  });

  it('rests on a proof of leadership for half an election timeout', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    expect([renewed(1n), readsAsked]).toEqual([[10], 1]);
    time.advance(499);
    expect([renewed(1n), look(2n), readsAsked]).toEqual([[10], 'leaseNotFound', 1]);
    time.advance(1);
    readAnswer = new EtcdError('timeout');
    expect([renewed(1n), readsAsked]).toEqual([['timeout'], 2]);
  });

  it('rests on no proof of another term, nor while leadership is handed over', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    renewed(1n);
    term = 8;
    renewed(1n);
    expect(readsAsked).toBe(2);
    term = 0;
    renewed(1n);
    renewed(1n);
    expect(readsAsked).toBe(4);
  });

  it('asks when there is something to apply, which may be a grant', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    renewed(1n);
    isCaughtUp = false;
    renewed(1n);
    expect(readsAsked).toBe(2);
    isCaughtUp = true;
    renewed(1n);
    expect(readsAsked).toBe(2);
  });

  it('of a lease that has run out waits for the revocation', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    time.advance(11_000);
    const results = renewed(1n);
    time.advance(100);
    expect(results).toEqual([]);
    lessor.revoke(1n);
    time.advance(100);
    expect(results).toEqual(['leaseNotFound']);
  });

  it('of a lease that has run out ends with leadership, or with its own time', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    lessor.grant(2n, 10);
    time.advance(11_000);
    const first = renewed(1n);
    time.advance(6000);
    const second = renewed(2n);
    time.advance(1100);
    expect(first).toEqual(['timeout']);
    expect(second).toEqual([]);
    keeper.demote();
    time.advance(100);
    expect(second).toEqual(['notLeader']);
  });

  it('of a lease with a checkpoint takes the checkpoint back first', () => {
    setUp(true);
    keeper.promote();
    lessor.grant(1n, 1000);
    lessor.checkpoint(1n, 400, false);
    expect(renewed(1n)).toEqual([1000]);
    expect(resets).toEqual([1n]);
  });
});

describe('looks', () => {
  it('tell the time, and keys when asked', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    lessor.attach(utf8Bytes('b'), 1n);
    lessor.attach(utf8Bytes('a'), 1n);
    expect(look(1n)).toMatchObject({ ttlSeconds: 10 });
    time.advance(500);
    expect(look(1n)).toEqual({ ttlSeconds: 9, grantedTtlSeconds: 10, keys: [] });
    expect(look(1n, true)).toMatchObject({ keys: [utf8Bytes('a'), utf8Bytes('b')] });
    expect(look(2n)).toBe('leaseNotFound');
    keeper.demote();
    expect(look(1n)).toBe('notLeader');
  });

  it('list by the time that is left', () => {
    keeper.promote();
    lessor.grant(1n, 60);
    lessor.grant(2n, 10);
    lessor.grant(3n, 30);
    expect(access.list()).toEqual([2n, 3n, 1n]);
  });
});

describe('through the leader', () => {
  /** What a client's keep-alive answered so far. */
  function asked(id: bigint): (number | string)[] {
    const results: (number | string)[] = [];
    access.renew(id, (result) => results.push(isEtcdError(result) ? result.code : result));
    return results;
  }

  it('a leader answers itself', () => {
    keeper.promote();
    lessor.grant(1n, 10);
    expect(asked(1n)).toEqual([10]);
    expect(asked(2n)).toEqual(['leaseNotFound']);
    expect(leaderAsked).toBe(0);
  });

  it('a follower passes on what the leader says', () => {
    leaderSays = [33, 'leaseNotFound', 44];
    expect(asked(1n)).toEqual([33]);
    expect(asked(1n)).toEqual(['leaseNotFound']);
    let times: unknown;
    access.timeToLive(1n, false, (result) => {
      times = result;
    });
    expect(times).toMatchObject({ ttlSeconds: 44 });
  });

  it('asks again while leadership moves, here first', () => {
    leaderSays = ['notLeader', 'timeout'];
    lessor.grant(1n, 10);
    const results = asked(1n);
    time.advance(60);
    expect(results).toEqual([]);
    keeper.promote();
    time.advance(60);
    expect(results).toEqual([10]);
    expect(leaderAsked).toBe(2);
  });

  it('gives up after the request time', () => {
    const results = asked(1n);
    time.advance(6900);
    expect(results).toEqual([]);
    time.advance(200);
    expect(results).toEqual(['timeout']);
    expect(time.timerCount).toBe(0);
  });
});

it('new ids are positive and differ', () => {
  const ids = new Set(Array.from({ length: 1000 }, () => access.nextLeaseId()));
  expect(ids.size).toBe(1000);
  for (const id of ids) expect(id > 0n && id < 1n << 63n).toBe(true);
});
