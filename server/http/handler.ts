// Owns the routes of the HTTP side. One handler for the client port, a smaller one for metrics URLs. The answers
// themselves live in the files of their routes.
import { SERVER_VERSION } from '../base/version.ts';
import { AccessControl } from './access.ts';
import { debugVarsResponse } from './debug-vars.ts';
import { HealthRoute } from './health.ts';
import { type HealthChecks, liveChecks, readyChecks } from './health-checks.ts';
import { MetricsRoute } from './metrics-route.ts';
import type { HttpOptions, HttpPorts } from './ports.ts';
import { Profiles } from './profiles.ts';
import {
  errorResponse,
  jsonResponse,
  METHOD_NOT_ALLOWED,
  NOT_FOUND,
  type Respond,
} from './responses.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './types.ts';

/** What both handlers answer. */
interface HealthRoutes {
  readonly health: HealthRoute;
  readonly live: HealthChecks;
  readonly ready: HealthChecks;
  readonly metrics: MetricsRoute;
}

/** The handler of the client port, or of --listen-client-http-urls. */
export function createHttpHandler(ports: HttpPorts, options: HttpOptions): HttpHandler {
  const access = new AccessControl(ports, options);
  const routes = healthRoutes(ports);
  const profiles = new Profiles();
  return (request, respond) => {
    const path = request.path.startsWith('/v3beta/')
      ? `/v3/${request.path.slice('/v3beta/'.length)}`
      : request.path;
    const refusal = access.refuse(request, path);
    if (refusal !== undefined) {
      respond(refusal);
      return;
    }
    const cors = access.corsHeaders(request);
    const answer = cors === undefined ? respond : withHeaders(respond, cors);
    if (request.method === 'OPTIONS') {
      answer({ status: 200, headers: {}, body: '' });
    } else if (path.startsWith('/v3/')) {
      answerGateway(ports, path === request.path ? request : { ...request, path }, answer);
    } else if (path.startsWith('/v2/')) {
      answer(options.enableV2 ? v2Response(ports, request) : NOT_FOUND);
    } else if (path.startsWith('/debug/pprof')) {
      if (options.enablePprof) profiles.handle(request, answer);
      else answer(NOT_FOUND);
    } else if (!handleHealth(routes, request, answer)) {
      answer(otherResponse(ports, request));
    }
  };
}

/** The handler of --listen-metrics-urls: metrics and health, nothing else, for everybody. */
export function createMetricsHandler(ports: HttpPorts): HttpHandler {
  const routes = healthRoutes(ports);
  return (request, respond) => {
    if (!handleHealth(routes, request, respond)) respond(NOT_FOUND);
  };
}

function healthRoutes(ports: HttpPorts): HealthRoutes {
  return {
    health: new HealthRoute(ports),
    live: liveChecks(ports),
    ready: readyChecks(ports),
    metrics: new MetricsRoute(ports),
  };
}

function handleHealth(routes: HealthRoutes, request: HttpRequest, respond: Respond): boolean {
  switch (request.path) {
    case '/health':
      routes.health.handle(request, respond);
      return true;
    case '/metrics':
      respond(routes.metrics.response());
      return true;
    default:
      return routes.live.handle(request, respond) || routes.ready.handle(request, respond);
  }
}

function otherResponse(ports: HttpPorts, request: HttpRequest): HttpResponse {
  if (request.path !== '/version' && request.path !== '/debug/vars') return NOT_FOUND;
  if (request.method !== 'GET') return METHOD_NOT_ALLOWED;
  if (request.path === '/debug/vars') return debugVarsResponse(ports);
  const { clusterVersion, storageVersion } = ports.status();
  return jsonResponse(200, {
    etcdserver: SERVER_VERSION,
    etcdcluster: clusterVersion ?? 'not_decided',
    storage: storageVersion ?? 'unknown',
  });
}

function answerGateway(ports: HttpPorts, request: HttpRequest, respond: Respond): void {
  if (ports.gateway === undefined) respond(NOT_FOUND);
  else ports.gateway(request, respond);
}

/** For tools of etcd 2: the member list, read only. */
function v2Response(ports: HttpPorts, request: HttpRequest): HttpResponse {
  if (request.path !== '/v2/members') return NOT_FOUND;
  if (request.method !== 'GET') return errorResponse(405, 'Method Not Allowed');
  const members = ports.members().map((member) => ({
    id: member.id.toString(16),
    name: member.name,
    peerURLs: member.peerUrls,
    clientURLs: member.clientUrls,
  }));
  return jsonResponse(200, { members });
}

function withHeaders(respond: Respond, headers: Readonly<Record<string, string>>): Respond {
  return (response) => respond({ ...response, headers: { ...response.headers, ...headers } });
}
