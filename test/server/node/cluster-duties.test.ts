// Goal: a member publishes itself until it is heard, the leader raises the cluster version as far as all members go, and
// compacts by itself. Method: a whole node over memory, stepped time. A failure means a member that never becomes ready
// or a cluster that stays at an old version.
import { describe, expect, it } from 'vitest';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import { createAutoCompactor } from '../../../server/node/auto-compactor.ts';
import { ClusterDuties, type ClusterDutiesDeps } from '../../../server/node/cluster-duties.ts';
import { NodeWorld } from '../../support/node-harness.ts';

function dutiesOf(world: NodeWorld, more: Partial<ClusterDutiesDeps> = {}): ClusterDuties {
  return new ClusterDuties({
    node: world.node,
    memberId: 1n,
    name: 'm1',
    clientUrls: ['http://127.0.0.1:2379'],
    serverMinorVersion: '3.7.0',
    clusterVersion: () => world.told.findLast((text) => text.startsWith('version'))?.slice(8),
    othersVersion: (done) => done('none'),
    revision: () => world.store.revision,
    compactor: undefined,
    clock: world.time,
    scheduler: world.time,
    logger: SILENT_LOGGER,
    ...more,
  });
}

function versionsOf(world: NodeWorld): string[] {
  return world.told.filter((text) => text.startsWith('version'));
}

describe('publishing', () => {
  it('is done when the log has it', () => {
    const world = new NodeWorld().start();
    let isPublished = false;
    dutiesOf(world).start(() => {
      isPublished = true;
    });
    expect(isPublished).toBe(false);
    world.time.settle();
    expect(isPublished).toBe(true);
    expect(world.told).toContain('attributes 1');
  });

  it('is tried again for as long as there is no leader, and not after the stop', () => {
    const world = new NodeWorld({ voters: [1n, 2n] }).start();
    const duties = dutiesOf(world);
    let isPublished = false;
    duties.start(() => {
      isPublished = true;
    });
    world.time.advance(8000);
    expect(world.node.pendingProposals).toBe(1);
    world.time.advance(8000);
    expect(world.node.pendingProposals).toBe(1);
    duties.stop();
    world.time.advance(8000);
    expect(world.node.pendingProposals).toBe(0);
    expect(isPublished).toBe(false);
  });
});

describe('the cluster version', () => {
  it('of a member alone is its own', () => {
    const world = new NodeWorld().start();
    const duties = dutiesOf(world);
    duties.start(() => undefined);
    world.time.advance(4000);
    world.time.advance(8000);
    expect(versionsOf(world)).toEqual(['version 3.7.0']);
  });

  it('is the lowest, never falls, and begins at 3.0 when somebody does not answer', () => {
    const world = new NodeWorld().start();
    let others: string | undefined;
    const duties = dutiesOf(world, { othersVersion: (done) => done(others) });
    for (const next of [undefined, '3.5.0', undefined, '3.6.0', '3.5.0', '3.8.0', '3.7.0']) {
      others = next;
      duties.monitorVersion();
      world.time.settle();
    }
    expect(versionsOf(world)).toEqual([
      'version 3.0.0',
      'version 3.5.0',
      'version 3.6.0',
      'version 3.7.0',
    ]);
  });

  it('is the leader to decide, one question at a time', () => {
    const follower = new NodeWorld({ voters: [1n, 2n] }).start();
    dutiesOf(follower).monitorVersion();
    expect(follower.node.pendingProposals).toBe(0);
    const world = new NodeWorld().start();
    let questions = 0;
    const duties = dutiesOf(world, {
      othersVersion: () => {
        questions++;
      },
    });
    duties.monitorVersion();
    duties.monitorVersion();
    expect(questions).toBe(1);
  });
});

describe('automatic compaction', () => {
  it('goes through the log, at the revision of one retention ago', () => {
    const world = new NodeWorld().start();
    const retention = 600_000;
    const compactor = createAutoCompactor(
      { mode: 'periodic', retention },
      world.time.monotonicMs(),
    );
    for (let i = 0; i < 5; i++) world.put('a');
    world.time.settle();
    dutiesOf(world, { compactor }).start(() => undefined);
    for (let i = 0; i < 5; i++) world.put('a');
    world.time.advance(retention - 1);
    expect(world.store.compactRevision).toBe(-1);
    world.time.advance(1);
    expect(world.store.compactRevision).toBe(6);
    world.time.advance(retention);
    expect(world.store.compactRevision).toBe(11);
    world.time.advance(3 * retention);
    expect(world.store.compactRevision).toBe(11);
  });
});
