// Owns the type of what is seen of a cluster at one moment: from the API server, and from its members, each asked for itself.
// The operator's own words are in it as `status` only, to be judged.

export interface PodSample {
  readonly name: string;
  readonly uid: string;
  readonly isTerminating: boolean;
  readonly isReady: boolean;
  /** Of its container. */
  readonly restarts: number;
}

/** The last answer of a member's process. */
export interface AnswerSample {
  readonly atMs: number;
  /** The Pod that answered. */
  readonly podUid: string;
  readonly memberId: string;
  readonly clusterId: string;
  /** Undefined while it knows of no leader. */
  readonly leaderId: string | undefined;
  readonly appliedIndex: number;
}

export interface ListedSample {
  readonly id: string;
  /** The member's name, from its peer URL. */
  readonly name: string;
  readonly isLearner: boolean;
}

export interface ClaimSample {
  readonly uid: string;
  readonly member: string;
  readonly isTerminating: boolean;
}

export interface StatusSample {
  readonly generation: number;
  readonly observedGeneration: number;
  readonly clusterId: string | undefined;
  readonly leader: string | undefined;
  readonly readyReplicas: number;
  /** By type: "True", "False", "Unknown". */
  readonly conditions: Readonly<Record<string, string>>;
}

export interface Sample {
  readonly atMs: number;
  /** By what limits of time are multiplied: 1 on a machine of one's own. */
  readonly patience: number;
  /** Undefined while there is no cluster. */
  readonly status: StatusSample | undefined;
  readonly pods: readonly PodSample[];
  /** By member name. */
  readonly answers: ReadonlyMap<string, AnswerSample>;
  /** Of the member that is furthest on; undefined when none answers. */
  readonly list: readonly ListedSample[] | undefined;
  readonly claims: readonly ClaimSample[];
  /** Names of EtcdMember objects. */
  readonly members: readonly string[];
  /** Whether an operator acts, and can see members. */
  readonly isOperated: boolean;
  /** Members that the fault itself has taken; see Oracle. */
  readonly faulty: ReadonlySet<string>;
}

export interface EventSample {
  readonly reason: string;
  readonly message: string;
}
