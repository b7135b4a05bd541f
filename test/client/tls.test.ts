// Goal: the client speaks TLS as its endpoints and options say, shows its certificate, and trusts nobody else's server.
// Method: the real server with certificates of our own authority. A failure means secrets sent in the clear, or clusters
// that cannot be reached.
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdClient } from '../../client/client.ts';
import { readTlsFiles, type TlsOptions } from '../../client/tls.ts';
import { ServerProcess } from '../support/server-process.ts';
import { Tool } from '../support/tool-process.ts';

const FILES = resolve(import.meta.dirname, '../fixtures/tls');
const file = (name: string): string => join(FILES, name);
const CA = { ca: file('ca.crt') };
const OWN = { cert: file('client.crt'), key: file('client.key') };

let server: ServerProcess;

beforeAll(async () => {
  const flags = ['--cert-file', file('server.crt'), '--key-file', file('server.key')];
  const clients = ['--client-cert-auth', '--trusted-ca-file', file('ca.crt')];
  server = await ServerProcess.start([...flags, ...clients], 'https');
});

afterAll(() => server.remove());

/** What a get through `endpoint` comes to. */
async function outcome(endpoint: string, tls?: TlsOptions): Promise<string> {
  const client = new EtcdClient({
    endpoints: [endpoint],
    dialTimeoutMs: 500,
    ...(tls === undefined ? {} : { tls }),
  });
  try {
    await client.kv.get('a');
    return 'answered';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    client.close();
  }
}

describe('a client with TLS', () => {
  it('reaches the server by any notation of it', async () => {
    const tls = readTlsFiles({ ...CA, ...OWN });
    expect(await outcome(`https://${server.endpoint}`, tls)).toBe('answered');
    expect(await outcome(server.endpoint, tls)).toBe('answered');
    expect(await outcome(`localhost:${server.clientPort}`, tls)).toBe('answered');
  });

  it('does not connect when the server is not trusted, or does not trust it', async () => {
    const refused = /^no connection to any of /;
    const own = readTlsFiles(OWN);
    expect(await outcome(`https://${server.endpoint}`)).toMatch(refused);
    expect(await outcome(`https://${server.endpoint}`, own)).toMatch(refused);
    const stranger = readTlsFiles({ ca: file('stranger-ca.crt'), ...OWN });
    expect(await outcome(`https://${server.endpoint}`, stranger)).toMatch(refused);
    expect(await outcome(`http://${server.endpoint}`, readTlsFiles({ ...CA, ...OWN }))).not.toBe(
      'answered',
    );
    expect(await outcome(`https://${server.endpoint}`, { ...own, skipVerify: true })).toBe(
      'answered',
    );
  });

  it('takes the name that the certificate must carry', async () => {
    const tls = readTlsFiles({ ...CA, ...OWN });
    const named = { ...tls, serverName: 'localhost' };
    expect(await outcome(server.endpoint, named)).toBe('answered');
    expect(await outcome(server.endpoint, { ...tls, serverName: 'elsewhere' })).not.toBe(
      'answered',
    );
  });
});

describe('etcdctl', () => {
  it('takes certificates from files', async () => {
    const tool = await Tool.make('etcdctl');
    const flags = ['--endpoints', server.endpoint, '--cacert', CA.ca];
    const own = ['--cert', OWN.cert, '--key', OWN.key];
    expect(await tool.run([...flags, ...own, 'put', 'a', 'b'])).toEqual({
      status: 0,
      stdout: 'OK\n',
      stderr: '',
    });
    const without = await tool.run([...flags, '--command-timeout=500ms', 'get', 'a']);
    expect(without).toMatchObject({ status: 1, stderr: 'Error: context deadline exceeded\n' });
    expect(await tool.run([...flags, '--cert', OWN.cert, 'get', 'a'])).toMatchObject({
      status: 128,
      stderr: `Error: KeyFile and CertFile must both be present[key: , cert: ${OWN.cert}]\n`,
    });
    tool.remove();
  });
});
