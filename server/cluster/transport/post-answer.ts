// Owns what the answer to a POST of a message means. etcd: rafthttp/util.go checkPostResponse.

import type { Logger } from '../../base/logger.ts';
import type { MemberId } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import {
  CLUSTER_ID_MISMATCH,
  headerText,
  type Identity,
  INCOMPATIBLE_VERSION,
} from './peer-headers.ts';
import { answerText, type PeerAnswer } from './peer-question.ts';

/** This member was removed, says a peer. */
export class MemberRemovedError extends Error {
  override readonly name: string = 'MemberRemovedError';

  constructor() {
    super('the member has been permanently removed from the cluster');
  }
}

interface Posted {
  readonly to: MemberId;
  readonly url: string;
  readonly identity: Identity;
  readonly logger: Logger;
}

/** Throws unless the peer took the message. */
export function checkPostAnswer(answer: PeerAnswer, { to, url, identity, logger }: Posted): void {
  switch (answer.status) {
    case 204:
      return;
    case 403:
      throw new MemberRemovedError();
    case 412: {
      const reason = answerText(answer);
      if (reason === INCOMPATIBLE_VERSION) {
        logger.error('request sent was ignored by peer', { 'remote-peer-id': formatId(to) });
        throw new Error(reason);
      }
      if (reason === CLUSTER_ID_MISMATCH) {
        logger.error('request sent was ignored due to cluster ID mismatch', {
          'remote-peer-id': formatId(to),
          'remote-peer-cluster-id': headerText(answer.headers, 'x-etcd-cluster-id'),
          'local-member-cluster-id': formatId(identity.clusterId),
        });
        throw new Error(reason);
      }
      throw new Error(`unhandled error "${reason}" when precondition failed`);
    }
    default:
      throw new Error(`unexpected http status ${answer.status} while posting to "${url}"`);
  }
}
