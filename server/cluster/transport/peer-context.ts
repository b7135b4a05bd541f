// Owns what the parts of one peer share. Types only.

import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { MemberId } from '../../raft/types.ts';
import type { EntryBlocks } from './entry-blocks.ts';
import type { Inbox } from './inbox.ts';
import type { PeerConnector } from './peer-connector.ts';
import type { Identity } from './peer-headers.ts';
import type { PeerStatus } from './peer-status.ts';
import type { PeerMetrics } from './transport-metrics.ts';
import type { PeerTiming, RaftPort } from './types.ts';
import type { UrlPicker } from './url-picker.ts';

/** The same for all peers. */
export interface TransportContext {
  readonly identity: Identity;
  readonly connector: PeerConnector;
  readonly raft: RaftPort;
  readonly inbox: Inbox;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timing: PeerTiming;
  readonly blocks: EntryBlocks;
  /** A peer answered that this member was removed. */
  readonly onRemovedHere: () => void;
}

export interface PeerContext extends TransportContext {
  readonly id: MemberId;
  readonly picker: UrlPicker;
  readonly status: PeerStatus;
  readonly metrics: PeerMetrics;
  /** Aborted when the peer is let go. */
  readonly cancel: AbortSignal;
}
