// Owns finding endpoints in the SRV records of a domain. etcd: client/pkg/srv.
import { resolveSrv } from 'node:dns/promises';
import { Exit, ExitError } from './line/exit-error.ts';
import { writeError } from './line/terminal.ts';

export interface Discovery {
  readonly domain: string;
  readonly serviceName: string;
  /** True takes endpoints without TLS too. */
  readonly insecure: boolean;
}

export async function discoverEndpoints(discovery: Discovery): Promise<readonly string[]> {
  const lookups = await Promise.allSettled([
    lookUp('https', 'etcd-client-ssl', discovery),
    lookUp('http', 'etcd-client', discovery),
  ]);
  const failures = lookups.filter((lookup) => lookup.status === 'rejected');
  if (failures.length === lookups.length) {
    const reasons = failures.map(({ reason }) =>
      String(reason instanceof Error ? reason.message : reason),
    );
    throw new ExitError(Exit.error, `dns lookup errors: ${reasons.join(' and ')}`);
  }
  const endpoints = lookups.flatMap((lookup) =>
    lookup.status === 'fulfilled' ? lookup.value : [],
  );
  if (discovery.insecure) return endpoints;
  for (const endpoint of endpoints.filter(isInsecure)) {
    writeError(`ignoring discovered insecure endpoint "${endpoint}"\n`);
  }
  return endpoints.filter((endpoint) => !isInsecure(endpoint));
}

async function lookUp(
  scheme: string,
  service: string,
  { domain, serviceName }: Discovery,
): Promise<readonly string[]> {
  const name = serviceName === '' ? service : `${service}-${serviceName}`;
  const records = await resolveSrv(`_${name}._tcp.${domain}`);
  return records.map((record) => `${scheme}://${record.name}:${record.port}`);
}

function isInsecure(endpoint: string): boolean {
  return endpoint.startsWith('http://');
}
