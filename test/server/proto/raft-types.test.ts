// Goal: raft's types and the codec's are the same types, so that nothing is mapped between log, disk and peers.
// Method: assignments in both directions, which the type checker refuses when a field differs; enum values compared
// at run time. A failure means that one side was changed without the other.
import { describe, expect, it } from 'vitest';
import * as proto from '../../../server/proto/gen/raft.ts';
import * as raft from '../../../server/raft/types.ts';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

const same: {
  entry: Same<proto.Entry, raft.Entry>;
  hardState: Same<proto.HardState, raft.HardState>;
  confState: Same<proto.ConfState, raft.ConfState>;
  snapshotMetadata: Same<proto.SnapshotMetadata, raft.SnapshotMetadata>;
  snapshot: Same<proto.Snapshot, raft.Snapshot>;
  message: Same<proto.Message, raft.Message>;
  confChange: Same<proto.ConfChange, raft.ConfChange>;
} = {
  entry: true,
  hardState: true,
  confState: true,
  snapshotMetadata: true,
  snapshot: true,
  message: true,
  confChange: true,
};

describe('raftpb and raft', () => {
  it('have the same shapes', () => {
    expect(Object.values(same).every(Boolean)).toBe(true);
  });

  it('have the same numbers', () => {
    expect(proto.EntryType).toEqual(raft.EntryType);
    expect(proto.MessageType).toEqual(raft.MessageType);
    expect(proto.ConfChangeType).toEqual(raft.ConfChangeType);
  });
});
