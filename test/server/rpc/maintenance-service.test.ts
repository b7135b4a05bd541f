// Goal: Maintenance, Cluster and Health answer with the headers and errors that etcd gives. Method: fake calls with small
// ports in place of the member. A failure means tools that show nonsense, or backups that do not verify.
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { concatBytes, EMPTY_BYTES } from '../../../server/base/bytes.ts';
import { EtcdError } from '../../../server/base/errors.ts';
import {
  decodeHealthCheckResponse,
  encodeHealthCheckRequest,
  ServingStatus,
} from '../../../server/proto/gen/health.ts';
import {
  createMember,
  createStatusResponse,
  decodeAlarmResponse,
  decodeHashKVResponse,
  decodeHashResponse,
  decodeMemberAddResponse,
  decodeMemberListResponse,
  decodeMemberPromoteResponse,
  decodeMemberRemoveResponse,
  decodeMemberUpdateResponse,
  decodeSnapshotResponse,
  decodeStatusResponse,
  encodeAlarmRequest,
  encodeHashKVRequest,
  encodeMemberAddRequest,
  encodeMemberListRequest,
  encodeMemberPromoteRequest,
  encodeMemberRemoveRequest,
  encodeMemberUpdateRequest,
  encodeMoveLeaderRequest,
} from '../../../server/proto/gen/rpc.ts';
import { type ClusterPort, createClusterService } from '../../../server/rpc/cluster-service.ts';
import type { ServiceTable } from '../../../server/rpc/grpc/types.ts';
import { createHealthService, HealthState } from '../../../server/rpc/health-service.ts';
import { SNAPSHOT_STALL_MS } from '../../../server/rpc/limits.ts';
import {
  createMaintenanceService,
  type MaintenancePort,
} from '../../../server/rpc/maintenance-service.ts';
import type { SnapshotSource } from '../../../server/rpc/snapshot-stream.ts';
import { callStream, callUnary, endOf, type FakeServerStream } from '../../support/fake-call.ts';
import { RpcWorld } from '../../support/rpc-harness.ts';

const PATH = '/etcdserverpb.Maintenance/';

let world: RpcWorld;

beforeEach(() => {
  world = new RpcWorld();
  world.start();
});

const STATUS = createStatusResponse({
  version: '3.7.1',
  dbSize: 100,
  leader: 1n,
  raftIndex: 5,
  raftTerm: 2,
  raftAppliedIndex: 5,
  errors: ['memberID:1 alarm:NOSPACE '],
  dbSizeInUse: 50,
  storageVersion: '3.7.0',
  dbSizeQuota: 2 ** 31,
  downgradeInfo: { enabled: false, targetVersion: '' },
});

function maintenance(port: Partial<MaintenancePort> = {}): ServiceTable {
  const { header: _header, ...status } = STATUS;
  return createMaintenanceService({
    proposer: world.node,
    header: world.header,
    scheduler: world.time,
    port: {
      status: () => status,
      revision: () => world.store.revision,
      defragment: (done) => done(),
      hash: (done) => done(77),
      hashKv: (revision, done) =>
        done({ hash: 88, compactRevision: 3, hashRevision: revision, currentRevision: 9 }),
      moveLeader: (_targetId, done) => done(),
      openSnapshot: (done) => {
        done(new Error('no snapshot'));
        return () => undefined;
      },
      storageVersion: () => '3.7.0',
      ...port,
    },
  });
}

