// Owns that Services and the disruption budget are there and as they should be. Compared field by field with what is wanted:
// what the API server or others add is left alone. What was wanted before and is not any more is told by the hash of what was
// applied (specs/applied-hash.ts).
import type { PodDisruptionBudget, Service } from '../api/kube-objects.ts';
import { buildClientService } from '../specs/client-service.ts';
import { buildHeadlessService } from '../specs/headless-service.ts';
import { buildBudget } from '../specs/pdb.ts';
import { type Action, inChain, normal } from './action.ts';
import type { ClusterView } from './view.ts';

export function keepServices(view: ClusterView): readonly Action[] {
  const { context, observed } = view;
  return [
    ...inChain('peers', keepService(buildHeadlessService(context), observed.headlessService)),
    ...inChain('client', keepService(buildClientService(context), observed.clientService)),
    ...inChain('budget', keepBudget(view)),
  ];
}

function keepService(wanted: Service, seen: Service | undefined): readonly Action[] {
  if (seen !== undefined && isWithin(wanted, seen)) return [];
  const event = normal('ServiceApplied', `applied the Service ${wanted.metadata.name}`);
  return [{ kind: 'applyService', service: wanted, event }];
}

function keepBudget(view: ClusterView): readonly Action[] {
  const { observed, spec, context, list } = view;
  const seen = observed.budget;
  if (!spec.budgetEnabled) return seen === undefined ? [] : [dropBudget(seen)];
  // The floor comes from the live list; without one the last floor stands.
  if (!observed.hasPolicyApi || list === undefined || view.clusterId === undefined) return [];
  const wanted = buildBudget(context, view.counts.voters);
  // unhealthyPodEvictionPolicy is left to the hash: an API server before 1.27 drops it, and would be asked for ever.
  const { minAvailable, selector } = wanted.spec;
  const { annotations } = wanted.metadata;
  const told = { metadata: { annotations }, spec: { minAvailable, selector } };
  if (seen !== undefined && isWithin(told, seen)) return [];
  const event = normal(
    'BudgetApplied',
    `at least ${wanted.spec.minAvailable} voters stay in drains`,
  );
  return [{ kind: 'applyBudget', budget: wanted, event }];
}

function dropBudget({ metadata: { name, uid = '' } }: PodDisruptionBudget): Action {
  return { kind: 'deleteBudget', name, uid, event: normal('BudgetDeleted', `deleted ${name}`) };
}

/** Whether everything in `wanted` is in `seen` with the same value. */
export function isWithin(wanted: unknown, seen: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(seen) &&
      wanted.length === seen.length &&
      wanted.every((item, index) => isWithin(item, seen[index]))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return wanted === seen;
  if (typeof seen !== 'object' || seen === null) return false;
  const fields = new Map<string, unknown>(Object.entries(seen));
  return Object.entries(wanted).every(([key, value]) => isWithin(value, fields.get(key)));
}
