// Owns the way to the API server: address, certificates and credentials, from a kubeconfig or from the service account of a
// Pod. Credentials are asked for with each request, since tokens are renewed while we run.
import { Agent as HttpAgent, type RequestOptions as HttpOptions } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { SOCKETS_MAX, TCP_KEEP_ALIVE_MS } from './limits.ts';

export interface Connection {
  readonly server: URL;
  /** The namespace that the configuration or the service account names. */
  readonly namespace: string | undefined;
  /** What a request needs to get there and to be let in. */
  readonly requestOptions: () => Promise<RequestOptions>;
  readonly close: () => void;
}

/** Throws when there is no configuration to be found. */
export function openConnection(kubeconfig?: string): Connection {
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig names no current cluster');
  const server = new URL(cluster.server);
  const agent = keptAlive(server);
  const context = config.getContextObject(config.getCurrentContext());
  return {
    server,
    namespace: context?.namespace,
    requestOptions: async () => {
      const options: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(options);
      // The library makes a new agent for each request; only one that goes through a proxy is worth keeping.
      return cluster.proxyUrl === undefined ? { ...options, agent } : options;
    },
    close: () => agent.destroy(),
  };
}

/** A server without TLS and credentials: `kubectl proxy`, or a test. */
export function plainConnection(url: string): Connection {
  const server = new URL(url);
  const agent = keptAlive(server);
  const options: HttpOptions = { headers: {}, agent };
  return {
    server,
    namespace: undefined,
    requestOptions: async () => options,
    close: () => agent.destroy(),
  };
}

function keptAlive(server: URL): Agent | HttpAgent {
  const options = {
    keepAlive: true,
    keepAliveMsecs: TCP_KEEP_ALIVE_MS,
    maxSockets: SOCKETS_MAX,
  };
  return server.protocol === 'http:' ? new HttpAgent(options) : new Agent(options);
}
