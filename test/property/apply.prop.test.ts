// Goal: applying commands gives what etcd's rules say, and the same on every member.
// Method: random commands on the applier and on a model that is a plain map of keys per revision, written without looking
// at the applier's ways: no index, no columns, everything computed from full copies. Then the same commands on a second
// store, with crashes and another pace of commits, must leave the same bytes and the same hash.
// A failure means: an answer differs from etcd's, or members drift apart.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../server/apply/command.ts';
import type { OpResult } from '../../server/apply/result.ts';
import { utf8Bytes } from '../../server/base/bytes.ts';
import { isEtcdError } from '../../server/base/errors.ts';
import {
  type Compare,
  createCompare,
  createRangeRequest,
  createTxnRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from '../../server/proto/gen/rpc.ts';
import {
  ApplyWorld,
  deleteCommand,
  deleteOf,
  putCommand,
  putOf,
  readable,
  txnCommand,
} from '../support/apply-harness.ts';
import { KvModel } from '../support/kv-model.ts';
import { hashKv } from '../support/mvcc-harness.ts';

// ---- random commands over few keys, so that they meet

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const end = fc.constantFrom('', 'c', 'e', '\0', 'a');
const value = fc.constantFrom('', '1', '2', '33');
const lease = fc.constantFrom(0n, 0n, 1n, 2n, 3n);
const small = fc.integer({ min: 0, max: 12 });

const put = fc.record({
  key,
  value,
  lease,
  prevKv: fc.boolean(),
  ignoreValue: fc.boolean(),
  ignoreLease: fc.boolean(),
});
const putRequest = put.map(({ key: k, value: v, ...more }) => putOf(k, v, more));
const deletion = fc.tuple(key, end, fc.boolean()).map(([k, e, p]) => deleteOf(k, e, p));
const filter = fc.constantFrom(0, 0, 0, 3, 6);
const rangeRequest: fc.Arbitrary<RangeRequest> = fc
  .record({
    key,
    end,
    limit: fc.constantFrom(0, 0, 1, 2, 4),
    revision: fc.constantFrom(0, 0, 0, 2, 5, 9),
    sortOrder: fc.constantFrom(0, 0, 1, 2),
    sortTarget: fc.constantFrom(0, 0, 1, 2, 3, 4),
    keysOnly: fc.boolean(),
    countOnly: fc.constantFrom(false, false, true),
    minModRevision: filter,
    maxModRevision: filter,
    minCreateRevision: filter,
    maxCreateRevision: filter,
  })
  .map(({ key: k, end: e, ...more }) =>
    createRangeRequest({ ...more, key: utf8Bytes(k), rangeEnd: utf8Bytes(e) }),
  );
const comparison: fc.Arbitrary<Compare> = fc
  .record({
    key,
    end,
    result: fc.integer({ min: 0, max: 3 }),
    target: fc.integer({ min: 0, max: 4 }),
    number: small,
    value,
    lease,
  })
  .map(({ key: k, end: e, number, value: v, ...more }) =>
    createCompare({
      ...more,
      key: utf8Bytes(k),
      rangeEnd: utf8Bytes(e),
      version: number,
      createRevision: number,
      modRevision: number,
      value: utf8Bytes(v),
    }),
  );

function op(kind: 'range' | 'put' | 'delete' | 'txn', request: unknown): RequestOp {
  return {
    requestRange: undefined,
    requestPut: undefined,
    requestDeleteRange: undefined,
    requestTxn: undefined,
    [{ range: 'requestRange', put: 'requestPut', delete: 'requestDeleteRange', txn: 'requestTxn' }[
      kind
    ]]: request,
  };
}

function txnRequest(depth: number): fc.Arbitrary<TxnRequest> {
  const simple: fc.Arbitrary<RequestOp>[] = [
    rangeRequest.map((request) => op('range', request)),
    putRequest.map((request) => op('put', request)),
    deletion.map((request) => op('delete', request)),
  ];
  const ops = fc.array(
    depth === 0
      ? fc.oneof(...simple)
      : fc.oneof(
          ...simple,
          txnRequest(depth - 1).map((request) => op('txn', request)),
        ),
    { maxLength: 3 },
  );
  return fc
    .record({ compare: fc.array(comparison, { maxLength: 2 }), success: ops, failure: ops })
    .map((parts) => createTxnRequest(parts));
}

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: putRequest.map((request): Command => ({ kind: 'put', request })) },
  { weight: 2, arbitrary: deletion.map((request): Command => ({ kind: 'deleteRange', request })) },
  { weight: 3, arbitrary: rangeRequest.map((request): Command => ({ kind: 'range', request })) },
  { weight: 4, arbitrary: txnRequest(2).map((request): Command => ({ kind: 'txn', request })) },
  {
    weight: 2,
    arbitrary: lease.map((id): Command => ({ kind: 'leaseGrant', request: { id, ttl: 60 } })),
  },
  { weight: 1, arbitrary: lease.map((id): Command => ({ kind: 'leaseRevoke', request: { id } })) },
  {
    weight: 1,
    // Not 0: as in etcd, a restart forgets that nothing was compacted.
    arbitrary: fc
      .integer({ min: 1, max: 12 })
      .map((revision): Command => ({ kind: 'compaction', request: { revision, physical: false } })),
  },
);

