// Goal: what an API server sends is read as the planner expects it. Method: Pods as kubelets report them. A failure means a
// planner that takes a sick Pod for a healthy one.
import { describe, expect, it } from 'vitest';
import { decodeCluster, decodeMember, decodePod } from '../../../operator/kube/decode.ts';

const METADATA = { name: 'main-a', namespace: 'db', uid: 'u1', managedFields: [{ manager: 'x' }] };

function statusOf(status: unknown): unknown {
  return decodePod({ metadata: METADATA, spec: {}, status }).status;
}

describe('a Pod', () => {
  it('is ready by its condition', () => {
    const conditions = [{ type: 'Ready', status: 'True' }];
    expect(statusOf({ phase: 'Running', conditions })).toEqual({ phase: 'Running', ready: true });
    expect(statusOf({ phase: 'Running' })).toEqual({ phase: 'Running', ready: false });
    expect(statusOf(undefined)).toEqual({ phase: 'Unknown', ready: false });
  });

  it('says why it does not run', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
    expect(statusOf({ phase: 'Pending', conditions })).toMatchObject({ unschedulable: true });
    const containerStatuses = [
      { name: 'sidecar', restartCount: 9 },
      {
        name: 'etcd',
        restartCount: 2,
        ready: false,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'OOMKilled' } },
      },
    ];
    expect(statusOf({ phase: 'Running', containerStatuses })).toMatchObject({
      container: {
        restartCount: 2,
        ready: false,
        waitingReason: 'CrashLoopBackOff',
        lastTerminationReason: 'OOMKilled',
      },
    });
  });

  it('is kept without managedFields', () => {
    expect(decodePod({ metadata: METADATA, spec: {} }).metadata).not.toHaveProperty(
      'managedFields',
    );
  });
});

describe('objects', () => {
  it('of a list get their kind', () => {
    expect(decodeCluster({ metadata: METADATA })).toMatchObject({
      apiVersion: 'etcd-ts.io/v1alpha1',
      kind: 'EtcdCluster',
      spec: {},
    });
  });

  it.each([[null], [{}], [{ metadata: { name: 'a' } }], ['text']])('like %j are refused', (raw) => {
    expect(() => decodeCluster(raw)).toThrow();
  });

  it('that are members without a cluster are refused', () => {
    expect(() => decodeMember({ metadata: METADATA, spec: {} })).toThrow('without a cluster');
  });
});
