// Owns the entries that make one member a cluster of its own (--force-new-cluster), when the others are lost for good:
// committed removals of everybody else. etcd: server/storage/util.go CreateConfigChangeEnts.
import { EMPTY_BYTES } from '../base/bytes.ts';
import {
  ConfChangeType,
  decodeConfChange,
  EntryType,
  encodeConfChange,
} from '../proto/gen/raft.ts';
import type { ConfState, Entry } from '../raft/types.ts';
import { type Member, memberContext } from './member.ts';

/** Everybody who is a member after `entries`, which continue from `confState`. Ascending. */
export function effectiveMemberIds(
  confState: ConfState | undefined,
  entries: readonly Entry[],
): bigint[] {
  const ids = new Set<bigint>([...(confState?.voters ?? []), ...(confState?.learners ?? [])]);
  for (const entry of entries) {
    if (entry.type !== EntryType.confChange) continue;
    const { type, nodeId } = decodeConfChange(entry.data);
    if (type === ConfChangeType.removeNode) ids.delete(nodeId);
    else if (type !== ConfChangeType.updateNode) ids.add(nodeId);
  }
  return [...ids].sort((a, b) => (a < b ? -1 : 1));
}

/** Where the new entries go: right after what is committed, in the term of the log. */
export interface LogEnd {
  readonly term: number;
  readonly commit: number;
}

/** Entries that remove every id but `self`, and add `self` should it not be one. */
export function forceNewEntries(ids: readonly bigint[], self: Member, end: LogEnd): Entry[] {
  const changes = ids
    .filter((id) => id !== self.id)
    .map((nodeId) => ({
      id: 0n,
      type: ConfChangeType.removeNode as number,
      nodeId,
      context: EMPTY_BYTES,
    }));
  if (!ids.includes(self.id)) {
    const context = memberContext(self);
    changes.push({ id: 0n, type: ConfChangeType.addNode, nodeId: self.id, context });
  }
  return changes.map((change, i) => ({
    type: EntryType.confChange,
    term: end.term,
    index: end.commit + 1 + i,
    data: encodeConfChange(change),
  }));
}
