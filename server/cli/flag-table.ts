// Owns the list of flags: etcd 3.7's names, kinds and defaults, with usage texts of our own. Everything else is
// derived from it: the environment variable, the key in a configuration file, --help, and what is refused.
// A table, hence exempt from the size limit.

/** How the value of a flag is written and read. */
export type FlagKind =
  | 'string'
  | 'bool'
  | 'int'
  | 'uint'
  | 'uint32'
  | 'duration'
  | 'urls'
  | 'origins'
  | 'list'
  | 'set'
  | 'features'
  | 'void';

export interface FlagOptions {
  /** Where the flag stands in a configuration file, when not under its own name. Empty: nowhere. */
  readonly fileKey?: string;
  /** Accepted, has no effect here; the text is logged when the flag is set. */
  readonly ignored?: string;
  /** Refused when set to anything but the default: the behaviour behind it is missing. */
  readonly notYet?: boolean;
  /** Known to files only, no flag and no environment variable. */
  readonly fileOnly?: boolean;
  /** Not shown by --help. */
  readonly hidden?: boolean;
  /** The only values that are taken. */
  readonly choices?: readonly string[];
}

/** Name, kind, default as written on a command line, usage, the rest. */
export type FlagRow = readonly [
  name: string,
  kind: FlagKind,
  defaultText: string,
  usage: string,
  options?: FlagOptions,
];

export interface FlagGroup {
  readonly title: string;
  readonly rows: readonly FlagRow[];
}

const CLIENT_TLS = 'client-transport-security';
const PEER_TLS = 'peer-transport-security';
const DISCOVERY = 'discovery-config';
const NOT_YET: FlagOptions = { notYet: true };
const OBSOLETE: FlagOptions = {
  ignored: 'flag is no longer supported - ignoring',
  hidden: true,
  fileKey: '',
};

/** What etcd does not have; off by default. docs/operations.md says when to use it. */
const LEARNERS: readonly FlagRow[] = [
  [
    'learner-auto-promote-after',
    'duration',
    '0s',
    'The leader promotes a learner that has stayed caught up for this long (0: never).',
  ],
  [
    'learner-standby-after',
    'duration',
    '0s',
    'A caught-up learner takes the place of a voter silent for this long (0: never).',
  ],
  [
    'learner-lag-entries',
    'uint',
    '100',
    'A learner at most this many entries behind the leader counts as caught up.',
  ],
  [
    'learner-serve-reads',
    'bool',
    'false',
    'A learner answers linearizable reads and watches, asking the leader for a read index.',
  ],
];

