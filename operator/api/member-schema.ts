// Owns the structural schema of EtcdMember.
import { LEAVE_REASONS, MEMBER_PHASES } from './etcd-member.ts';
import { flag, record, type Schema, text } from './schema.ts';

const SPEC: Schema = record(
  'What does not change about the member.',
  {
    clusterName: text('The EtcdCluster it belongs to.'),
    seed: flag('First member of a new cluster.', { default: false }),
    adopted: flag('Recorded again for a volume that was already there.'),
  },
  {
    required: ['clusterName'],
    'x-kubernetes-validations': [
      { rule: 'self == oldSelf', message: 'the operator writes spec once; nobody changes it' },
    ],
  },
);

const STATUS: Schema = record('How far the member has come.', {
  phase: text('Where it is in its life.', { enum: [...MEMBER_PHASES] }),
  memberID: text('Member ID, hexadecimal.', { maxLength: 16 }),
  volumeUID: text('UID of the volume that has its data.', { maxLength: 64 }),
  booted: flag('It has answered once, so its volume holds data.'),
  phaseSince: text('When it entered the phase.', { maxLength: 32 }),
  unhealthySince: text('Since when it does not answer and is not ready.', { maxLength: 32 }),
  leaveReason: text('Why it leaves.', { enum: [...LEAVE_REASONS] }),
  removed: flag('It is no longer in the member list.'),
});

export const MEMBER_SCHEMA: Schema = {
  type: 'object',
  description: 'One member of an EtcdCluster. Made by the operator; not for editing.',
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string', description: 'etcd-ts.io/v1alpha1.' },
    kind: { type: 'string', description: 'EtcdMember.' },
    metadata: { type: 'object' },
    spec: SPEC,
    status: STATUS,
  },
};
