// Owns named places where a test can make a member crash or wait: at every durability edge, under etcd's names where the
// edge is etcd's. Unset, a place costs one comparison. Only the cli folder sets them, when GOFAIL_HTTP asks for it.
// The idea is gofail's (go.etcd.io/gofail).

/** One named place. */
export class Failpoint {
  readonly name: string;
  /**
   * What happens there; undefined: nothing. True when what passes has to wait: `resume` lets it go on. Without `resume`
   * the wait is over on return, and nothing else ran meanwhile.
   */
  action: ((resume?: () => void) => boolean) | undefined = undefined;
  /** The terms it was set with, for listing. */
  terms = '';

  constructor(name: string) {
    this.name = name;
  }

  /** For hot places: what they would hand to `holds` is made only when it is wanted. */
  get isSet(): boolean {
    return this.action !== undefined;
  }

  /** For a place where the thread itself must stop. */
  hit(): void {
    if (this.action !== undefined) this.action();
  }

  /** For a place that can wait while everything else goes on, as one goroutine of etcd would. True when it has to. */
  holds(resume: () => void): boolean {
    return this.action?.(resume) ?? false;
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
  readonly beforeApplyOneEntryNormal: Failpoint;
  readonly beforeApplyOneConfChange: Failpoint;
  readonly beforeCommit: Failpoint;
  readonly afterCommit: Failpoint;
  readonly compactBeforeCommitBatch: Failpoint;
  readonly compactAfterCommitBatch: Failpoint;
  readonly compactBeforeSetFinishedCompact: Failpoint;
  readonly compactAfterSetFinishedCompact: Failpoint;
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
  beforeApplyOneEntryNormal: new Failpoint('beforeApplyOneEntryNormal'),
  beforeApplyOneConfChange: new Failpoint('beforeApplyOneConfChange'),
  beforeCommit: new Failpoint('beforeCommit'),
  afterCommit: new Failpoint('afterCommit'),
  compactBeforeCommitBatch: new Failpoint('compactBeforeCommitBatch'),
  compactAfterCommitBatch: new Failpoint('compactAfterCommitBatch'),
  compactBeforeSetFinishedCompact: new Failpoint('compactBeforeSetFinishedCompact'),
  compactAfterSetFinishedCompact: new Failpoint('compactAfterSetFinishedCompact'),
  defragBeforeCopy: new Failpoint('defragBeforeCopy'),
  beforeSendWatchResponse: new Failpoint('beforeSendWatchResponse'),
};
