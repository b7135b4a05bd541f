// Goal: a command line, environment or file that etcd takes gives the same configuration here, and one that it refuses is
// refused with its text and exit code. Method: loadConfig with made-up sources. A failure means that somebody's unit file,
// manifest or test harness stops working.
import { describe, expect, it } from 'vitest';
import type { ServerConfig } from '../../../server/cli/config.ts';
import type { LogNote } from '../../../server/cli/config-error.ts';
import { type LoadOutcome, type LoadSources, loadConfig } from '../../../server/cli/config-load.ts';
import { FLAG_GROUPS } from '../../../server/cli/flag-table.ts';
import { FLAGS, FlagValues } from '../../../server/cli/flag-values.ts';

function load(args: readonly string[], sources: Partial<LoadSources> = {}): LoadOutcome {
  return loadConfig({
    args: ['etcd', ...args],
    environment: {},
    versionText: 'etcd Version: 3.7.1\n',
    readFile: () => '',
    defaultHost: () => undefined,
    ...sources,
  });
}

function configOf(outcome: LoadOutcome): ServerConfig {
  if (outcome.kind !== 'run') throw new Error(JSON.stringify(outcome.notes));
  return outcome.config;
}

function errorOf(outcome: LoadOutcome): unknown {
  expect(outcome).toMatchObject({ kind: 'exit', exitCode: 1 });
  const last: LogNote | undefined = outcome.notes.at(-1);
  expect(last).toMatchObject({ level: 'warn', message: 'failed to verify flags' });
  return last?.fields['error'];
}

function file(text: string): LoadOutcome {
  return load(['--config-file', 'etcd.yml'], { readFile: () => text });
}

