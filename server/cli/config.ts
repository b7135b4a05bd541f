// Owns the shape of a member's configuration: what flags, environment and file come to once they are parsed,
// completed with defaults and validated. The rest of the server sees this one frozen object and nothing of how
// it was written. Units are part of the names; addresses are parsed.

/** An address a member listens on or advertises. */
export interface EndpointUrl {
  readonly scheme: 'http' | 'https' | 'unix' | 'unixs';
  /** Host name or IP address without brackets; empty when the URL names none, as in "http://:2379". */
  readonly host: string;
  /** 0 to 65535; 0 asks the system for a port. 0 as well for unix sockets. */
  readonly port: number;
  /** Path of the socket for unix and unixs, empty otherwise. */
  readonly socketPath: string;
  /** The URL as etcd prints it; equal URLs have equal texts. */
  readonly text: string;
}

/** One member named by --initial-cluster. */
export interface InitialMember {
  readonly name: string;
  /** Sorted by text, never empty. */
  readonly peerUrls: readonly EndpointUrl[];
}

/** Certificates of one side, the client port or the peer port. Empty strings mean "not given". */
export interface TlsConfig {
  readonly certFile: string;
  readonly keyFile: string;
  /** Certificate used when this member is the client of others; empty: certFile. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  readonly trustedCaFile: string;
  readonly crlFile: string;
  readonly clientCertAuth: boolean;
  /** Make a self-signed certificate when none is given. */
  readonly auto: boolean;
  /** Peer side only on the command line; a file can give it for both. */
  readonly allowedCommonNames: readonly string[];
  readonly allowedHostnames: readonly string[];
  readonly skipClientSanVerification: boolean;
}

export type TlsVersion = 'TLS1.2' | 'TLS1.3';

/** When old revisions are compacted without being asked. */
export type AutoCompaction =
  | { readonly kind: 'off' }
  | { readonly kind: 'periodic'; readonly retentionMs: number }
  | { readonly kind: 'revision'; readonly retentionCount: number };

/** --auth-token: the kind of token before the first comma, the options after it. */
export interface AuthTokenConfig {
  readonly kind: string;
  readonly options: Readonly<Record<string, string>>;
}

/** etcd's feature gates that a server of this version knows. */
export interface FeatureGates {
  readonly allAlpha: boolean;
  readonly allBeta: boolean;
  readonly stopGrpcServiceOnDefrag: boolean;
  readonly initialCorruptCheck: boolean;
  readonly compactHashCheck: boolean;
  readonly txnModeWriteWithSharedBuffer: boolean;
  readonly leaseCheckpoint: boolean;
  readonly leaseCheckpointPersist: boolean;
  readonly setMemberLocalAddr: boolean;
  readonly fastLeaseKeepAlive: boolean;
  readonly priorityRequest: boolean;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'panic' | 'fatal';

export interface LogConfig {
  readonly level: LogLevel;
  readonly format: 'json' | 'console';
  /** "stderr", "stdout" or file paths, without duplicates; "default" is resolved to "stderr". */
  readonly outputs: readonly string[];
}

/** What a learner may become and do beyond etcd. */
export interface LearnersConfig {
  /** 0: a learner is promoted by a person only. */
  readonly promoteAfterMs: number;
  /** 0: a failed voter is replaced by a person only. */
  readonly replaceAfterMs: number;
  readonly lagEntriesMax: number;
  readonly serveReads: boolean;
}

/** A member's configuration. Frozen; made by config-load.ts, never changed after. */
export interface ServerConfig {
  // Member
  readonly name: string;
  readonly dataDir: string;
  /** Directory of the write-ahead log; empty: member/wal under dataDir. */
  readonly walDir: string;
  readonly snapshotCount: number;
  readonly snapshotCatchupEntries: number;
  readonly heartbeatIntervalMs: number;
  /** Invariant: 5 * heartbeatIntervalMs <= electionTimeoutMs <= 50000. */
  readonly electionTimeoutMs: number;
  readonly initialElectionTickAdvance: boolean;
  readonly listenPeerUrls: readonly EndpointUrl[];
  readonly listenClientUrls: readonly EndpointUrl[];
  /** When not empty, all HTTP leaves listenClientUrls for these. */
  readonly listenClientHttpUrls: readonly EndpointUrl[];
  readonly listenMetricsUrls: readonly EndpointUrl[];
  /** Write-ahead log segments to keep; 0: all. */
  readonly maxWalFiles: number;
  /** Resolved: positive is the limit in bytes, negative means no quota. Never 0. */
  readonly quotaBackendBytes: number;
  readonly backendBatchIntervalMs: number;
  readonly backendBatchLimit: number;
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
  readonly maxConcurrentStreams: number;
  readonly grpcKeepaliveMinTimeMs: number;
  /** 0: never ping idle clients. */
  readonly grpcKeepaliveIntervalMs: number;
  readonly grpcKeepaliveTimeoutMs: number;
  readonly socketReusePort: boolean;
  readonly socketReuseAddress: boolean;
  readonly enableGrpcGateway: boolean;
  readonly raftReadTimeoutMs: number;
  readonly raftWriteTimeoutMs: number;
  readonly features: FeatureGates;

  // Clustering
  readonly initialAdvertisePeerUrls: readonly EndpointUrl[];
  /** Sorted by name; holds `name`, unless the data directory already holds a member. */
  readonly initialCluster: readonly InitialMember[];
  /** --initial-cluster as given or derived from the name: for log lines and error texts. */
  readonly initialClusterText: string;
  readonly initialClusterState: 'new' | 'existing';
  readonly initialClusterToken: string;
  readonly advertiseClientUrls: readonly EndpointUrl[];
  readonly strictReconfigCheck: boolean;
  readonly preVote: boolean;
  readonly maxLearners: number;
  /** The cluster's version is raised no further; empty: as far as its members allow. */
  readonly clusterVersionMax: string;
  readonly learners: LearnersConfig;
  readonly autoCompaction: AutoCompaction;

  // Security
  readonly clientTls: TlsConfig;
  readonly peerTls: TlsConfig;
  readonly selfSignedCertValidityYears: number;
  /** OpenSSL names in order of preference; empty: the platform's choice. */
  readonly cipherSuites: readonly string[];
  readonly tlsMinVersion: TlsVersion;
  readonly tlsMaxVersion: TlsVersion;
  /** Origins allowed by CORS; contains "*" when all are. */
  readonly cors: readonly string[];
  /** Host names accepted over insecure connections; contains "*" or is empty when all are. */
  readonly hostWhitelist: readonly string[];

  // Auth
  readonly authToken: AuthTokenConfig;
  readonly bcryptCost: number;
  readonly authTokenTtlSeconds: number;

  // Monitoring and logging
  readonly enablePprof: boolean;
  readonly metrics: 'basic' | 'extensive';
  readonly log: LogConfig;
  readonly warningApplyDurationMs: number;
  readonly warningUnaryRequestDurationMs: number;

  // Features
  /** 0: no periodic corruption check. */
  readonly corruptCheckTimeMs: number;
  readonly compactHashCheckTimeMs: number;
  readonly compactionBatchLimit: number;
  readonly compactionSleepIntervalMs: number;
  readonly watchProgressNotifyIntervalMs: number;
  readonly downgradeCheckTimeMs: number;
  /** 0: do not defragment while starting. */
  readonly bootstrapDefragThresholdMegabytes: number;
  /** Answer GET /v2/members read-only, for very old tools. */
  readonly enableV2: boolean;

  // Unsafe
  readonly forceNewCluster: boolean;
  readonly unsafeNoFsync: boolean;
}
