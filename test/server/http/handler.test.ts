// Goal: routes, bodies, headers and status codes of the HTTP side are etcd's. Method: the handler is called with
// requests and ports whose state the test sets. A failure means that a probe, a scrape or curl sees another answer.
import { beforeEach, describe, expect, it } from 'vitest';
import { SILENT_LOGGER } from '../../../server/base/logger.ts';
import { MetricRegistry } from '../../../server/base/metrics.ts';
import { createHttpHandler, createMetricsHandler } from '../../../server/http/handler.ts';
import { missingGateway } from '../../../server/http/missing-gateway.ts';
import type { HttpOptions, HttpPorts, HttpStatus } from '../../../server/http/ports.ts';
import type { HttpRequest, HttpResponse } from '../../../server/http/types.ts';

const HEALTHY: HttpStatus = {
  hasLeader: true,
  isLearner: false,
  alarms: [],
  clusterVersion: '3.7.0',
  storageVersion: '3.7.0',
};
const OPEN: HttpOptions = {
  cors: ['*'],
  hostWhitelist: ['*'],
  enablePprof: false,
  enableV2: false,
  clientCertAuth: false,
};

let status: HttpStatus;
let metrics: MetricRegistry;
let readErrors: { serializable: Error | undefined; linearizable: Error | undefined };
let options: HttpOptions;
let gateway: HttpPorts['gateway'];
let isAuthEnabled: boolean;

beforeEach(() => {
  status = HEALTHY;
  metrics = new MetricRegistry();
  readErrors = { serializable: undefined, linearizable: undefined };
  options = OPEN;
  gateway = undefined;
  isAuthEnabled = false;
});

function ports(): HttpPorts {
  return {
    status: () => status,
    rangeCheck: (serializable, done) =>
      done(serializable ? readErrors.serializable : readErrors.linearizable),
    members: () => [{ id: 255n, name: 'a', peerUrls: ['http://a:2380'], clientUrls: [] }],
    isAuthEnabled: () => isAuthEnabled,
    debugVars: () => ({ cmdline: ['etcd'], 'raft.status': { id: 'ff' } }),
    metrics,
    collectMetrics: () => '# beside\n',
    logger: SILENT_LOGGER,
    gateway,
  };
}

function request(target: string, changes: Partial<HttpRequest> = {}): HttpRequest {
  const url = new URL(target, 'http://127.0.0.1:2379');
  return {
    method: 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: { host: url.host },
    body: new Uint8Array(0),
    secure: false,
    ...changes,
  };
}

function ask(target: string, changes: Partial<HttpRequest> = {}): HttpResponse {
  return answer(createHttpHandler(ports(), options), request(target, changes));
}

function answer(handler: ReturnType<typeof createHttpHandler>, asked: HttpRequest): HttpResponse {
  let response: HttpResponse | undefined;
  handler(asked, (given) => {
    expect(response).toBeUndefined();
    response = given;
  });
  if (response === undefined) throw new Error('no response');
  return response;
}

