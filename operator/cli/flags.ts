// Owns the command line of the operator: --name=value or --name value, and the environment for what a Pod is told by its
// specification. What is not known is refused.

export interface OperatorConfig {
  /** Undefined: every namespace. */
  readonly watchNamespace: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly leaderElect: boolean;
  /** Where the Lease is; undefined: the operator's own namespace. */
  readonly leaderElectionNamespace: string | undefined;
  readonly probeAddress: Address;
  readonly metricsAddress: Address;
  readonly workers: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** `port` 0: any that is free; undefined: do not listen. */
export interface Address {
  readonly host: string;
  readonly port: number | undefined;
}

export type ParseOutcome =
  | { readonly kind: 'run'; readonly config: OperatorConfig }
  | { readonly kind: 'exit'; readonly code: number; readonly text: string };

export const USAGE = `etcd-ts-operator: keeps the EtcdClusters of a Kubernetes cluster as their specifications ask.

  --watch-namespace NAME             look at this namespace only (WATCH_NAMESPACE; default: all)
  --kubeconfig FILE                  how to reach the API server (KUBECONFIG; default: the Pod's service account)
  --leader-elect=true|false          act only while holding the Lease etcd-ts-operator (default true)
  --leader-election-namespace NAME   where the Lease is (POD_NAMESPACE; default: the one of the service account)
  --health-probe-bind-address ADDR   /healthz and /readyz (default :8081, 0 for none)
  --metrics-bind-address ADDR        /metrics (default :8080, 0 for none)
  --workers N                        clusters that are worked on at a time (default 4)
  --log-level LEVEL                  debug, info, warn or error (default info)
`;

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const NAMES = [
  'watch-namespace',
  'kubeconfig',
  'leader-elect',
  'leader-election-namespace',
  'health-probe-bind-address',
  'metrics-bind-address',
  'workers',
  'log-level',
] as const;
type FlagName = (typeof NAMES)[number];

export function parseFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParseOutcome {
  const given = new Map<FlagName, string>();
  const rest = [...args];
  for (let text = rest.shift(); text !== undefined; text = rest.shift()) {
    if (text === '--help' || text === '-h') return { kind: 'exit', code: 0, text: USAGE };
    const match = /^--?([a-z-]+)(?:=(.*))?$/s.exec(text);
    const name = NAMES.find((each) => each === match?.[1]);
    if (name === undefined) return refuse(`unknown argument ${JSON.stringify(text)}`);
    const value = match?.[2] ?? (name === 'leader-elect' ? 'true' : rest.shift());
    if (value === undefined) return refuse(`--${name} needs a value`);
    given.set(name, value);
  }
  return build(given, environment);
}

function build(
  given: ReadonlyMap<FlagName, string>,
  environment: Readonly<Record<string, string | undefined>>,
): ParseOutcome {
  const text = (name: FlagName, variable?: string): string | undefined => {
    const value = given.get(name) ?? (variable === undefined ? undefined : environment[variable]);
    return value === '' ? undefined : value;
  };
  const probeAddress = parseAddress(text('health-probe-bind-address') ?? ':8081');
  const metricsAddress = parseAddress(text('metrics-bind-address') ?? ':8080');
  const workers = Number(text('workers') ?? 4);
  const logLevel = LOG_LEVELS.find((level) => level === (text('log-level') ?? 'info'));
  const leaderElect = text('leader-elect') ?? 'true';
  if (probeAddress === undefined) return refuse('--health-probe-bind-address is no address');
  if (metricsAddress === undefined) return refuse('--metrics-bind-address is no address');
  if (!Number.isInteger(workers) || workers < 1 || workers > 1000) {
    return refuse('--workers must be a number from 1 to 1000');
  }
  if (logLevel === undefined) return refuse(`--log-level must be one of ${LOG_LEVELS.join(', ')}`);
  if (leaderElect !== 'true' && leaderElect !== 'false') {
    return refuse('--leader-elect must be true or false');
  }
  return {
    kind: 'run',
    config: {
      watchNamespace: text('watch-namespace', 'WATCH_NAMESPACE'),
      kubeconfig: text('kubeconfig'),
      leaderElect: leaderElect === 'true',
      leaderElectionNamespace: text('leader-election-namespace', 'POD_NAMESPACE'),
      probeAddress,
      metricsAddress,
      workers,
      logLevel,
    },
  };
}

/** ":8080", "127.0.0.1:8080", "[::1]:8080", or "0". */
function parseAddress(text: string): Address | undefined {
  if (text === '0') return { host: '', port: undefined };
  const match = /^(\[[0-9a-fA-F:]+\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) return undefined;
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port };
}

function refuse(problem: string): ParseOutcome {
  return { kind: 'exit', code: 2, text: `${problem}\n\n${USAGE}` };
}