describe('maintenance', () => {
  it('status', () => {
    const bytes = world.answer(maintenance(), `${PATH}Status`, EMPTY_BYTES);
    expect(decodeStatusResponse(bytes)).toEqual({ ...STATUS, header: world.fullHeader(1) });
  });

  it('alarms go through the log, also to be listed', () => {
    const table = maintenance();
    const alarm = (action: number, kind: number): unknown => {
      const message = encodeAlarmRequest({ action, memberId: 5n, alarm: kind });
      return decodeAlarmResponse(world.answer(table, `${PATH}Alarm`, message));
    };
    const raised = [{ memberId: 5n, alarm: 1 }];
    const before = world.log.entries.length;
    expect(alarm(1, 1)).toEqual({ header: world.fullHeader(1), alarms: raised });
    expect(alarm(0, 0)).toMatchObject({ alarms: raised });
    expect(alarm(2, 1)).toMatchObject({ alarms: raised });
    expect(alarm(0, 0)).toMatchObject({ alarms: [] });
    expect(world.log.entries).toHaveLength(before + 4);
  });

  it('hashes', () => {
    const table = maintenance();
    expect(decodeHashResponse(world.answer(table, `${PATH}Hash`, EMPTY_BYTES))).toEqual({
      header: world.fullHeader(1),
      hash: 77,
    });
    const message = encodeHashKVRequest({ revision: 7 });
    expect(decodeHashKVResponse(world.answer(table, `${PATH}HashKV`, message))).toEqual({
      header: world.fullHeader(9),
      hash: 88,
      compactRevision: 3,
      hashRevision: 7,
    });
  });

  it.each([
    ['Hash', { hash: (done: (error: Error) => void) => done(new Error('disk')) }, '2 disk'],
    [
      'HashKV',
      {
        hashKv: (_revision: number, done: (error: Error) => void) =>
          done(new EtcdError('compacted')),
      },
      '11 etcdserver: mvcc: required revision has been compacted',
    ],
    ['Defragment', { defragment: (done: (error: unknown) => void) => done('broken') }, '2 broken'],
    [
      'MoveLeader',
      {
        moveLeader: (_id: bigint, done: (error: EtcdError) => void) =>
          done(new EtcdError('notLeader')),
      },
      '9 etcdserver: not leader',
    ],
  ])('%s tells what went wrong', (method, port, text) => {
    expect(endOf(callUnary(maintenance(port), PATH + method, EMPTY_BYTES))).toBe(text);
  });

  it('defragmentation and a move of leadership have no header', () => {
    const moved: bigint[] = [];
    const table = maintenance({
      moveLeader: (targetId, done) => {
        moved.push(targetId);
        done();
      },
    });
    expect(world.answer(table, `${PATH}Defragment`, EMPTY_BYTES)).toEqual(EMPTY_BYTES);
    const message = encodeMoveLeaderRequest({ targetId: 0xffff_ffff_ffff_fff0n });
    expect(world.answer(table, `${PATH}MoveLeader`, message)).toEqual(EMPTY_BYTES);
    expect(moved).toEqual([0xffff_ffff_ffff_fff0n]);
  });
});

/** A snapshot whose reads the test answers. */
class FakeSource implements SnapshotSource {
  readonly totalBytes: number;
  isClosed = false;
  pending: (() => void) | undefined = undefined;
  #at = 0;
  readonly #content: Uint8Array;
  /** One for all reads: what is sent must not be a view of it. */
  #piece = new Uint8Array(0);

  constructor(content: Uint8Array) {
    this.#content = content;
    this.totalBytes = content.length;
  }

