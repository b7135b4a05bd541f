// Owns the health check of a container without Kubernetes: exit code 0 when the server in it says that it is healthy.
// ETCD_TS_HEALTH_URL names another address, for a server that does not listen on etcd's own port or only with TLS.

const ANSWER_WITHIN_MS = 4_000;

const url = process.env['ETCD_TS_HEALTH_URL'] ?? 'http://127.0.0.1:2379/health';
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  process.stdout.write(`${response.status} ${await response.text()}\n`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`${url}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
