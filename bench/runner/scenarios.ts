// Owns the loads the runner measures: those of a Kubernetes control plane, at the settings of etcd's own published figures
// where there are some (100 connections, 1000 clients, 256-byte values).

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Arguments of bench/load, beside endpoints, processes and time. */
  readonly load: readonly string[];
  /** Left out on clusters: the row is one of a single member. */
  readonly isSingleOnly?: true;
  /** On a new cluster, because its memory is looked at; no load may follow. */
  readonly isAlone?: true;
}

const MANY = ['--conns', '100', '--clients', '1000'];
const ONE = ['--conns', '1', '--clients', '1'];

export const SCENARIOS: readonly Scenario[] = [
  { name: 'put', about: 'put, 1000 clients', load: ['put', ...MANY] },
  { name: 'put-1', about: 'put, 1 client', load: ['put', ...ONE] },
  { name: 'range', about: 'linearizable read of one key, 1000 clients', load: ['range', ...MANY] },
  {
    name: 'range-1',
    about: 'linearizable read of one key, 1 client',
    load: ['range', ...ONE],
    isSingleOnly: true,
  },
  {
    name: 'range-serializable',
    about: 'serializable read of one key, 1000 clients',
    load: ['range-serializable', ...MANY],
  },
  {
    name: 'range-many',
    about: 'linearizable read of 1000 keys, 20 clients',
    load: ['range-many', '--conns', '20', '--clients', '20'],
  },
  {
    name: 'txn-mixed',
    about: 'half reads, half puts, each in a transaction',
    load: ['txn-mixed', ...MANY],
  },
  {
    name: 'txn-kube',
    about: 'put if the revision is the one last seen, else read',
    load: ['txn-kube', ...MANY],
  },
  { name: 'lease-keepalive', about: 'keep-alive, 1000 leases', load: ['lease-keepalive', ...MANY] },
  {
    name: 'lease-life',
    about: 'grant, put, revoke; 100 clients',
    load: ['lease-life', '--conns', '20', '--clients', '100'],
  },
  {
    name: 'watch-latency',
    about: '1000 puts per second to 100 watchers of all keys',
    load: ['watch-latency', '--conns', '20', '--clients', '100', '--rate', '1000'],
    isSingleOnly: true,
  },
  {
    name: 'list',
    about: 'list of 100 000 keys, 4 clients; pages of 500',
    load: [
      ...['list', '--conns', '4', '--clients', '4'],
      ...['--range-keys', '500', '--key-space-size', '100000'],
    ],
  },
  {
    name: 'put-idle-watchers',
    about: 'put, 1000 clients, 10 000 idle watchers on one other prefix',
    load: ['put', ...MANY, '--idle-watchers', '10000'],
    isSingleOnly: true,
    isAlone: true,
  },
];

/** The loads whose way through the server is shown layer by layer. */
export const LAYER_SCENARIOS: readonly Scenario[] = SCENARIOS.filter(({ name }) =>
  ['put', 'put-1', 'range', 'range-serializable', 'txn-kube', 'lease-keepalive'].includes(name),
);

/** The data sets of the memory and restart figures. */
export const LARGE_KEYS = 1_000_000;
