// Owns GET /debug/vars: what Go's expvar shows, in its layout.
import { memoryUsage } from 'node:process';
import type { HttpPorts } from './ports.ts';
import { fileDescriptorLimit } from './proc-files.ts';
import type { HttpResponse } from './types.ts';

/** Variables by name, one per line. */
export function debugVarsResponse(ports: HttpPorts): HttpResponse {
  const variables: Record<string, unknown> = {
    file_descriptor_limit: fileDescriptorLimit() ?? 0,
    memstats: memoryStatistics(),
    ...ports.debugVars(),
  };
  const lines = Object.keys(variables)
    .sort()
    .map((name) => `${JSON.stringify(name)}: ${JSON.stringify(variables[name])}`);
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: `{\n${lines.join(',\n')}\n}\n`,
  };
}

/** The fields of Go's runtime.MemStats that have a meaning here. */
function memoryStatistics(): Readonly<Record<string, number>> {
  const usage = memoryUsage();
  return {
    Alloc: usage.heapUsed + usage.external,
    Sys: usage.rss,
    HeapAlloc: usage.heapUsed,
    HeapSys: usage.heapTotal,
    HeapIdle: usage.heapTotal - usage.heapUsed,
    HeapInuse: usage.heapUsed,
  };
}
