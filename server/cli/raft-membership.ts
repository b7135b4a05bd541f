// Owns joining the node's port for membership to the membership book, and telling the network what changed.
import { assert } from '../base/assert.ts';
import type { EtcdError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { ConfChangeOutcome, MembershipBook } from '../cluster/membership-book.ts';
import { problemError, problemText } from '../cluster/membership-problem.ts';
import { parseV2Put } from '../cluster/v2-store.ts';
import type { Membership } from '../node/node.ts';

/** Told of every change that took effect, after the book has it. */
export type MembershipListener = (outcome: ConfChangeOutcome) => void;

export function createRaftMembership(
  book: MembershipBook,
  logger: Logger,
  onChanged: MembershipListener,
): Membership {
  return {
    applyConfChange: (change): EtcdError | undefined => {
      const outcome = book.applyConfChange(change);
      if (outcome.kind !== 'refused') {
        onChanged(outcome);
        return undefined;
      }
      logger.warn('refused a configuration change', {
        'node-id': change.nodeId.toString(16),
        error: problemText(outcome.problem),
      });
      return problemError(outcome.problem);
    },
    recordConfState: (confState) => book.saveConfState(confState),
    setClusterVersion: ({ ver }) => book.setClusterVersion(ver),
    setMemberAttributes: ({ memberId, memberAttributes }) => {
      assert(memberAttributes !== undefined, 'attributes of a member are missing');
      book.setAttributes(memberId, {
        name: memberAttributes.name,
        clientUrls: [...memberAttributes.clientUrls],
      });
    },
    putV2: (path, value) => putV2(book, path, value),
    setDowngradeInfo: ({ enabled, ver }) => book.setDowngrade({ enabled, targetVersion: ver }),
  };
}

/** etcd: v2_server.go apply_v2. Anything that is no membership has no reader left. */
function putV2(book: MembershipBook, path: string, value: string): void {
  const put = parseV2Put(path, value);
  if (put?.kind === 'attributes') book.setAttributes(put.id, put.attributes);
  else if (put?.kind === 'clusterVersion') book.setClusterVersion(put.version);
}