/** Results as the model writes them: without a place in a chain of types. */
function answerOf(world: ApplyWorld, next: Command): unknown {
  const outcome = world.apply(next);
  return isEtcdError(outcome) ? outcome.code : readable(outcome as OpResult);
}

describe('applying', () => {
  it('answers as a model of plain maps does', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const world = new ApplyWorld();
        const model = new KvModel();
        for (const next of commands) expect(answerOf(world, next)).toEqual(model.apply(next));
        expect(world.rows('\0')).toEqual(model.rows());
        for (const id of [1n, 2n, 3n]) {
          expect(world.lessor.has(id)).toBe(model.leases.has(id));
          const attached = model.rows().filter((kv) => kv.lease === id);
          const keys = world.lessor.has(id) ? world.lessor.keysOf(id) : [];
          expect(keys).toEqual(attached.map((kv) => utf8Bytes(kv.key)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves the same bytes on every member, at any pace and through restarts', () => {
    const paces = fc.array(fc.tuple(command, fc.integer({ min: 0, max: 5 })), { maxLength: 30 });
    fc.assert(
      fc.property(paces, (steps) => {
        const first = new ApplyWorld();
        for (const [next] of steps) first.apply(next);
        finishCompactions(first);
        let second = new ApplyWorld();
        for (const [next, pace] of steps) {
          second.apply(next);
          if (pace === 1) second.backend.commit();
          if (pace === 2) finishCompactions(second);
          if (pace === 3) {
            second.backend.commit();
            second = restarted(second);
          }
        }
        finishCompactions(second);
        expect(stateOf(second)).toEqual(stateOf(first));
        expect(hashKv(second.store, 0)).toEqual(hashKv(first.store, 0));
      }),
      { numRuns: 150 },
    );
  });
});

describe('the model', () => {
  it('tells right from wrong: a put that is not made shows', () => {
    const world = new ApplyWorld();
    const model = new KvModel();
    world.apply(putCommand('a', '1'));
    expect(answerOf(world, txnCommand({}))).not.toEqual(model.apply(txnCommand({})));
    expect(answerOf(world, deleteCommand('a'))).not.toEqual(model.apply(deleteCommand('a')));
  });
});

/** The same store opened again; leases get their keys back as at a start. */
function restarted(world: ApplyWorld): ApplyWorld {
  const again = new ApplyWorld({ backend: world.backend.lost() });
  again.store.restore((held, id) => again.lessor.attach(held, id)).run();
  return again;
}

function finishCompactions(world: ApplyWorld): void {
  for (let job = world.store.pendingCompaction; job; job = world.store.pendingCompaction) {
    job.step(3);
  }
}

function stateOf({ backend, store }: ApplyWorld): unknown {
  return {
    revision: store.revision,
    records: backend.records(),
    leases: backend.entries('lease'),
    meta: backend.entries('meta'),
  };
}