describe('/health', () => {
  it('is true when the member can read', () => {
    expect(ask('/health')).toMatchObject({ status: 200, body: '{"health":"true","reason":""}' });
    expect(metrics.print()).toContain('etcd_server_health_success 1');
  });

  it.each([
    ['NOSPACE', 'ALARM NOSPACE'],
    ['CORRUPT', 'ALARM CORRUPT'],
    ['OTHER', 'ALARM UNKNOWN'],
  ])('names the alarm %s', (alarm, reason) => {
    status = { ...HEALTHY, alarms: [alarm] };
    const response = ask('/health');
    expect(response.status).toBe(503);
    expect(response.body).toBe(`{"health":"false","reason":"${reason}"}\n`);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(metrics.print()).toContain('etcd_server_health_failures 1');
  });

  it('passes over excluded alarms only', () => {
    status = { ...HEALTHY, alarms: ['NOSPACE', 'CORRUPT'] };
    expect(ask('/health?exclude=NOSPACE').body).toContain('ALARM CORRUPT');
    expect(ask('/health?exclude=NOSPACE&exclude=CORRUPT').status).toBe(200);
  });

  it('needs a leader unless serializable', () => {
    status = { ...HEALTHY, hasLeader: false };
    readErrors.linearizable = new Error('etcdserver: request timed out');
    expect(ask('/health').body).toBe('{"health":"false","reason":"RAFT NO LEADER"}\n');
    expect(ask('/health?serializable=true').status).toBe(200);
  });

  it('tells why reading failed', () => {
    readErrors.linearizable = new Error('etcdserver: request timed out');
    const reason = 'RANGE ERROR:etcdserver: request timed out';
    expect(ask('/health').body).toBe(`{"health":"false","reason":"${reason}"}\n`);
  });

  it('takes GET only', () => {
    const response = ask('/health', { method: 'POST' });
    expect(response).toMatchObject({ status: 405, body: 'Method Not Allowed\n' });
    expect(response.headers['allow']).toBe('GET');
  });
});

describe('/livez and /readyz', () => {
  it('answers ok, with one line per check when verbose', () => {
    expect(ask('/livez')).toMatchObject({ status: 200, body: 'ok\n' });
    expect(ask('/livez?verbose').body).toBe('[+]serializable_read ok\nok\n');
    expect(ask('/readyz?verbose').body).toBe(
      '[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n',
    );
  });

  it('fails with the reason of each failed check', () => {
    status = { ...HEALTHY, alarms: ['CORRUPT'], isLearner: true };
    const response = ask('/readyz');
    expect(response.status).toBe(503);
    expect(response.body).toBe(
      '[-]data_corruption failed: alarm activated: CORRUPT\n[+]serializable_read ok\n[+]linearizable_read ok\n[-]non_learner failed: not supported for learner\n\n',
    );
    const printed = metrics.print();
    expect(printed).toContain('etcd_server_healthcheck{name="non_learner",type="readyz"} 0');
    expect(printed).toContain(
      'etcd_server_healthchecks_total{name="non_learner",status="error",type="readyz"} 1',
    );
  });

  it('excludes checks and ignores unknown exclusions', () => {
    readErrors.linearizable = new Error('no leader');
    expect(ask('/readyz?exclude=linearizable_read').status).toBe(200);
    expect(ask('/readyz?exclude=nothing').status).toBe(503);
  });

  it('answers for one check', () => {
    readErrors.linearizable = new Error('no leader');
    expect(ask('/readyz/linearizable_read').body).toBe(
      '[-]linearizable_read failed: no leader\n\n',
    );
    expect(ask('/readyz/serializable_read').status).toBe(200);
    expect(ask('/readyz/nothing').status).toBe(404);
    expect(ask('/livez/linearizable_read').status).toBe(404);
    expect(ask('/readyz', { method: 'PUT' }).status).toBe(405);
  });
});

