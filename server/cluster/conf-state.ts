// Owns the JSON form of raft's ConfState under meta/confState. etcd: server/storage/schema/confstate.go, with the
// json tags of raftpb.ConfState.

import type { ConfState } from '../raft/types.ts';
import { parseJson, readBoolean, readIds, readObject } from './json.ts';

/** {"voters":[1],"learners":[2],"auto_leave":false}; empty lists are left out. */
export function confStateJson(state: ConfState): string {
  const parts: string[] = [];
  addList(parts, 'voters', state.voters);
  addList(parts, 'learners', state.learners);
  addList(parts, 'voters_outgoing', state.votersOutgoing);
  addList(parts, 'learners_next', state.learnersNext);
  parts.push(`"auto_leave":${state.autoLeave}`);
  return `{${parts.join(',')}}`;
}

function addList(parts: string[], name: string, ids: readonly bigint[]): void {
  if (ids.length > 0) parts.push(`"${name}":[${ids.join(',')}]`);
}

/** Throws JsonFormatError. */
export function parseConfState(text: string): ConfState {
  const fields = readObject(parseJson(text));
  return {
    voters: readIds(fields['voters'], 'voters'),
    learners: readIds(fields['learners'], 'learners'),
    votersOutgoing: readIds(fields['voters_outgoing'], 'voters_outgoing'),
    learnersNext: readIds(fields['learners_next'], 'learners_next'),
    autoLeave: readBoolean(fields['auto_leave'], 'auto_leave'),
  };
}