describe('defaults', () => {
  it('are those of etcd', () => {
    expect(configOf(load([]))).toMatchObject({
      name: 'default',
      dataDir: 'default.etcd',
      snapshotCount: 10000,
      snapshotCatchupEntries: 5000,
      heartbeatIntervalMs: 100,
      electionTimeoutMs: 1000,
      quotaBackendBytes: 2147483648,
      maxRequestBytes: 1572864,
      maxConcurrentStreams: 4294967295,
      grpcKeepaliveIntervalMs: 7200000,
      watchProgressNotifyIntervalMs: 600000,
      compactionBatchLimit: 1000,
      compactionSleepIntervalMs: 10,
      listenPeerUrls: [{ scheme: 'http', host: 'localhost', port: 2380 }],
      listenMetricsUrls: [],
      initialClusterText: 'default=http://localhost:2380',
      autoCompaction: { kind: 'off' },
      authToken: { kind: 'simple', options: {} },
      log: { level: 'info', format: 'json', outputs: ['stderr'] },
      tlsMinVersion: 'TLS1.2',
      tlsMaxVersion: 'TLS1.3',
      cors: ['*'],
      features: { fastLeaseKeepAlive: true, leaseCheckpoint: false },
    });
  });

  it('cannot be changed', () => {
    const config = configOf(load([]));
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.listenPeerUrls[0])).toBe(true);
    expect(Object.isFrozen(config.clientTls)).toBe(true);
  });

  it('of every flag can be read', () => {
    const values = new FlagValues(new Map());
    for (const name of FLAGS.keys()) expect(values.get(name)).toBeDefined();
    const names = FLAG_GROUPS.flatMap((group) => group.rows.map(([name]) => name));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('command line', () => {
  it('takes one dash or two, "=" or the next argument, and booleans alone', () => {
    const config = configOf(
      load([
        '-name',
        'a',
        '--data-dir=/d',
        '-pre-vote=false',
        '--force-new-cluster',
        '-max-wals=0x10',
      ]),
    );
    expect(config).toMatchObject({
      name: 'a',
      dataDir: '/d',
      preVote: false,
      forceNewCluster: true,
      maxWalFiles: 16,
    });
  });

  it.each([
    [['--foo'], 'flag provided but not defined: -foo'],
    [['-foo=1'], 'flag provided but not defined: -foo'],
    [['---name'], 'bad flag syntax: ---name'],
    [['--=x'], 'bad flag syntax: --=x'],
    [['--name'], 'flag needs an argument: -name'],
    [['--pre-vote=maybe'], 'invalid boolean value "maybe" for -pre-vote: parse error'],
    [['--max-wals', '-1'], 'invalid value "-1" for flag -max-wals: parse error'],
    [
      ['--quota-backend-bytes=1e9'],
      'invalid value "1e9" for flag -quota-backend-bytes: parse error',
    ],
    [
      ['--grpc-keepalive-timeout', '5'],
      'invalid value "5" for flag -grpc-keepalive-timeout: parse error',
    ],
    [
      ['--max-concurrent-streams', '4294967296'],
      'invalid value "4294967296" for flag -max-concurrent-streams: strconv.ParseUint: parsing "4294967296": value out of range',
    ],
    [
      ['--initial-cluster-state=old'],
      'invalid value "old" for flag -initial-cluster-state: invalid value',
    ],
    [
      ['--listen-peer-urls', 'http://1.2.3.4'],
      'invalid value "http://1.2.3.4" for flag -listen-peer-urls: URL address does not have the form "host:port": http://1.2.3.4',
    ],
    [
      ['--feature-gates', 'No=true'],
      'invalid value "No=true" for flag -feature-gates: unrecognized feature gate: No',
    ],
    [
      ['--feature-gates', 'SetMemberLocalAddr=true'],
      'invalid value "SetMemberLocalAddr=true" for flag -feature-gates: feature gate SetMemberLocalAddr is not supported by etcd-ts yet',
    ],
    [
      ['--experimental-initial-corrupt-check'],
      'flag provided but not defined: -experimental-initial-corrupt-check',
    ],
    [
      ['--client-transport-security.allowed-cn=x'],
      'flag provided but not defined: -client-transport-security.allowed-cn',
    ],
  ])('refuses %j with exit code 2', (args, message) => {
    const outcome = load(args);
    expect(outcome).toMatchObject({ kind: 'exit', exitCode: 2, stdout: '', notes: [] });
    if (outcome.kind === 'exit') expect(outcome.stderr.startsWith(`${message}\nUsage:`)).toBe(true);
  });

  it('refuses what follows the flags', () => {
    expect(errorOf(load(['--name', 'a', 'b']))).toBe('"b" is not a valid flag');
    expect(errorOf(load(['--', '--name']))).toBe('"--name" is not a valid flag');
  });

  it('prints help and version', () => {
    const help = load(['-h']);
    expect(help).toMatchObject({ kind: 'exit', exitCode: 0 });
    if (help.kind === 'exit') {
      expect(help.stdout).toContain("\nClustering:\n  --initial-advertise-peer-urls 'http://loc");
      expect(help.stdout).toContain('StopGRPCServiceOnDefrag=true|false (ALPHA - default=false)');
      expect(help.stderr).toContain('Usage:');
    }
    expect(load(['--name', 'x', '--version'])).toMatchObject({
      exitCode: 0,
      stdout: 'etcd Version: 3.7.1\n',
    });
  });

  it('accepts the largest numbers people write', () => {
    expect(configOf(load(['--quota-backend-bytes=9223372036854775807'])).quotaBackendBytes).toBe(
      Number.MAX_SAFE_INTEGER,
    );
    expect(configOf(load(['--quota-backend-bytes=-1'])).quotaBackendBytes).toBe(-1);
  });

  it('warns about flags that have no effect', () => {
    const { notes } = load([
      '--max-snapshots=3',
      '--vv',
      '--raft-write-timeout=9s',
      '--feature-gates=FastLeaseKeepAlive=false',
    ]);
    const messages = notes.map((note) => note.message);
    for (const name of ['--raft-write-timeout', 'FastLeaseKeepAlive=false']) {
      expect(messages).toContainEqual(expect.stringContaining(`${name} has no effect`));
    }
    expect(messages).toContain(
      '--max-snapshots is deprecated in 3.6 and will be decommissioned in 3.8.',
    );
    expect(messages).toContain('flag is no longer supported - ignoring');
  });

  it('takes batches of the store up to a limit, and says when a larger one is lowered', () => {
    const given = load(['--backend-batch-limit=7', '--backend-batch-interval=1s']);
    const large = load(['--backend-batch-limit=10000']);
    expect(configOf(given)).toMatchObject({
      backendBatchLimit: 7,
      backendBatchIntervalMs: 1000,
    });
    expect(configOf(load([]))).toMatchObject({
      backendBatchLimit: 64,
      backendBatchIntervalMs: 100,
    });
    expect(configOf(large)).toMatchObject({ backendBatchLimit: 64 });
    const messages = large.notes.map((note) => note.message);
    expect(messages).toContain('--backend-batch-limit has been lowered');
    expect(given.notes.map((note) => note.message)).not.toContain(messages.at(-1));
  });

  it('refuses flags whose behaviour is missing, but not their defaults', () => {
    expect(errorOf(load(['--discovery-srv', 'example.com']))).toBe(
      '--discovery-srv is not supported by etcd-ts yet',
    );
    expect(load(['--discovery-srv', '', '--enable-log-rotation=false']).kind).toBe('run');
    expect(load(['--feature-gates=SetMemberLocalAddr=false']).kind).toBe('run');
    expect(load(['gateway', 'start'])).toMatchObject({ kind: 'exit', exitCode: 1 });
  });
});

describe('validation', () => {
  it.each([
    [
      ['--listen-client-urls=http://127.0.0.1:1'],
      '--advertise-client-urls is required when --listen-client-urls is set explicitly',
    ],
    [
      ['--heartbeat-interval=300'],
      '--election-timeout[1000ms] should be at least as 5 times as --heartbeat-interval[300ms]',
    ],
    [
      ['--election-timeout=50001'],
      '--election-timeout[50001ms] is too long, and should be set less than 50000ms',
    ],
    [['--heartbeat-interval=0'], '--heartbeat-interval must be >0 (set to 0ms)'],
    [['--election-timeout=0'], '--election-timeout must be >0 (set to 0ms)'],
    [
      ['--listen-peer-urls=http://example.com:2380'],
      'expected IP in URL for binding (http://example.com:2380)',
    ],
    [
      ['--initial-advertise-peer-urls=http://:2380'],
      '--initial-advertise-peer-urls "http://:2380" must be "host:port" (unexpected empty host (http://:2380))',
    ],
    [['--auto-compaction-mode=never'], 'unknown auto-compaction-mode "never"'],
    [['--auto-compaction-mode='], 'undefined auto-compaction-mode'],
    [
      ['--auto-compaction-retention=1d'],
      'error parsing CompactionRetention: time: unknown unit "d" in duration "1d"',
    ],
    [['--compact-hash-check-time=0s'], '--compact-hash-check-time must be >0 (set to 0s)'],
    [['--logger=capnslog'], '--logger=capnslog is removed in v3.5'],
    [['--logger=x'], 'unknown logger option "x"'],
    [['--log-level=loud'], 'unrecognized level: "loud"'],
    [['--log-format=xml'], 'unknown log format: xml, supported values json, console'],
    [['--log-outputs=default,stdout'], 'multi logoutput for "default" is not supported yet'],
    [
      ['--tls-min-version=TLS1.1'],
      'unexpected TLS version "TLS1.1" (must be one of: TLS1.2, TLS1.3)',
    ],
    [
      ['--tls-min-version=TLS1.3', '--tls-max-version=TLS1.2'],
      'min version (TLS1.3) is greater than max version (TLS1.2)',
    ],
    [
      ['--tls-min-version=TLS1.3', '--cipher-suites=TLS_AES_128_GCM_SHA256'],
      'cipher suites cannot be configured when only TLS1.3 is enabled',
    ],
    [['--cipher-suites=X'], 'unexpected TLS cipher suite "X"'],
    [
      ['--listen-client-urls=https://127.0.0.1:1', '--advertise-client-urls=https://127.0.0.1:1'],
      'TLS key/cert (--cert-file, --key-file) must be provided for client url https://127.0.0.1:1 with HTTPS scheme',
    ],
    [
      ['--listen-metrics-urls=https://127.0.0.1:1'],
      'client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url https://127.0.0.1:1',
    ],
    [['--cert-file=c'], 'KeyFile and CertFile must both be present[key: , cert: c]'],
    [
      ['--peer-cert-allowed-cn=a', '--peer-cert-allowed-hostname=b'],
      'AllowedCNs and AllowedHostnames are mutually exclusive (cns=["a"], hostnames=["b"])',
    ],
    [
      ['--feature-gates=LeaseCheckpointPersist=true'],
      'enabling feature gate LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint',
    ],
    [
      ['--discovery-fallback=proxy'],
      'v2 proxy is deprecated, and --discovery-fallback can\'t be configured as "proxy"',
    ],
    [
      ['--initial-cluster=a=http://1.1.1.1'],
      'error setting up initial cluster: URL address does not have the form "host:port": http://1.1.1.1',
    ],
    [['--auth-token=jwt,a'], '--auth-token is not supported by etcd-ts yet'],
    [['--bcrypt-cost=4'], '--bcrypt-cost is not supported by etcd-ts yet'],
  ])('refuses %j', (args, message) => {
    expect(errorOf(load(args))).toBe(message);
  });

  it('reads retentions of both modes', () => {
    const retention = (text: string, mode: string): unknown =>
      configOf(load([`--auto-compaction-retention=${text}`, `--auto-compaction-mode=${mode}`]))
        .autoCompaction;
    expect(retention('5', 'periodic')).toEqual({ kind: 'periodic', retentionMs: 18_000_000 });
    expect(retention('5m', 'periodic')).toEqual({ kind: 'periodic', retentionMs: 300_000 });
    expect(retention('1000', 'revision')).toEqual({ kind: 'revision', retentionCount: 1000 });
    expect(retention('0s', 'periodic')).toEqual({ kind: 'off' });
  });

  it('derives the initial cluster from name and peer URLs', () => {
    const config = configOf(
      load(['--name=a', '--initial-advertise-peer-urls=http://h:2,http://h:1']),
    );
    expect(config.initialClusterText).toBe('a=http://h:1,a=http://h:2');
    expect(config.initialCluster).toMatchObject([
      { name: 'a', peerUrls: [{ port: 1 }, { port: 2 }] },
    ]);
  });

  it('advertises this machine when everything is listened on', () => {
    const config = configOf(
      load(['--name=a', '--listen-peer-urls=http://0.0.0.0:99'], { defaultHost: () => '10.0.0.7' }),
    );
    expect(config.initialClusterText).toBe('a=http://10.0.0.7:99');
    expect(config.advertiseClientUrls[0]?.text).toBe('http://localhost:2379');
  });

  it('translates TLS settings', () => {
    const config = configOf(
      load([
        '--cert-file=c',
        '--key-file=k',
        '--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
        '--feature-gates=AllAlpha=true,PriorityRequest=false',
      ]),
    );
    expect(config.cipherSuites).toEqual(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']);
    expect(config.features).toMatchObject({ initialCorruptCheck: true, priorityRequest: false });
  });
});

describe('environment', () => {
  it('sets flags, and says so', () => {
    const environment = { ETCD_NAME: 'e', ETCD_ELECTION_TIMEOUT: '2000', ETCD_CORS: '', PATH: '/' };
    const outcome = load([], { environment });
    expect(configOf(outcome)).toMatchObject({ name: 'e', electionTimeoutMs: 2000, cors: ['*'] });
    expect(outcome.notes[0]).toMatchObject({
      message: 'recognized and used environment variable',
      fields: { 'variable-name': 'ETCD_NAME', 'variable-value': 'e' },
    });
  });

  it('warns about variables it does not know', () => {
    const { notes } = load([], { environment: { ETCD_PORT: 'tcp://1:2', ETCD_VERSION: 'v3' } });
    expect(notes).toContainEqual({
      level: 'warn',
      message: 'unrecognized environment variable',
      fields: { 'environment-variable': 'ETCD_PORT=tcp://1:2' },
    });
    expect(notes[0]?.message).toBe('cannot set special environment variable');
  });

  it('refuses a flag set twice', () => {
    const outcome = load(['--name', 'x'], { environment: { ETCD_NAME: 'y' } });
    expect(outcome).toMatchObject({ kind: 'exit', exitCode: 1 });
    expect(outcome.notes.at(-1)).toMatchObject({
      level: 'fatal',
      fields: { 'environment-variable': 'ETCD_NAME' },
    });
  });

  it('refuses values it cannot read', () => {
    const environment = { ETCD_MAX_WALS: 'many' };
    expect(errorOf(load([], { environment }))).toBe(
      'invalid value "many" for ETCD_MAX_WALS: parse error',
    );
  });
});

describe('configuration file', () => {
  it('replaces flags and environment', () => {
    const outcome = load(['--config-file=f', '--name=flag'], {
      environment: { ETCD_DATA_DIR: '/env', ETCD_NAME: 'env' },
      readFile: () => 'name: infra0\nheartbeat-interval: 1000\nelection-timeout: 5000\n',
    });
    expect(configOf(outcome)).toMatchObject({
      name: 'infra0',
      dataDir: 'infra0.etcd',
      heartbeatIntervalMs: 1000,
    });
  });

  it('may be named by the environment', () => {
    const outcome = load([], {
      environment: { ETCD_CONFIG_FILE: '/c' },
      readFile: (path) => `name: "${path}"`,
    });
    expect(configOf(outcome).name).toBe('/c');
  });

  it('of an old release still starts a member, with the unknown keys named', () => {
    const outcome = file(`
name: infra1
data-dir: /data
listen-client-urls: http://10.0.1.10:2379,http://127.0.0.1:2379
advertise-client-urls: http://10.0.1.10:2379
snapshot-count: 200000
logger: zap
log-level: info
log-package-levels: DEBUG
log-ouputs: [stderr]
enable-v2: true
max-snapshots: 5
initial-cluster:
`);
    const config = configOf(outcome);
    expect(config.listenClientUrls.map((url) => url.port)).toEqual([2379, 2379]);
    expect(config).toMatchObject({ enableV2: true, snapshotCount: 200000 });
    const unknown = outcome.notes.find((note) => note.message.includes('unknown keys'));
    expect(unknown?.fields['keys']).toEqual(['log-package-levels', 'log-ouputs']);
  });

  it('has sections for TLS, lists, and durations in nanoseconds or texts', () => {
    const config = configOf(
      file(`
client-transport-security:
  cert-file: c
  key-file: k
  client-cert-auth: yes
  allowed-cn: [x, y]
peer-transport-security: {auto-tls: true, allowed-hostname: [h]}
log-outputs: [stdout, /var/log/x.log]
watch-progress-notify-interval: 60000000000
grpc-keepalive-timeout: 10s
socket-options: {reuse-address: true}
feature-gates: LeaseCheckpoint=true
auto-compaction-retention: 1
`),
    );
    expect(config.clientTls).toMatchObject({
      certFile: 'c',
      clientCertAuth: true,
      allowedCommonNames: ['x', 'y'],
    });
    expect(config.peerTls).toMatchObject({ auto: true, allowedHostnames: ['h'] });
    expect(config).toMatchObject({
      log: { outputs: ['/var/log/x.log', 'stdout'] },
      watchProgressNotifyIntervalMs: 60000,
      grpcKeepaliveTimeoutMs: 10000,
      socketReuseAddress: true,
      autoCompaction: { kind: 'periodic', retentionMs: 3_600_000 },
    });
  });

  it('may be JSON, or empty, and does not need advertise-client-urls', () => {
    expect(configOf(file('{"name": "j", "listen-client-urls": "http://127.0.0.1:1"}')).name).toBe(
      'j',
    );
    expect(configOf(file('')).name).toBe('default');
  });

  it.each([
    ['snapshot-count: many', 'cannot read "many" as the uint snapshot-count'],
    // Go's decoder takes no list for a text either.
    ['name: [1]', 'cannot read [1] as the string name'],
    ['data-dir: []', 'cannot read [] as the string data-dir'],
    ['initial-cluster: [a, b]', 'cannot read ["a","b"] as the string initial-cluster'],
    [
      'peer-transport-security: {cert-file: [a, b]}',
      'cannot read ["a","b"] as the string peer-transport-security.cert-file',
    ],
    ['feature-gates: [A=true]', 'cannot read ["A=true"] as the features feature-gates'],
    ['snapshot-count: [5]', 'cannot read [5] as the uint snapshot-count'],
    ['log-outputs: [[stderr]]', 'cannot read [["stderr"]] as the set log-outputs'],
    ['- a', 'a configuration file must be a mapping of keys'],
    ['client-transport-security: 5', 'invalid client-transport-security'],
    ['initial-cluster-state: old', 'unexpected clusterState "old"'],
    [
      'listen-peer-urls: localhost',
      'unexpected error setting up listen-peer-urls: URL scheme must be http, https, unix, or unixs: localhost',
    ],
    ['discovery-config: {token: x}', '--discovery-token is not supported by etcd-ts yet'],
  ])('refuses %j', (text, message) => {
    expect(errorOf(file(text))).toBe(message);
  });

  it('refuses what is no YAML', () => {
    expect(errorOf(file('a: ['))).toContain('error converting YAML to JSON');
  });
});