  read(sizeBytes: number, done: (result: Uint8Array | Error) => void): void {
    this.pending = () => {
      this.pending = undefined;
      const next = this.#content.subarray(this.#at, this.#at + sizeBytes);
      this.#at += next.length;
      if (this.#piece.length < next.length) this.#piece = new Uint8Array(sizeBytes);
      this.#piece.set(next);
      done(this.#piece.subarray(0, next.length));
    };
  }

  close(): void {
    this.isClosed = true;
  }

  /** Answers reads for as long as there are any. */
  run(): void {
    while (this.pending !== undefined) this.pending();
  }
}

describe('snapshot', () => {
  const CONTENT = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);

  function start(content: Uint8Array, room?: number): [FakeServerStream, FakeSource] {
    const source = new FakeSource(content);
    const table = maintenance({
      openSnapshot: (done) => {
        done(source);
        return () => undefined;
      },
    });
    const options = room === undefined ? {} : { room };
    return [callStream(table, `${PATH}Snapshot`, EMPTY_BYTES, options), source];
  }

  it('is the file in pieces of 32 KiB, then its digest', () => {
    const [call, source] = start(CONTENT);
    source.run();
    const pieces = call.sent.map((bytes) => decodeSnapshotResponse(bytes));
    expect(pieces.map(({ blob }) => blob.length)).toEqual([32768, 32768, 32768, 1696, 32]);
    expect(pieces.map(({ remainingBytes }) => remainingBytes)).toEqual([67232, 34464, 1696, 0, 0]);
    expect(concatBytes(pieces.slice(0, -1).map(({ blob }) => blob))).toEqual(CONTENT);
    const digest = createHash('sha256').update(CONTENT).digest();
    expect([...(pieces.at(-1)?.blob ?? [])]).toEqual([...digest]);
    for (const piece of pieces)
      expect(piece).toMatchObject({ version: '3.7.0', header: undefined });
    expect(endOf(call)).toBe('ok');
    expect(source.isClosed).toBe(true);
  });

  it('of nothing is the digest alone', () => {
    const [call, source] = start(EMPTY_BYTES);
    source.run();
    expect(call.sent).toHaveLength(1);
  });

  it('is read as the client takes it', () => {
    const [call, source] = start(CONTENT, 1);
    source.run();
    expect(call.sent).toHaveLength(1);
    call.drain(1);
    source.run();
    expect(call.sent).toHaveLength(2);
    call.drain();
    call.drain();
    source.run();
    expect(call.sent).toHaveLength(5);
  });

  it('is let go when the client leaves, also in the middle of a read', () => {
    const [call, source] = start(CONTENT);
    call.cancel();
    expect(source.isClosed).toBe(true);
    source.run();
    expect(call.sent).toEqual([]);
  });

  it('is let go when it is ready only after the client left', () => {
    const source = new FakeSource(CONTENT);
    const ready: (() => void)[] = [];
    const table = maintenance({
      openSnapshot: (done) => {
        ready.push(() => done(source));
        return () => undefined;
      },
    });
    const call = callStream(table, `${PATH}Snapshot`, EMPTY_BYTES);
    call.cancel();
    for (const run of ready) run();
    expect(source.isClosed).toBe(true);
  });

  it('is not made any further when the client leaves while it is made', () => {
    let cancelCount = 0;
    let tell: (result: Error) => void = () => undefined;
    const table = maintenance({
      openSnapshot: (done) => {
        tell = done;
        return () => {
          cancelCount++;
        };
      },
    });
    const call = callStream(table, `${PATH}Snapshot`, EMPTY_BYTES);
    expect(cancelCount).toBe(0);
    call.cancel();
    expect(cancelCount).toBe(1);
    tell(new EtcdError('canceled'));
    expect([call.sent, endOf(call)]).toEqual([[], '1 gone']);
    const stopped = callStream(table, `${PATH}Snapshot`, EMPTY_BYTES);
    tell(new EtcdError('stopped'));
    expect(endOf(stopped)).toBe('14 etcdserver: server stopped');
    const refused = callStream(table, `${PATH}Snapshot`, EMPTY_BYTES);
    tell(new EtcdError('noSpaceForSnapshot'));
    expect(endOf(refused)).toBe('8 etcdserver: not enough disk space for a snapshot');
  });

  it('is let go when the client takes nothing for minutes, not when it is slow', () => {
    const [call, source] = start(CONTENT, 1);
    source.run();
    world.time.advance(SNAPSHOT_STALL_MS - 1);
    call.drain(1);
    world.time.advance(1);
    source.run();
    expect(call.sent).toHaveLength(2);
    world.time.advance(SNAPSHOT_STALL_MS - 1);
    expect([endOf(call), source.isClosed]).toEqual(['open after 2', false]);
    world.time.advance(1);
    expect([endOf(call), source.isClosed]).toEqual(['14 etcdserver: request timed out', true]);
    const [other, taken] = start(CONTENT, 1);
    taken.run();
    other.drain();
    taken.run();
    world.time.advance(SNAPSHOT_STALL_MS);
    expect([other.sent.length, endOf(other)]).toEqual([5, 'ok']);
  });

  it('that cannot be made or read fails', () => {
    const failed = callStream(maintenance(), `${PATH}Snapshot`, EMPTY_BYTES);
    expect(endOf(failed)).toBe('2 no snapshot');
    const [call, source] = start(CONTENT);
    source.read = (_sizeBytes, done) => done(new Error('disk'));
    source.pending?.();
    expect(endOf(call)).toBe('2 disk');
    expect(source.isClosed).toBe(true);
  });
});

describe('cluster', () => {
  const PATH_OF = '/etcdserverpb.Cluster/';
  const ONE = createMember({ id: 1n, name: 'm1', peerUrls: ['http://a:2380'] });
  const TWO = createMember({ id: 2n, peerUrls: ['http://b:2380'], isLearner: true });
  /** etcd leaves the revision out here. */
  const header = (): unknown => world.fullHeader(0);

  function cluster(port: Partial<ClusterPort> = {}): ServiceTable {
    return createClusterService({
      proposer: world.node,
      header: world.header,
      cluster: {
        members: () => [ONE, TWO],
        add: (_urls, _isLearner, done) => done({ member: TWO, members: [ONE, TWO] }),
        remove: (_id, done) => done([ONE]),
        update: (_id, _urls, done) => done([ONE]),
        promote: (_id, _authorization, done) => done([ONE]),
        ...port,
      },
    });
  }

  it('lists the members, after a read index when asked', () => {
    const list = (linearizable: boolean): Uint8Array => encodeMemberListRequest({ linearizable });
    const local = callUnary(cluster(), `${PATH_OF}MemberList`, list(false));
    expect(decodeMemberListResponse(local.sent[0] ?? EMPTY_BYTES)).toEqual({
      header: header(),
      members: [ONE, TWO],
    });
    const linearizable = callUnary(cluster(), `${PATH_OF}MemberList`, list(true));
    expect(endOf(linearizable)).toBe('open after 0');
    world.time.settle();
    expect(endOf(linearizable)).toBe('ok');
  });

  it('answers changes with the members after them', () => {
    const asked: unknown[] = [];
    const table = cluster({
      add: (urls, isLearner, done) => {
        asked.push([...urls], isLearner);
        done({ member: TWO, members: [ONE, TWO] });
      },
    });
    const add = encodeMemberAddRequest({ peerUrls: ['http://b:2380'], isLearner: true });
    const added = world.answer(table, `${PATH_OF}MemberAdd`, add);
    expect(decodeMemberAddResponse(added)).toEqual({
      header: header(),
      member: TWO,
      members: [ONE, TWO],
    });
    expect(asked).toEqual([['http://b:2380'], true]);
    const members = [ONE];
    const remove = encodeMemberRemoveRequest({ id: 2n });
    expect(
      decodeMemberRemoveResponse(world.answer(table, `${PATH_OF}MemberRemove`, remove)),
    ).toEqual({ header: header(), members });
    const update = encodeMemberUpdateRequest({ id: 1n, peerUrls: ['http://c:2380'] });
    expect(
      decodeMemberUpdateResponse(world.answer(table, `${PATH_OF}MemberUpdate`, update)),
    ).toEqual({ header: header(), members });
    const promote = encodeMemberPromoteRequest({ id: 2n });
    expect(
      decodeMemberPromoteResponse(world.answer(table, `${PATH_OF}MemberPromote`, promote)),
    ).toEqual({ header: header(), members });
  });

  it.each([
    ['memberBadUrls', '3 etcdserver: given member URLs are invalid'],
    ['peerUrlExist', '9 etcdserver: Peer URLs already exists'],
    ['memberNotFound', '5 etcdserver: member not found'],
    ['tooManyLearners', '9 etcdserver: too many learner members in cluster'],
    [
      'learnerNotReady',
      '9 etcdserver: can only promote a learner member which is in sync with leader',
    ],
    ['memberNotLearner', '9 etcdserver: can only promote a learner member'],
    ['unhealthy', '14 etcdserver: unhealthy cluster'],
    // etcd: this one loses its status on the way.
    [
      'memberNotEnoughStarted',
      '2 etcdserver: re-configuration failed due to not enough started members',
    ],
  ] as const)('refuses with %s', (code, text) => {
    const refuse = (done: (error: EtcdError) => void): void => done(new EtcdError(code));
    const table = cluster({
      add: (_urls, _isLearner, done) => refuse(done),
      remove: (_id, done) => refuse(done),
      update: (_id, _urls, done) => refuse(done),
      promote: (_id, _authorization, done) => refuse(done),
    });
    for (const method of ['Add', 'Remove', 'Update', 'Promote']) {
      expect(endOf(callUnary(table, `${PATH_OF}Member${method}`, EMPTY_BYTES))).toBe(text);
    }
  });
});

describe('health', () => {
  const PATH_OF = '/grpc.health.v1.Health/';
  const { serving, notServing, serviceUnknown } = ServingStatus;
  const statusOf = (bytes: Uint8Array | undefined): number =>
    decodeHealthCheckResponse(bytes ?? EMPTY_BYTES).status;

  it('checks the whole server and knows no other name', () => {
    const state = new HealthState();
    const table = createHealthService(state);
    const check = (service: string): ReturnType<typeof callUnary> =>
      callUnary(table, `${PATH_OF}Check`, encodeHealthCheckRequest({ service }));
    expect(statusOf(check('').sent[0])).toBe(serving);
    state.set(false);
    expect(statusOf(check('').sent[0])).toBe(notServing);
    expect(endOf(check('etcd'))).toBe('5 unknown service');
  });

  it('tells watchers of changes until they leave', () => {
    const state = new HealthState();
    const table = createHealthService(state);
    const watch = callStream(table, `${PATH_OF}Watch`, EMPTY_BYTES);
    state.set(true);
    state.set(false);
    state.set(true);
    expect(watch.sent.map(statusOf)).toEqual([serving, notServing, serving]);
    watch.cancel();
    state.set(false);
    expect(watch.sent).toHaveLength(3);
    const unknown = callStream(
      table,
      `${PATH_OF}Watch`,
      encodeHealthCheckRequest({ service: 'etcd' }),
    );
    expect(unknown.sent.map(statusOf)).toEqual([serviceUnknown]);
    expect(unknown.finished).toBe(false);
  });
});
