// Owns the two small HTTP servers: probes, and figures for Prometheus.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from './flags.ts';

export interface Page {
  readonly status: number;
  readonly type?: string;
  readonly text: string;
}

export type Pages = Readonly<Record<string, () => Page>>;

export interface Listening {
  readonly port: number;
  readonly close: () => void;
}

/** Undefined when the address says not to listen. */
export async function servePages(address: Address, pages: Pages): Promise<Listening | undefined> {
  const { host, port } = address;
  if (port === undefined) return undefined;
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    const page = pages[path]?.() ?? { status: 404, text: 'not found\n' };
    const type = page.type ?? 'text/plain; charset=utf-8';
    response.writeHead(page.status, { 'content-type': type }).end(page.text);
  });
  await listen(server, host, port);
  const bound = server.address();
  return {
    port: isBound(bound) ? bound.port : port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
  });
}

function isBound(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