describe('other routes', () => {
  it('tells the versions', () => {
    expect(ask('/version').body).toBe(
      '{"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}',
    );
    status = { ...HEALTHY, clusterVersion: undefined, storageVersion: undefined };
    expect(ask('/version').body).toBe(
      '{"etcdserver":"3.7.1","etcdcluster":"not_decided","storage":"unknown"}',
    );
    expect(ask('/version', { method: 'POST' }).status).toBe(405);
  });

  it('prints metrics as Prometheus text', () => {
    metrics.counter('etcd_test_total', 'A test.').inc();
    const response = ask('/metrics');
    expect(response.headers['content-type']).toContain('version=0.0.4');
    expect(response.body).toContain('etcd_test_total 1\n');
    expect(response.body).toContain('# beside\n');
  });

  it('prints debug variables as JSON', () => {
    const parsed: unknown = JSON.parse(String(ask('/debug/vars').body));
    expect(parsed).toMatchObject({ cmdline: ['etcd'], 'raft.status': { id: 'ff' } });
    expect(parsed).toHaveProperty('memstats.HeapSys');
    expect(parsed).toHaveProperty('file_descriptor_limit');
  });

  it.each(['/', '/v2/keys', '/v2/members', '/v3/kv/range', '/debug/pprof/', '/debug/requests'])(
    'has nothing at %s by default',
    (path) => {
      expect(ask(path)).toMatchObject({ status: 404, body: '404 page not found\n' });
    },
  );

  it('lists members in the old form when asked to', () => {
    options = { ...OPEN, enableV2: true };
    expect(ask('/v2/members').body).toBe(
      '{"members":[{"id":"ff","name":"a","peerURLs":["http://a:2380"],"clientURLs":[]}]}',
    );
    expect(ask('/v2/members', { method: 'DELETE' }).status).toBe(405);
    expect(ask('/v2/keys').status).toBe(404);
  });

  it('hands /v3 to the gateway, old beta paths included', () => {
    gateway = (asked, respond) => respond({ status: 200, headers: {}, body: asked.path });
    expect(ask('/v3/kv/range', { method: 'POST' }).body).toBe('/v3/kv/range');
    expect(ask('/v3beta/kv/range', { method: 'POST' }).body).toBe('/v3/kv/range');
  });

  it('has an answer while the gateway is missing', () => {
    gateway = missingGateway;
    expect(ask('/v3/kv/range', { method: 'POST' }).status).toBe(501);
    expect(ask('/v3/kv/range').body).toMatch(/^\{"code":12,"message":".+","details":\[\]\}$/);
  });

  it('says what cannot be profiled', () => {
    options = { ...OPEN, enablePprof: true };
    expect(ask('/debug/pprof/').status).toBe(200);
    expect(ask('/debug/pprof/goroutine').status).toBe(501);
    expect(ask('/debug/pprof/profile?seconds=0').status).toBe(400);
    expect(ask('/debug/pprof/nothing').status).toBe(404);
  });

  it('serves metrics and health only on metrics URLs', () => {
    const handler = createMetricsHandler(ports());
    expect(answer(handler, request('/health')).status).toBe(200);
    expect(answer(handler, request('/metrics')).status).toBe(200);
    expect(answer(handler, request('/readyz')).status).toBe(200);
    expect(answer(handler, request('/version')).status).toBe(404);
  });
});

describe('access', () => {
  it('allows any origin by default, and answers OPTIONS', () => {
    const response = ask('/health', { method: 'OPTIONS' });
    expect(response.status).toBe(200);
    expect(response.headers['access-control-allow-origin']).toBe('*');
  });

  it('allows listed origins only', () => {
    options = { ...OPEN, cors: ['http://a'] };
    const good = ask('/health', { headers: { host: 'x', origin: 'http://a' } });
    const bad = ask('/health', { headers: { host: 'x', origin: 'http://b' } });
    expect(good.headers['access-control-allow-origin']).toBe('http://a');
    expect(bad.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('refuses unknown host names without TLS', () => {
    options = { ...OPEN, hostWhitelist: ['etcd.test'] };
    expect(ask('/health', { headers: { host: 'etcd.test:2379' } }).status).toBe(200);
    const refused = ask('/health', { headers: { host: 'evil.test:2379' } });
    expect(refused.status).toBe(421);
    expect(refused.body).toContain('--host-whitelist "evil.test"');
    expect(ask('/health', { headers: { host: 'evil.test' }, secure: true }).status).toBe(200);
  });

  it('refuses named client certificates on the gateway when they would be ignored', () => {
    gateway = (_asked, respond) => respond({ status: 200, headers: {}, body: '' });
    options = { ...OPEN, clientCertAuth: true };
    const named = { secure: true, clientCommonName: 'root' };
    expect(ask('/v3/kv/range', named).status).toBe(200);
    isAuthEnabled = true;
    expect(ask('/v3/kv/range', named).status).toBe(400);
    expect(ask('/health', named).status).toBe(200);
  });
});