const MEMBER: readonly FlagRow[] = [
  ['name', 'string', 'default', 'Name of this member, for people to read.'],
  ['data-dir', 'string', '', 'Directory of the data; <name>.etcd when empty.'],
  ['wal-dir', 'string', '', 'Directory of the write-ahead log, when it has a disk of its own.'],
  ['snapshot-count', 'uint', '10000', 'Applied entries after which the raft log is cut.'],
  [
    'snapshot-catchup-entries',
    'uint',
    '5000',
    'Entries kept behind a cut of the raft log for followers that lag.',
  ],
  ['heartbeat-interval', 'uint', '100', 'Milliseconds between heartbeats of the leader.'],
  ['election-timeout', 'uint', '1000', 'Milliseconds without a leader before an election.'],
  [
    'initial-election-tick-advance',
    'bool',
    'true',
    'Skip most of the first election timeout after starting.',
  ],
  ['listen-peer-urls', 'urls', 'http://localhost:2380', 'URLs to listen on for other members.'],
  [
    'listen-client-urls',
    'urls',
    'http://localhost:2379',
    'URLs to listen on for clients: gRPC, and HTTP unless it has URLs of its own.',
  ],
  ['listen-client-http-urls', 'urls', '', 'URLs for HTTP only; takes HTTP off the client URLs.'],
  ['max-wals', 'uint', '5', 'Write-ahead log files to keep (0: all).'],
  [
    'max-snapshots',
    'uint',
    '5',
    'Accepted for old configurations; snapshots are kept as needed.',
    { ignored: '--max-snapshots is deprecated in 3.6 and will be decommissioned in 3.8.' },
  ],
  [
    'memory-mlock',
    'bool',
    'false',
    'Accepted; the database is not memory-mapped here.',
    { ignored: '--memory-mlock has no effect: the database is not memory-mapped' },
  ],
  [
    'quota-backend-bytes',
    'int',
    '0',
    'Size in bytes at which the store stops taking writes (0: 2 GiB, negative: no limit).',
  ],
  [
    'backend-bbolt-freelist-type',
    'string',
    'map',
    'Accepted; there is no bbolt free list here.',
    { ignored: '--backend-bbolt-freelist-type has no effect: the backend is not bbolt' },
  ],
  [
    'backend-batch-interval',
    'duration',
    '0s',
    'Longest wait before changes are committed to the store (0: 100ms).',
  ],
  [
    'backend-batch-limit',
    'int',
    '0',
    'Requests after which they are committed without waiting (0: 64, which is also the most).',
  ],
  ['max-txn-ops', 'uint', '128', 'Operations allowed in one transaction.'],
  ['max-request-bytes', 'uint', '1572864', 'Largest request in bytes that is accepted.'],
  ['max-concurrent-streams', 'uint32', '4294967295', 'Streams one client connection may open.'],
  [
    'grpc-keepalive-min-time',
    'duration',
    '5s',
    'Clients that ping more often than this are disconnected.',
  ],
  ['grpc-keepalive-interval', 'duration', '2h0m0s', 'Time between pings to clients (0: none).'],
  ['grpc-keepalive-timeout', 'duration', '20s', 'Wait for the answer to a ping before closing.'],
  [
    'socket-reuse-port',
    'bool',
    'false',
    'Set SO_REUSEPORT on listeners.',
    { notYet: true, fileKey: 'socket-options.reuse-port' },
  ],
  [
    'socket-reuse-address',
    'bool',
    'false',
    'Set SO_REUSEADDR on listeners (always on with this server).',
    { fileKey: 'socket-options.reuse-address' },
  ],
  ['enable-grpc-gateway', 'bool', 'true', 'Answer the HTTP/JSON form of the API.'],
  ['raft-read-timeout', 'duration', '5s', 'Read timeout of connections between members.'],
  [
    'raft-write-timeout',
    'duration',
    '5s',
    'Write timeout of connections between members.',
    { ignored: '--raft-write-timeout has no effect: connections end by --raft-read-timeout' },
  ],
  ['feature-gates', 'features', '', 'Features to switch, as Name=true,Other=false:'],
];

