// Owns named places where a test can make a member crash or wait: at every durability edge, under etcd's names where the
// edge is etcd's. Unset, a place costs one comparison. Only the cli folder sets them, when GOFAIL_HTTP asks for it.
// The idea is gofail's (go.etcd.io/gofail).

/** One named place. */
export class Failpoint {
  readonly name: string;
  /** What happens there; undefined: nothing. */
  action: (() => void) | undefined = undefined;
  /** The terms it was set with, for listing. */
  terms = '';

  constructor(name: string) {
    this.name = name;
  }

  hit(): void {
    if (this.action !== undefined) this.action();
  }
}

/** Every place there is; the names are part of the tests' interface. */
export const FAILPOINTS: {
  readonly raftBeforeSave: Failpoint;
  readonly raftAfterSave: Failpoint;
  readonly raftBeforeLeaderSend: Failpoint;
  readonly raftBeforeFollowerSend: Failpoint;
  readonly raftBeforeSaveSnap: Failpoint;
  readonly raftAfterSaveSnap: Failpoint;
  readonly raftBeforeApplySnap: Failpoint;
  readonly raftAfterApplySnap: Failpoint;
  readonly raftAfterWALRelease: Failpoint;
  readonly applyBeforeOpenSnapshot: Failpoint;
  readonly beforeApplyOneConfChange: Failpoint;
  readonly beforeCommit: Failpoint;
  readonly afterCommit: Failpoint;
  readonly compactBeforeCommitBatch: Failpoint;
  readonly compactAfterCommitBatch: Failpoint;
  readonly defragBeforeCopy: Failpoint;
  readonly beforeSendWatchResponse: Failpoint;
} = {
  raftBeforeSave: new Failpoint('raftBeforeSave'),
  raftAfterSave: new Failpoint('raftAfterSave'),
  raftBeforeLeaderSend: new Failpoint('raftBeforeLeaderSend'),
  raftBeforeFollowerSend: new Failpoint('raftBeforeFollowerSend'),
  raftBeforeSaveSnap: new Failpoint('raftBeforeSaveSnap'),
  raftAfterSaveSnap: new Failpoint('raftAfterSaveSnap'),
  raftBeforeApplySnap: new Failpoint('raftBeforeApplySnap'),
  raftAfterApplySnap: new Failpoint('raftAfterApplySnap'),
  raftAfterWALRelease: new Failpoint('raftAfterWALRelease'),
  applyBeforeOpenSnapshot: new Failpoint('applyBeforeOpenSnapshot'),
  beforeApplyOneConfChange: new Failpoint('beforeApplyOneConfChange'),
  beforeCommit: new Failpoint('beforeCommit'),
  afterCommit: new Failpoint('afterCommit'),
  compactBeforeCommitBatch: new Failpoint('compactBeforeCommitBatch'),
  compactAfterCommitBatch: new Failpoint('compactAfterCommitBatch'),
  defragBeforeCopy: new Failpoint('defragBeforeCopy'),
  beforeSendWatchResponse: new Failpoint('beforeSendWatchResponse'),
};
