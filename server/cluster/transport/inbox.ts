// Owns the way of a message from the network into raft: who may not speak, what is not for this member, what never
// travels. etcd: etcdserver/server.go Process, raft/node.go Step.

import type { Logger } from '../../base/logger.ts';
import { MessageType } from '../../proto/gen/raft.ts';
import type { MemberId, Message } from '../../raft/types.ts';
import { formatId } from '../member.ts';
import type { RaftPort } from './types.ts';

export type InboxOutcome =
  | { readonly kind: 'taken' }
  /** Status 403 with this text: the sender stops for good, so only for what is certain. */
  | { readonly kind: 'forbidden'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

const TAKEN: InboxOutcome = { kind: 'taken' };
const FROM_REMOVED: InboxOutcome = {
  kind: 'forbidden',
  reason: 'cannot process message from removed member',
};
const TO_OTHER: InboxOutcome = {
  kind: 'forbidden',
  reason: 'cannot process message to mismatch member',
};

export class Inbox {
  readonly #localId: MemberId;
  readonly #raft: RaftPort;
  readonly #logger: Logger;

  constructor(localId: MemberId, raft: RaftPort, logger: Logger) {
    this.#localId = localId;
    this.#raft = raft;
    this.#logger = logger;
  }

  /** Why `message` must not reach raft, or undefined. */
  refuse(message: Message): InboxOutcome | undefined {
    if (this.#raft.isRemoved(message.from)) {
      this.#logger.warn('rejected Raft message from removed member', {
        'local-member-id': formatId(this.#localId),
        'removed-member-id': formatId(message.from),
      });
      return FROM_REMOVED;
    }
    if (message.to !== this.#localId) {
      this.#logger.warn('rejected Raft message to mismatch member', {
        'local-member-id': formatId(this.#localId),
        'mismatch-member-id': formatId(message.to),
      });
      return TO_OTHER;
    }
    return travels(message.type) ? undefined : TAKEN;
  }

  /** For messages alone. One that announces a snapshot comes with a database, or not at all: see snapshot-route.ts. */
  accept(message: Message): InboxOutcome {
    const refusal = this.refuse(message);
    if (refusal !== undefined) return refusal;
    if (message.type !== MessageType.snap) return this.#raft.step(message);
    this.#logger.warn('ignored a snapshot without a database', {
      'local-member-id': formatId(this.#localId),
      'remote-snapshot-sender-id': formatId(message.from),
    });
    return TAKEN;
  }

  /** For streams, which have no answer to give. */
  acceptFromStream(message: Message): void {
    const outcome = this.accept(message);
    if (outcome.kind === 'failed') {
      this.#logger.warn('failed to process Raft message', { error: outcome.reason });
    }
  }
}

/** Types that raft sends itself are dropped, and so are those nobody knows. */
function travels(type: number): boolean {
  switch (type) {
    case MessageType.hup:
    case MessageType.beat:
    case MessageType.unreachable:
    case MessageType.snapStatus:
    case MessageType.checkQuorum:
      return false;
    default:
      return type >= 0 && type <= MessageType.preVoteResp;
  }
}