const CLUSTERING: readonly FlagRow[] = [
  [
    'initial-advertise-peer-urls',
    'urls',
    'http://localhost:2380',
    'Peer URLs told to the other members.',
  ],
  [
    'initial-cluster',
    'string',
    'default=http://localhost:2380',
    'Members of a cluster that is being formed: name=url,name=url.',
  ],
  [
    'initial-cluster-state',
    'string',
    'new',
    "'new' to form a cluster, 'existing' to join one. Ignored once the member has data.",
    { choices: ['existing', 'new'] },
  ],
  [
    'initial-cluster-token',
    'string',
    'etcd-cluster',
    'Keeps clusters with equal member lists apart while they are formed.',
  ],
  [
    'advertise-client-urls',
    'urls',
    'http://localhost:2379',
    'Client URLs told to clients; required with --listen-client-urls.',
  ],
  ['strict-reconfig-check', 'bool', 'true', 'Refuse membership changes that would lose quorum.'],
  ['pre-vote', 'bool', 'true', 'Ask before an election, so that a returning member disturbs none.'],
  [
    'auto-compaction-retention',
    'string',
    '0',
    'History to keep when compacting automatically (0: never compact).',
  ],
  [
    'auto-compaction-mode',
    'string',
    'periodic',
    "'periodic': the retention is a time, in hours without a unit. 'revision': a count.",
  ],
  ['discovery-token', 'string', '', 'Token of the discovery service.', discovery('token')],
  ['discovery-endpoints', 'set', '', 'Endpoints of the discovery service.', discovery('endpoints')],
  [
    'discovery-dial-timeout',
    'duration',
    '2s',
    'Discovery: dial timeout.',
    discovery('dial-timeout'),
  ],
  [
    'discovery-request-timeout',
    'duration',
    '5s',
    'Discovery: request timeout.',
    discovery('request-timeout'),
  ],
  [
    'discovery-keepalive-time',
    'duration',
    '2s',
    'Discovery: time between pings.',
    discovery('keepalive-time'),
  ],
  [
    'discovery-keepalive-timeout',
    'duration',
    '6s',
    'Discovery: wait for the answer to a ping.',
    discovery('keepalive-timeout'),
  ],
  ['discovery-insecure-transport', 'bool', 'true', 'Discovery: connect without TLS.', NOT_YET],
  ['discovery-insecure-skip-tls-verify', 'bool', 'false', 'Discovery: trust anybody.', NOT_YET],
  ['discovery-cert', 'string', '', 'Discovery: client certificate.', NOT_YET],
  ['discovery-key', 'string', '', 'Discovery: key of the client certificate.', NOT_YET],
  ['discovery-cacert', 'string', '', 'Discovery: certificates to trust.', NOT_YET],
  ['discovery-user', 'string', '', 'Discovery: name[:password].', NOT_YET],
  ['discovery-password', 'string', '', 'Discovery: password.', NOT_YET],
  [
    'discovery-fallback',
    'string',
    'exit',
    "What to do when discovery fails; only 'exit' is left.",
    { choices: ['exit', 'proxy'], fileKey: '' },
  ],
  ['discovery-srv', 'string', '', 'Domain whose SRV records name the members.', NOT_YET],
  ['discovery-srv-name', 'string', '', 'Suffix of the SRV names that are asked for.', NOT_YET],
];

const SECURITY: readonly FlagRow[] = [
  ['cert-file', 'string', '', 'Certificate of the client port.', clientTls('cert-file')],
  ['key-file', 'string', '', 'Key of the client port.', clientTls('key-file')],
  [
    'client-cert-auth',
    'bool',
    'false',
    'Ask clients for certificates.',
    clientTls('client-cert-auth'),
  ],
  [
    'client-cert-file',
    'string',
    '',
    'Certificate for dialling our own client port; cert-file when empty.',
    clientTls('client-cert-file'),
  ],
  ['client-key-file', 'string', '', 'Key of client-cert-file.', clientTls('client-key-file')],
  ['client-crl-file', 'string', '', 'Client certificates that are revoked.'],
  [
    'client-cert-allowed-hostname',
    'list',
    '',
    'Host names of which client certificates must hold one.',
    clientTls('allowed-hostname'),
  ],
  [
    'trusted-ca-file',
    'string',
    '',
    'Authorities of client certificates.',
    clientTls('trusted-ca-file'),
  ],
  ['auto-tls', 'bool', 'false', 'Make a certificate for the client port.', clientTls('auto-tls')],
  [
    `${CLIENT_TLS}.allowed-cn`,
    'list',
    '',
    'Common names of which client certificates must hold one.',
    { fileOnly: true, hidden: true },
  ],
  [
    `${CLIENT_TLS}.skip-client-san-verification`,
    'bool',
    'false',
    'Trust client certificates whatever address they come from.',
    { fileOnly: true, hidden: true },
  ],
  ['peer-cert-file', 'string', '', 'Certificate of the peer port.', peerTls('cert-file')],
  ['peer-key-file', 'string', '', 'Key of the peer port.', peerTls('key-file')],
  [
    'peer-client-cert-auth',
    'bool',
    'false',
    'Ask peers for certificates.',
    peerTls('client-cert-auth'),
  ],
  [
    'peer-client-cert-file',
    'string',
    '',
    'Certificate for dialling peers; peer-cert-file when empty.',
    peerTls('client-cert-file'),
  ],
  [
    'peer-client-key-file',
    'string',
    '',
    'Key of peer-client-cert-file.',
    peerTls('client-key-file'),
  ],
  ['peer-trusted-ca-file', 'string', '', 'Authorities of peers.', peerTls('trusted-ca-file')],
  [
    'peer-cert-allowed-cn',
    'list',
    '',
    'Common names of which peer certificates must hold one.',
    peerTls('allowed-cn'),
  ],
  [
    'peer-cert-allowed-hostname',
    'list',
    '',
    'Host names of which peer certificates must hold one.',
    peerTls('allowed-hostname'),
  ],
  ['peer-auto-tls', 'bool', 'false', 'Make a certificate for the peer port.', peerTls('auto-tls')],
  ['peer-crl-file', 'string', '', 'Peer certificates that are revoked.'],
  [
    'peer-skip-client-san-verification',
    'bool',
    'false',
    'Trust peer certificates whatever address they come from.',
    peerTls('skip-client-san-verification'),
  ],
  ['self-signed-cert-validity', 'uint', '1', 'Years a certificate made here is valid.'],
  ['cipher-suites', 'list', '', 'TLS 1.2 cipher suites to allow, in order of preference.'],
  ['cors', 'origins', '*', 'Origins that browsers may call from (* or empty: all).'],
  [
    'host-whitelist',
    'set',
    '*',
    'Host names HTTP clients may ask for without TLS (* or empty: all).',
  ],
  ['tls-min-version', 'string', 'TLS1.2', 'Oldest TLS version accepted: TLS1.2 or TLS1.3.'],
  ['tls-max-version', 'string', '', 'Newest TLS version accepted: TLS1.2 or TLS1.3.'],
];

