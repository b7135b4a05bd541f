// Owns finding this machine's own address, which is advertised when a member listens on 0.0.0.0 and says nothing
// else. etcd: pkg/netutil/routes_linux.go takes the address of the interface that holds the default route.
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

const ROUTES = '/proc/net/route';
const ANYWHERE = '00000000';

/** The IPv4 address behind the default route; undefined when there is none or it cannot be read. */
export function findDefaultHost(): string | undefined {
  let routes: string;
  try {
    routes = readFileSync(ROUTES, 'latin1');
  } catch {
    // Not Linux, or /proc is hidden: the caller goes on with what it was given.
    return undefined;
  }
  const device = defaultDevice(routes);
  if (device === undefined) return undefined;
  return networkInterfaces()[device]?.find((address) => address.family === 'IPv4')?.address;
}

/** The interface of the default route with the least metric in the text of /proc/net/route. */
export function defaultDevice(routes: string): string | undefined {
  let device: string | undefined;
  let leastMetric = Number.POSITIVE_INFINITY;
  for (const line of routes.split('\n').slice(1)) {
    const [name, destination, , , , , metricText = '0', mask] = line.split('\t');
    if (destination !== ANYWHERE || mask !== ANYWHERE || name === undefined) continue;
    const metric = Number(metricText);
    if (metric >= leastMetric) continue;
    leastMetric = metric;
    device = name;
  }
  return device;
}
