// Goal: calls are let in as etcd lets them in: versions counted without end of memory, no leader told to who asked, and
// learners serve what they may. Method: fake calls through the gate. A failure means clients that hang on a member
// without a leader, or reads from a member that is behind.
import { beforeEach, describe, expect, it } from 'vitest';
import { EMPTY_BYTES } from '../../../server/base/bytes.ts';
import { MetricRegistry } from '../../../server/base/metrics.ts';
import { encodeRangeRequest } from '../../../server/proto/gen/rpc.ts';
import { createGate, type Gate, type GateDeps } from '../../../server/rpc/gate.ts';
import type { BidiListener } from '../../../server/rpc/grpc/types.ts';
import { rangeOf } from '../../support/apply-harness.ts';
import { endOf, FakeBidi, FakeServerStream, FakeUnary } from '../../support/fake-call.ts';

const RANGE = '/etcdserverpb.KV/Range';
const WATCH = '/etcdserverpb.Watch/Watch';
const WANTS_LEADER = { metadata: { hasleader: 'true' } };

let hasLeader: boolean;
let isLearner: boolean;
let registry: MetricRegistry;
let gate: Gate;

beforeEach(() => setUp({}));

function setUp(more: Partial<GateDeps>): void {
  hasLeader = true;
  isLearner = false;
  registry = new MetricRegistry();
  gate = createGate({
    hasLeader: () => hasLeader,
    isLearner: () => isLearner,
    learnerServesReads: false,
    registry,
    ...more,
  });
}

function unary(
  path: string,
  message: Uint8Array = EMPTY_BYTES,
  metadata: Record<string, string> = {},
): string {
  const call = new FakeUnary(path, message, { metadata });
  return gate.interceptor(call) ? 'let in' : endOf(call);
}

describe('versions of clients', () => {
  it('are counted by kind', () => {
    unary(RANGE);
    unary(RANGE, EMPTY_BYTES, { 'client-api-version': '3.6' });
    unary(RANGE, EMPTY_BYTES, { 'client-api-version': '3.6' });
    gate.interceptor(new FakeBidi(WATCH, { metadata: { 'client-api-version': '3.6' } }));
    const text = registry.print();
    const total = (type: string, version: string): string =>
      `etcd_server_client_requests_total{client_api_version="${version}",type="${type}"}`;
    expect(text).toContain(`${total('unary', 'unknown')} 1`);
    expect(text).toContain(`${total('unary', '3.6')} 2`);
    expect(text).toContain(`${total('stream', '3.6')} 1`);
  });

  it('beyond some are counted together, the known ones still by themselves', () => {
    for (let i = 0; i < 100; i++) unary(RANGE, EMPTY_BYTES, { 'client-api-version': `${i}` });
    unary(RANGE, EMPTY_BYTES, { 'client-api-version': '0' });
    const lines = registry.print().split('\n');
    expect(lines.filter((line) => line.startsWith('etcd_server_client'))).toHaveLength(33);
    expect(lines.some((line) => line.includes('"0",type="unary"} 2'))).toBe(true);
    expect(lines.some((line) => line.includes('"other",type="unary"} 68'))).toBe(true);
  });

  it('that are no text are refused', () => {
    expect(unary(RANGE, EMPTY_BYTES, { 'client-api-version': '3.\ufffd' })).toBe(
      '3 etcdserver: invalid client api version',
    );
  });
});

describe('no leader', () => {
  it('is told to who asked, others wait', () => {
    hasLeader = false;
    expect(unary(RANGE)).toBe('let in');
    expect(unary(RANGE, EMPTY_BYTES, { hasleader: 'true' })).toBe('14 etcdserver: no leader');
    expect(unary(RANGE, EMPTY_BYTES, { hasleader: 'false' })).toBe('let in');
    hasLeader = true;
    expect(unary(RANGE, EMPTY_BYTES, { hasleader: 'true' })).toBe('let in');
  });

  it('ends streams that asked, at the third look, and tells their handlers', () => {
    const told: string[] = [];
    const listener: BidiListener = {
      onMessage: () => undefined,
      onHalfClosed: () => undefined,
      onDrain: () => undefined,
      onCancelled: (_call, reason) => told.push(reason),
    };
    const asked = new FakeBidi(WATCH, WANTS_LEADER);
    const other = new FakeBidi(WATCH);
    const gone = new FakeBidi(WATCH, WANTS_LEADER);
    for (const call of [asked, other, gone]) {
      call.listener = listener;
      expect(gate.interceptor(call)).toBe(true);
    }
    gone.end();
    const look = (leader: boolean): void => {
      hasLeader = leader;
      gate.checkLeader();
    };
    for (const leader of [false, false, true, false, false]) look(leader);
    expect(endOf(asked)).toMatch(/^open/);
    look(false);
    expect(endOf(asked)).toBe('14 etcdserver: no leader');
    expect(told).toEqual(['stopping']);
    expect(endOf(other)).toMatch(/^open/);
    look(false);
    expect(told).toEqual(['stopping']);
  });
});

describe('a learner', () => {
  const refused = '9 etcdserver: rpc not supported for learner';
  const local = encodeRangeRequest(rangeOf('a', '', { serializable: true }));
  const linearizable = encodeRangeRequest(rangeOf('a'));

  it('serves its status, snapshots and reads of its own', () => {
    isLearner = true;
    expect(unary('/etcdserverpb.Maintenance/Status')).toBe('let in');
    expect(unary(RANGE, local)).toBe('let in');
    expect(unary(RANGE, linearizable)).toBe(refused);
    expect(unary('/etcdserverpb.KV/Put')).toBe(refused);
    expect(unary('/grpc.health.v1.Health/Check')).toBe(refused);
    const watch = new FakeBidi(WATCH);
    expect(gate.interceptor(watch)).toBe(false);
    expect(endOf(watch)).toBe(refused);
    const snapshot = new FakeServerStream('/etcdserverpb.Maintenance/Snapshot', EMPTY_BYTES);
    expect(gate.interceptor(snapshot)).toBe(true);
  });

  it('serves all reads and watches when it is told to', () => {
    setUp({ learnerServesReads: true });
    isLearner = true;
    expect(unary(RANGE, linearizable)).toBe('let in');
    expect(gate.interceptor(new FakeBidi(WATCH))).toBe(true);
    expect(unary('/etcdserverpb.KV/Put')).toBe(refused);
  });
});
