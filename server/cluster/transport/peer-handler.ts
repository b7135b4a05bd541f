// Owns the paths of the peer port, and the HTTP server that fits them: endless answers, bodies that take minutes.
// etcd: etcdhttp/peer.go newPeerHandler.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AssertionError } from '../../base/assert.ts';
import { answerError } from './http-exchange.ts';
import { SERVER_HEADERS_TIMEOUT_MS, SERVER_KEEP_ALIVE_MS } from './limits.ts';
import { MemberRoutes, PROMOTE_PREFIX } from './member-routes.ts';
import type { PeerTransport } from './peer-transport.ts';
import { serveMessage, serveStream } from './raft-routes.ts';
import { SnapshotRoute } from './snapshot-route.ts';
import { STREAM_PREFIX } from './stream-kind.ts';
import type { PeerNodePort } from './types.ts';

export interface PeerHandlerDeps {
  readonly transport: PeerTransport;
  readonly node: PeerNodePort;
}

export type PeerHandler = (request: IncomingMessage, response: ServerResponse) => void;

export function createPeerHandler({ transport, node }: PeerHandlerDeps): PeerHandler {
  const { logger } = transport.context;
  const route = createRouter(transport, node);
  return (request, response) => {
    // What goes wrong on a connection ends it; who reads the body hears of it there.
    request.on('error', () => response.destroy());
    response.on('error', (error) => {
      logger.debug('peer connection failed', { error: error.message });
    });
    route(request, response).catch((error: unknown) => {
      // A broken invariant ends the process; nobody else is waiting for this promise.
      if (error instanceof AssertionError) throw error;
      logger.error('failed to answer a peer', { path: request.url, error: String(error) });
      answerError(response, 500, 'Internal Server Error');
    });
  };
}

/** The server to hand to the listeners, with times that fit. */
export function createPeerServer(deps: PeerHandlerDeps): Server {
  return createServer(
    {
      requestTimeout: 0,
      headersTimeout: SERVER_HEADERS_TIMEOUT_MS,
      keepAliveTimeout: SERVER_KEEP_ALIVE_MS,
      noDelay: true,
    },
    createPeerHandler(deps),
  );
}

type Router = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function createRouter(transport: PeerTransport, node: PeerNodePort): Router {
  const members = new MemberRoutes(transport.context, node);
  const snapshots = new SnapshotRoute(transport);
  return async (request, response) => {
    const path = (request.url ?? '/').replace(/[?#].*$/, '');
    switch (path) {
      case '/raft':
        return await serveMessage(transport, request, response);
      case '/raft/snapshot':
        return await snapshots.serve(request, response);
      case '/raft/probing':
        return members.probe(response);
      case '/members':
        return members.members(request, response);
      case '/members/hashkv':
        return await members.hashKv(request, response);
      case '/leases':
        return await members.renewLease(request, response);
      case '/leases/internal':
        return await members.leaseTimeToLive(request, response);
      case '/downgrade/enabled':
        return await members.downgradeEnabled(request, response);
      case '/version':
        return members.version(request, response);
      default:
        if (path.startsWith(STREAM_PREFIX)) serveStream(transport, request, response, path);
        else if (path.startsWith(PROMOTE_PREFIX)) await members.promote(request, response, path);
        else answerError(response, 404, '404 page not found');
    }
  };
}
