// Owns bringing the membership up to date where it comes from elsewhere. Members of 3.5 write who was added and removed
// into their database, and nothing that changed since: promotions, names and addresses are in the snapshot's v2 store and in
// the log after it. A voter taken for a learner would make this member count another quorum than the others do.

import { decodeCommand } from '../apply/command.ts';
import type { Logger } from '../base/logger.ts';
import type { MembershipBook } from '../cluster/membership-book.ts';
import { parseV2Store } from '../cluster/v2-store-reader.ts';
import type { Membership } from '../node/node.ts';
import { decodeConfChange, EntryType } from '../proto/gen/raft.ts';
import type { Entry } from '../raft/types.ts';
import type { OpenStorage } from './open-storage.ts';
import { finishTakeover } from './prepare-database.ts';
import { createRaftMembership } from './raft-membership.ts';

/** Does nothing for a store that this member wrote itself. */
export async function adoptMembership(
  book: MembershipBook,
  storage: OpenStorage,
  logger: Logger,
): Promise<void> {
  const { snapshotIndex, position, backend, memberDirectory, isTakenOver } = storage;
  // The end may have come between installing a snapshot and taking over its membership.
  const isInstalled = snapshotIndex > 0 && position.index === snapshotIndex;
  if (!isInstalled && !isTakenOver) return;
  const view = parseV2Store(storage.snapshotData);
  if (view !== undefined && isInstalled) book.adopt(view);
  else if (view !== undefined) book.amend(view);
  const membership = createRaftMembership(book, logger, nothing);
  for (const entry of storage.log.slice(snapshotIndex + 1, position.index + 1)) {
    replay(entry, membership);
  }
  backend.commit();
  if (!isTakenOver) return;
  await backend.sync();
  finishTakeover(memberDirectory, logger);
}

const nothing = (): void => undefined;

/** Again what the database may not have; what it has already is refused, which changes nothing. */
function replay(entry: Entry, membership: Membership): void {
  if (entry.type === EntryType.confChange) {
    membership.applyConfChange(decodeConfChange(entry.data));
    return;
  }
  if (entry.data.length === 0) return;
  const command = decodeCommand(entry.data);
  if (command.kind === 'clusterMemberAttrSet') membership.setMemberAttributes(command.request);
  else if (command.kind === 'clusterVersionSet') membership.setClusterVersion(command.request);
  else if (command.kind === 'v2' && command.request.method === 'PUT') {
    membership.putV2(command.request.path, command.request.val);
  }
}
