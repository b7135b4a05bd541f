// Owns --feature-gates: the names etcd 3.7 knows, which stage they are in, and the text form "A=true,B=false".
// etcd: server/features/etcd_features.go, pkg/featuregate/feature_gate.go.
import type { FeatureGates } from './config.ts';
import { maybeGoBool } from './go-syntax.ts';

type Stage = 'ALPHA' | 'BETA';

interface Gate {
  readonly field: keyof FeatureGates;
  readonly stage: Stage;
  readonly enabled: boolean;
  /** The behaviour is missing: refused when it is asked for by its name. */
  readonly notYet?: boolean;
}

/** Name on the command line to where it goes. */
export const FEATURE_GATES: Readonly<Record<string, Gate>> = {
  CompactHashCheck: { field: 'compactHashCheck', stage: 'ALPHA', enabled: false },
  FastLeaseKeepAlive: { field: 'fastLeaseKeepAlive', stage: 'BETA', enabled: true },
  InitialCorruptCheck: { field: 'initialCorruptCheck', stage: 'ALPHA', enabled: false },
  LeaseCheckpoint: { field: 'leaseCheckpoint', stage: 'ALPHA', enabled: false },
  LeaseCheckpointPersist: { field: 'leaseCheckpointPersist', stage: 'ALPHA', enabled: false },
  PriorityRequest: { field: 'priorityRequest', stage: 'ALPHA', enabled: false },
  SetMemberLocalAddr: {
    field: 'setMemberLocalAddr',
    stage: 'ALPHA',
    enabled: false,
    notYet: true,
  },
  StopGRPCServiceOnDefrag: { field: 'stopGrpcServiceOnDefrag', stage: 'ALPHA', enabled: false },
  TxnModeWriteWithSharedBuffer: {
    field: 'txnModeWriteWithSharedBuffer',
    stage: 'BETA',
    enabled: true,
  },
};

/** Names that switch every gate of a stage which is not named itself. */
const GROUPS: Readonly<Record<string, Stage>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' };

/** Every gate and group under its own name, for the metric that lists them. */
export function featureStates(
  gates: FeatureGates,
): readonly { readonly name: string; readonly stage: Stage; readonly enabled: boolean }[] {
  return [
    { name: 'AllAlpha', stage: 'ALPHA', enabled: gates.allAlpha },
    { name: 'AllBeta', stage: 'BETA', enabled: gates.allBeta },
    ...Object.entries(FEATURE_GATES).map(([name, { field, stage }]) => {
      return { name, stage, enabled: gates[field] };
    }),
  ];
}

export type FeatureGatesResult =
  | { readonly kind: 'gates'; readonly gates: FeatureGates }
  | { readonly kind: 'error'; readonly message: string };

/** The state of every gate after applying a text such as "A=true,B=false". */
export function parseFeatureGates(text: string): FeatureGatesResult {
  const named = new Map<string, boolean>();
  for (const part of text.split(',')) {
    if (part === '') continue;
    const separator = part.indexOf('=');
    const name = (separator < 0 ? part : part.slice(0, separator)).trim();
    if (separator < 0) return { kind: 'error', message: `missing bool value for ${name}` };
    const valueText = part.slice(separator + 1).trim();
    const value = maybeGoBool(valueText);
    if (value === undefined) {
      const reason = `strconv.ParseBool: parsing "${valueText}": invalid syntax`;
      return { kind: 'error', message: `invalid value of ${name}=${valueText}, err: ${reason}` };
    }
    if (!Object.hasOwn(FEATURE_GATES, name) && !Object.hasOwn(GROUPS, name)) {
      return { kind: 'error', message: `unrecognized feature gate: ${name}` };
    }
    if (value && FEATURE_GATES[name]?.notYet === true) {
      return { kind: 'error', message: `feature gate ${name} is not supported by etcd-ts yet` };
    }
    named.set(name, value);
  }
  return { kind: 'gates', gates: resolve(named) };
}

function resolve(named: ReadonlyMap<string, boolean>): FeatureGates {
  const isEnabled = (name: string): boolean => {
    const gate = FEATURE_GATES[name];
    const group = gate?.stage === 'ALPHA' ? 'AllAlpha' : 'AllBeta';
    return named.get(name) ?? named.get(group) ?? gate?.enabled ?? false;
  };
  return {
    allAlpha: named.get('AllAlpha') ?? false,
    allBeta: named.get('AllBeta') ?? false,
    stopGrpcServiceOnDefrag: isEnabled('StopGRPCServiceOnDefrag'),
    initialCorruptCheck: isEnabled('InitialCorruptCheck'),
    compactHashCheck: isEnabled('CompactHashCheck'),
    txnModeWriteWithSharedBuffer: isEnabled('TxnModeWriteWithSharedBuffer'),
    leaseCheckpoint: isEnabled('LeaseCheckpoint'),
    leaseCheckpointPersist: isEnabled('LeaseCheckpointPersist'),
    setMemberLocalAddr: isEnabled('SetMemberLocalAddr'),
    fastLeaseKeepAlive: isEnabled('FastLeaseKeepAlive'),
    priorityRequest: isEnabled('PriorityRequest'),
  };
}

/** Lines that describe the gates in --help. */
export function featureGateUsage(): readonly string[] {
  const groups = Object.entries(GROUPS).map(
    ([name, stage]) => `${name}=true|false (${stage} - default=false)`,
  );
  const gates = Object.entries(FEATURE_GATES).map(
    ([name, gate]) => `${name}=true|false (${gate.stage} - default=${gate.enabled})`,
  );
  return [...groups, ...gates];
}