const AUTH: readonly FlagRow[] = [
  [
    'auth-token',
    'string',
    'simple',
    "Kind of token and its options: 'simple' or 'jwt,...'.",
    NOT_YET,
  ],
  ['bcrypt-cost', 'uint', '10', 'Cost of hashing passwords, 4 to 31.', NOT_YET],
  ['auth-token-ttl', 'uint', '300', 'Seconds a simple token lives.', NOT_YET],
];

const MONITORING: readonly FlagRow[] = [
  ['enable-pprof', 'bool', 'false', 'Answer /debug/pprof/ on the client URLs.'],
  ['metrics', 'string', 'basic', "'extensive' adds histograms of gRPC calls."],
  ['listen-metrics-urls', 'urls', '', 'More URLs for /metrics and the health checks only.'],
];

const LOGGING: readonly FlagRow[] = [
  ['logger', 'string', 'zap', "Only 'zap', for structured logs, is known."],
  [
    'log-outputs',
    'set',
    'default',
    "'stdout', 'stderr' or files, separated by commas; 'default' is stderr.",
  ],
  ['log-level', 'string', 'info', 'Least level written: debug, info, warn, error, panic or fatal.'],
  ['log-format', 'string', 'json', "'json' or 'console'."],
  ['enable-log-rotation', 'bool', 'false', 'Rotate the log file.', NOT_YET],
  [
    'log-rotation-config-json',
    'string',
    '{"maxsize": 100, "maxage": 0, "maxbackups": 0, "localtime": false, "compress": false}',
    'When and how to rotate.',
  ],
  [
    'warning-unary-request-duration',
    'duration',
    '300ms',
    'Requests that take longer are logged with a warning.',
  ],
];

const TRACING: readonly FlagRow[] = [
  ['enable-distributed-tracing', 'bool', 'false', 'Send traces to a collector.', NOT_YET],
  ['distributed-tracing-address', 'string', 'localhost:4317', 'Address of the collector.'],
  ['distributed-tracing-service-name', 'string', 'etcd', 'Service name in traces.'],
  ['distributed-tracing-instance-id', 'string', '', 'Name of this member in traces.'],
  ['distributed-tracing-sampling-rate', 'int', '0', 'Traces taken of a million.'],
];

