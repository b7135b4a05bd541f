// Goal: changes of the membership reach the log one after the other and every caller hears of its own. Method: a raft that
// takes or drops as told. A failure means changes that get lost, or an operator that waits for nothing.
import { beforeEach, expect, it } from 'vitest';
import { EtcdError } from '../../../server/base/errors.ts';
import { ConfChanges } from '../../../server/node/conf-changes.ts';
import { PENDING_CONF_CHANGES_MAX } from '../../../server/node/limits.ts';
import { decodeConfChange } from '../../../server/proto/gen/raft.ts';
import { ConfChangeType } from '../../../server/raft/types.ts';

let isTaken: boolean;
let proposed: bigint[];
let told: string[];
let changes: ConfChanges;

beforeEach(() => {
  isTaken = true;
  proposed = [];
  told = [];
  changes = new ConfChanges((data) => {
    if (!isTaken) return { kind: 'dropped', reason: 'noLeader' };
    proposed.push(decodeConfChange(data).id);
    return { kind: 'accepted' };
  });
});

function add(id: bigint, deadlineMs = 100): void {
  const change = { id, type: ConfChangeType.addNode, nodeId: 5n, context: new Uint8Array(0) };
  changes.add(change, deadlineMs, (error) => told.push(`${id} ${error?.code ?? 'applied'}`));
  changes.proposeNext();
}

it('are proposed one at a time, in the order asked', () => {
  add(1n);
  add(2n);
  changes.proposeNext();
  expect(proposed).toEqual([1n]);
  changes.applied(1n, undefined);
  changes.proposeNext();
  changes.proposeNext();
  expect(proposed).toEqual([1n, 2n]);
  changes.applied(2n, new EtcdError('memberNotFound'));
  expect(told).toEqual(['1 applied', '2 memberNotFound']);
});

it('are tried again until there is a leader', () => {
  isTaken = false;
  add(1n);
  changes.proposeNext();
  isTaken = true;
  changes.proposeNext();
  expect(proposed).toEqual([1n]);
});

it('of other members are nobody here', () => {
  add(1n);
  changes.applied(99n, undefined);
  expect(told).toEqual([]);
});

it('end with their time, and let the next one go', () => {
  add(1n, 100);
  add(2n, 200);
  changes.expire(99);
  expect(told).toEqual([]);
  changes.expire(100);
  changes.proposeNext();
  expect(told).toEqual(['1 timeout']);
  expect(proposed).toEqual([1n, 2n]);
  changes.applied(1n, undefined);
  expect(told).toEqual(['1 timeout']);
});

it('end with the member', () => {
  add(1n);
  add(2n);
  changes.failAll(new EtcdError('stopped'));
  expect(told).toEqual(['1 stopped', '2 stopped']);
});

it('are bounded', () => {
  for (let id = 1; id <= PENDING_CONF_CHANGES_MAX + 1; id++) add(BigInt(id));
  expect(told).toEqual([`${PENDING_CONF_CHANGES_MAX + 1} tooManyRequests`]);
});
