// Owns which names Kubernetes' objects have: those of Services, and of Pods behind headless ones. Pure.
import { type Json, listAt, recordAt, textAt } from '../../../operator/kube/decode.ts';
import { CLUSTER_DOMAIN } from './plan.ts';

/** Objects by "namespace/name". */
export interface ZoneObjects {
  readonly services: ReadonlyMap<string, Json>;
  readonly endpoints: ReadonlyMap<string, Json>;
}

/** Addresses of a name of the cluster; undefined for a name that there is not. */
export function addressesOf(name: string, objects: ZoneObjects): readonly string[] | undefined {
  const suffix = `.svc.${CLUSTER_DOMAIN}`;
  if (!name.endsWith(suffix)) return undefined;
  const [namespace, service, host, ...rest] = name.slice(0, -suffix.length).split('.').reverse();
  if (namespace === undefined || service === undefined || rest.length > 0) return undefined;
  const key = `${namespace}/${service}`;
  const found = objects.services.get(key);
  if (found === undefined) return undefined;
  const address = textAt(recordAt(found, 'spec'), 'clusterIP') ?? '';
  if (address !== 'None') return host === undefined ? [address] : undefined;
  const all = podsBehind(objects.endpoints.get(key), found);
  if (host === undefined) return all.map((pod) => pod.address);
  const one = all.filter((pod) => pod.host === host).map((pod) => pod.address);
  return one.length === 0 ? undefined : one;
}

function podsBehind(
  endpoints: Json | undefined,
  service: Json,
): readonly { readonly host: string; readonly address: string }[] {
  const withNotReady = recordAt(service, 'spec')['publishNotReadyAddresses'] === true;
  return listAt(endpoints ?? {}, 'subsets').flatMap((subset) =>
    [
      ...listAt(subset, 'addresses'),
      ...(withNotReady ? listAt(subset, 'notReadyAddresses') : []),
    ].map((entry) => {
      const address = textAt(entry, 'ip') ?? '';
      return { address, host: textAt(entry, 'hostname') ?? address.replaceAll('.', '-') };
    }),
  );
}