const FEATURES: readonly FlagRow[] = [
  ['corrupt-check-time', 'duration', '0s', 'Time between comparisons of all members (0: never).'],
  ['compact-hash-check-time', 'duration', '1m0s', 'Time between comparisons after compactions.'],
  [
    'compaction-batch-limit',
    'int',
    '0',
    'Revisions removed in one step of a compaction (0: 1000).',
  ],
  ['compaction-sleep-interval', 'duration', '0s', 'Pause between such steps (0: 10ms).'],
  [
    'watch-progress-notify-interval',
    'duration',
    '0s',
    'Time between progress notices to watchers that asked (0: 10m).',
  ],
  ['warning-apply-duration', 'duration', '100ms', 'Entries that take longer to apply are logged.'],
  [
    'bootstrap-defrag-threshold-megabytes',
    'uint',
    '0',
    'Defragment while starting when it frees this much (0: never).',
  ],
  ['max-learners', 'int', '1', 'Learners a cluster may have.'],
  [
    'downgrade-check-time',
    'duration',
    '5s',
    'Time between looks at a downgrade under way.',
    NOT_YET,
  ],
  [
    'v2-deprecation',
    'string',
    'write-only',
    'Accepted for old configurations; there is no v2 store.',
    {
      ignored: '--v2-deprecation is deprecated and scheduled for removal in v3.8.',
      choices: ['write-only', 'write-only-skip-check', 'write-only-drop-data', 'gone'],
    },
  ],
  ['enable-v2', 'bool', 'false', 'Answer GET /v2/members, for very old tools.'],
];

/** What etcd does not have; docs/operations.md says when to use it. */
const MIGRATION: readonly FlagRow[] = [
  [
    'cluster-version-max',
    'string',
    '',
    "A leader with this flag raises the cluster's version no further, so that older members can still join.",
  ],
];

const UNSAFE: readonly FlagRow[] = [
  ['force-new-cluster', 'bool', 'false', 'Turn this member alone into a new cluster.'],
  ['unsafe-no-fsync', 'bool', 'false', 'Never wait for the disk: loses data when machines stop.'],
];

const GENERAL: readonly FlagRow[] = [
  [
    'config-file',
    'string',
    '',
    'YAML or JSON file that replaces all other flags and the environment.',
    { fileKey: '' },
  ],
  ['version', 'bool', 'false', 'Print the version and exit.', { fileKey: '' }],
  ['cluster-active-size', 'void', '', '', OBSOLETE],
  ['cluster-remove-delay', 'void', '', '', OBSOLETE],
  ['cluster-sync-interval', 'void', '', '', OBSOLETE],
  ['config', 'void', '', '', OBSOLETE],
  ['force', 'void', '', '', OBSOLETE],
  ['max-result-buffer', 'void', '', '', OBSOLETE],
  ['max-retry-attempts', 'void', '', '', OBSOLETE],
  ['peer-heartbeat-interval', 'void', '', '', OBSOLETE],
  ['peer-election-timeout', 'void', '', '', OBSOLETE],
  ['retry-interval', 'void', '', '', OBSOLETE],
  ['snapshot', 'void', '', '', OBSOLETE],
  ['v', 'void', '', '', OBSOLETE],
  ['vv', 'void', '', '', OBSOLETE],
];

/** All flags in the order --help prints them. */
export const FLAG_GROUPS: readonly FlagGroup[] = [
  { title: 'Member', rows: MEMBER },
  { title: 'Clustering', rows: CLUSTERING },
  { title: 'Security', rows: SECURITY },
  { title: 'Auth', rows: AUTH },
  { title: 'Profiling and Monitoring', rows: MONITORING },
  { title: 'Logging', rows: LOGGING },
  { title: 'Distributed tracing', rows: TRACING },
  { title: 'Features', rows: FEATURES },
  { title: 'Learners, beyond etcd', rows: LEARNERS },
  { title: 'Migration, beyond etcd', rows: MIGRATION },
  { title: 'Unsafe feature', rows: UNSAFE },
  { title: 'General', rows: GENERAL },
];

function clientTls(key: string): FlagOptions {
  return { fileKey: `${CLIENT_TLS}.${key}` };
}

function peerTls(key: string): FlagOptions {
  return { fileKey: `${PEER_TLS}.${key}` };
}

function discovery(key: string): FlagOptions {
  return { fileKey: `${DISCOVERY}.${key}`, notYet: true };
}
