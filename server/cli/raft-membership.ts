// Owns joining the node's port for membership to the membership book.
import { assert } from '../base/assert.ts';
import type { Logger } from '../base/logger.ts';
import type { MembershipBook } from '../cluster/membership-book.ts';
import { problemText } from '../cluster/membership-problem.ts';
import type { Membership } from '../node/node.ts';

export function createRaftMembership(book: MembershipBook, logger: Logger): Membership {
  return {
    applyConfChange: (change) => {
      const outcome = book.applyConfChange(change);
      if (outcome.kind !== 'refused') return change;
      logger.warn('refused a configuration change', {
        'node-id': change.nodeId.toString(16),
        error: problemText(outcome.problem),
      });
      return { ...change, nodeId: 0n };
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
    setDowngradeInfo: ({ enabled, ver }) => book.setDowngrade({ enabled, targetVersion: ver }),
  };
}
