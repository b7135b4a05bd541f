// Owns deliberate errors in the server, to see the checkers fail: `npm run sim -- --mutant NAME` puts one in while the
// sources are loaded. A run that finds nothing then says that schedules or checks are too weak.

import { register } from 'node:module';

export interface Mutant {
  /** What is wrong with it. */
  readonly what: string;
  readonly file: string;
  /** Text of the file without its types; it must be there once. */
  readonly from: string;
  readonly to: string;
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'commit-old-terms': {
    what: 'a leader commits entries of older terms by counting who holds them (Raft paper, figure 8)',
    file: 'server/raft/replication.ts',
    from: 'if (index <= core.log.committed || !core.log.matches(index, core.term)) return false;',
    to: 'if (index <= core.log.committed) return false;',
  },
  'any-read-round': {
    what: 'a leader takes any echo of a heartbeat for a confirmation of all its reads',
    file: 'server/raft/read-only.ts',
    from: 'return round <= this.round ? round : 0;',
    to: 'return this.round;',
  },
  'any-read-context': {
    what: 'a member takes any answer to a read for the answer to all its reads',
    file: 'server/node/read-index.ts',
    from: 'if (batch.index < 0 && batch.contexts.includes(context)) batch.index = state.index;',
    to: 'if (batch.index < 0) batch.index = state.index;',
  },
  'read-without-quorum': {
    what: 'a leader answers reads without asking whether it still leads',
    file: 'server/raft/reads.ts',
    from: 'core.readOnly.add(request, core.log.committed);',
    to: 'answer(core, request, core.log.committed);',
  },
  'read-before-commit': {
    what: 'a leader answers reads before it has committed an entry of its term',
    file: 'server/raft/reads.ts',
    from: 'if (!core.hasCommittedInTerm) {',
    to: 'if (false) {',
  },
  'vote-for-older': {
    what: 'a member votes for candidates whose log is behind its own',
    file: 'server/raft/election.ts',
    from: 'mayVote && core.log.isUpToDate(message.logTerm, message.index);',
    to: 'mayVote;',
  },
};

/** Puts an error into what is loaded from now on. */
export function putIn(name: string): void {
  const mutant = MUTANTS[name];
  if (mutant === undefined) {
    throw new Error(`no mutant ${name}; there are ${Object.keys(MUTANTS).join(' ')}`);
  }
  register('./mutant-hooks.mjs', import.meta.url, { data: mutant });
}
