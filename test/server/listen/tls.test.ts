// Goal: TLS listeners admit whom etcd would admit, serve the certificate that lies on disk now, and log refusals in
// etcd's words. Method: fixture certificates, node:tls and node:http2 clients, grpc-js over TLS. A failure means a
// cluster would lock out its clients, let strangers in, or need a restart to rotate certificates.

import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { Client, credentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../../server/base/clock.ts';
import { listen } from '../../../server/listen/listen.ts';
import type { Listeners, TlsOptions } from '../../../server/listen/types.ts';
import { GrpcServer } from '../../../server/rpc/grpc/grpc-server.ts';
import { freePorts } from '../../support/member-process.ts';
import { BYTES, RAW, SYSTEM_CLOCK } from '../rpc/grpc/grpc-harness.ts';
import {
  askHttp1,
  askHttp2,
  FIXTURES,
  type LogLine,
  memoryLogger,
  portOf,
  TELLING_HANDLER,
  temporaryFolder,
} from './listen-harness.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const file = (name: string): string => join(FIXTURES, name);
const read = (name: string): Buffer => readFileSync(file(name));
const SERVER: TlsOptions = { certFile: file('server.crt'), keyFile: file('server.key') };
const MUTUAL: TlsOptions = { ...SERVER, trustedCaFile: file('ca.crt') };
const CA = { ca: read('ca.crt') };

function identity(name: string): ConnectionOptions {
  return { ...CA, cert: read(`${name}.crt`), key: read(`${name}.key`) };
}

interface TlsRig {
  readonly listeners: Listeners;
  readonly lines: LogLine[];
  readonly peers: string[];
  readonly port: number;
  readonly url: string;
}

async function start(
  tls: TlsOptions,
  clock: Clock = SYSTEM_CLOCK,
  urls: readonly string[] = ['https://127.0.0.1:0'],
): Promise<TlsRig> {
  const { logger, lines } = memoryLogger();
  const peers: string[] = [];
  const grpc = new GrpcServer({ clock });
  grpc.register({
    '/test.Echo/Unary': {
      kind: 'unary',
      handle: (call) => {
        peers.push(call.peer.commonName);
        call.respond(BYTES, call.message);
      },
    },
  });
  const handlers = { grpc, http: TELLING_HANDLER };
  const listeners = await listen(urls, handlers, { logger, clock, tls });
  cleanups.push(() => listeners.close(0));
  const url = listeners.urls[0] ?? '';
  return { listeners, lines, peers, port: portOf(url), url };
}

/** A TLS client that asks over HTTP/1.1; answers the response text, or the word for how it failed. */
async function ask1(port: number, options: ConnectionOptions): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, ...options });
  cleanups.push(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await closed;
  return text === '' ? 'refused' : text;
}

async function servedCommonName(port: number): Promise<string> {
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, ...CA });
  cleanups.push(() => socket.destroy());
  await once(socket, 'secureConnect');
  return String(socket.getPeerCertificate().subject.CN);
}

function rejections(lines: readonly LogLine[]): unknown[] {
  return lines
    .filter((line) => line.message === 'rejected connection on client endpoint')
    .map((line) => line.fields['error']);
}

describe('a port with a secure and an insecure URL', () => {
  test.each([true, false])('serves both, the secure one first: %s', async (secureFirst) => {
    const [free = 0] = await freePorts(1);
    const both = [`https://127.0.0.1:${free}`, `http://127.0.0.1:${free}`];
    const urls = secureFirst ? both : both.toReversed();
    const { listeners, port } = await start(SERVER, SYSTEM_CLOCK, urls);
    expect(listeners.urls).toEqual(urls);
    expect(await ask1(port, CA)).toContain('"secure":true');
    for (const url of urls) {
      const answer = await askHttp2(url, '/version', {}, CA);
      expect(JSON.parse(answer.body)).toMatchObject({ secure: url.startsWith('https') });
    }
    const plain = await askHttp1({ port }, '/version');
    expect(JSON.parse(plain.body)).toMatchObject({ secure: false });
    const silent = createConnection(port, '127.0.0.1');
    await once(silent, 'connect');
    await listeners.close(0);
    if (!silent.closed) await once(silent, 'close');
  });
});

describe('one secure port', () => {
  test('serves HTTP/1.1, HTTP/2 and gRPC', async () => {
    const { port, url, peers } = await start(SERVER);
    expect(await ask1(port, CA)).toContain('"secure":true');
    const answer = await askHttp2(url, '/version', {}, CA);
    expect(JSON.parse(answer.body)).toMatchObject({ path: '/version', secure: true });
    const client = new Client(`127.0.0.1:${port}`, credentials.createSsl(CA.ca));
    cleanups.push(() => client.close());
    const echoed = await new Promise((resolve) => {
      client.makeUnaryRequest(
        '/test.Echo/Unary',
        RAW.serialize,
        RAW.deserialize,
        Buffer.alloc(200_000, 1),
        (_error, value) => resolve(value?.length),
      );
    });
    expect(echoed).toBe(200_000);
    expect(peers).toEqual(['']);
  });

  test('ALPN chooses h2 first, and no ALPN still works', async () => {
    const { port } = await start(SERVER);
    const socket = connect({ port, host: '127.0.0.1', ...CA, ALPNProtocols: ['http/1.1', 'h2'] });
    cleanups.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('h2');
  });

  test('plain text on it ends that connection only, and is logged', async () => {
    const { port, lines } = await start(SERVER);
    const net = await import('node:net');
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(await ask1(port, CA)).toContain('200 OK');
    const line = lines.find((l) => l.message === 'rejected connection on client endpoint');
    expect(line?.level).toBe('warn');
    expect(String(line?.fields['remote-addr'])).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(line?.fields['error']).toBe('tls: first record does not look like a TLS handshake');
  });
});

describe('client certificates', () => {
  test('a trusted CA alone makes them obligatory', async () => {
    const { port, lines } = await start(MUTUAL);
    expect(await ask1(port, identity('client'))).toContain('"clientCommonName":"alice"');
    expect(await ask1(port, CA)).toBe('refused');
    await expect.poll(() => rejections(lines).length).toBe(1);
    expect(await ask1(port, identity('client-stranger'))).toBe('refused');
    await expect.poll(() => rejections(lines).length).toBe(2);
    expect(rejections(lines)).toEqual([
      "tls: client didn't provide a certificate",
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ]);
  });

  test('gRPC handlers see the common name', async () => {
    const { port, peers } = await start(MUTUAL);
    const secure = credentials.createSsl(CA.ca, read('client.key'), read('client.crt'));
    const client = new Client(`127.0.0.1:${port}`, secure);
    cleanups.push(() => client.close());
    await new Promise((resolve) => {
      client.makeUnaryRequest(
        '/test.Echo/Unary',
        RAW.serialize,
        RAW.deserialize,
        Buffer.alloc(1),
        resolve,
      );
    });
    expect(peers).toEqual(['alice']);
  });

  test('a revoked serial is refused, others pass', async () => {
    const { port, lines } = await start({ ...MUTUAL, crlFile: file('revoked.crl') });
    expect(await ask1(port, identity('client'))).toContain('200 OK');
    expect(await ask1(port, identity('client-revoked'))).toBe('refused');
    expect(rejections(lines)).toEqual(['transport: certificate serial ab2002 revoked']);
  });

  test('allowed names', async () => {
    const named = await start({ ...MUTUAL, allowedCommonNames: ['alice'] });
    expect(await ask1(named.port, identity('client'))).toContain('200 OK');
    expect(await ask1(named.port, identity('client-revoked'))).toBe('refused');
    expect(rejections(named.lines)).toEqual(['client certificate authentication failed']);
    const hosted = await start({ ...MUTUAL, allowedHostnames: ['alice.example'] });
    expect(await ask1(hosted.port, identity('client'))).toContain('200 OK');
    expect(await ask1(hosted.port, identity('client-elsewhere'))).toBe('refused');
  });

  test('with the SAN rule, an address that does not fit is refused', async () => {
    const { port, lines } = await start({ ...MUTUAL, verifyClientSan: true });
    expect(await ask1(port, identity('server'))).toContain('200 OK');
    expect(await ask1(port, identity('client-revoked'))).toContain('200 OK');
    expect(await ask1(port, identity('client-elsewhere'))).toBe('refused');
    expect(rejections(lines)).toEqual(['x509: certificate is valid for 192.0.2.1, not 127.0.0.1']);
  });
});

describe('files', () => {
  interface Steps {
    readonly clock: Clock;
    passCheck(): void;
  }

  function steppedClock(): Steps {
    let nowMs = 1000;
    return {
      clock: { wallMs: () => nowMs, monotonicMs: () => nowMs },
      passCheck: () => {
        nowMs += 1000;
      },
    };
  }

  test('a rotated certificate is served to the next handshake, a broken one is not', async () => {
    const folder = temporaryFolder();
    cleanups.push(() => folder.remove());
    const certFile = join(folder.path, 'tls.crt');
    const keyFile = join(folder.path, 'tls.key');
    copyFileSync(file('server.crt'), certFile);
    copyFileSync(file('server.key'), keyFile);
    const { clock, passCheck } = steppedClock();
    const { port, lines } = await start({ certFile, keyFile }, clock);
    expect(await servedCommonName(port)).toBe('server-one');

    // Half of a rotation: the pair does not fit, the old one stays.
    copyFileSync(file('server-next.crt'), certFile);
    passCheck();
    expect(await servedCommonName(port)).toBe('server-one');
    expect(lines.some((line) => line.message.startsWith('failed to reload TLS files'))).toBe(true);

    copyFileSync(file('server-next.key'), keyFile);
    passCheck();
    expect(await servedCommonName(port)).toBe('server-two');
  });

  test('a certificate revoked under way is refused from the next handshake on', async () => {
    const folder = temporaryFolder();
    cleanups.push(() => folder.remove());
    const crlFile = join(folder.path, 'list.crl');
    // Nobody looks at the signature, so a frame with the mandatory fields is an empty list.
    writeFileSync(crlFile, emptyCrl());
    const { clock, passCheck } = steppedClock();
    const { port } = await start({ ...MUTUAL, crlFile }, clock);
    expect(await ask1(port, identity('client-revoked'))).toContain('200 OK');
    copyFileSync(file('revoked.crl'), crlFile);
    passCheck();
    expect(await ask1(port, identity('client-revoked'))).toBe('refused');
  });

  test.each([
    [
      { certFile: file('nowhere.crt'), keyFile: file('server.key') },
      /cannot load TLS files: ENOENT/,
    ],
    [{ certFile: file('server.crt'), keyFile: file('client.key') }, /cannot load TLS files: /],
    [{ ...SERVER, minVersion: 'TLS1.1' }, 'unexpected TLS version "TLS1.1"'],
    [{ ...SERVER, cipherSuites: ['NOPE'] }, 'unexpected TLS cipher suite "NOPE"'],
    [{ ...MUTUAL, crlFile: file('ca.crt') }, 'malformed certificate revocation list'],
  ])('bad settings %# refuse to start', async (tls, message) => {
    await expect(start(tls)).rejects.toThrow(message);
  });
});

describe('versions and suites', () => {
  test('a TLS 1.3 minimum refuses TLS 1.2', async () => {
    const { port, lines } = await start({ ...SERVER, minVersion: 'TLS1.3' });
    expect(await ask1(port, CA)).toContain('200 OK');
    expect(await ask1(port, { ...CA, maxVersion: 'TLSv1.2' })).toBe('refused');
    await expect
      .poll(() => rejections(lines))
      .toEqual(['tls: client offered only unsupported versions']);
  });

  test('a suite named as Go names it is the one negotiated', async () => {
    const suite = 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256';
    const { port } = await start({ ...SERVER, maxVersion: 'TLS1.2', cipherSuites: [suite] });
    const socket = connect({ host: '127.0.0.1', port, ...CA });
    cleanups.push(() => socket.destroy());
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).toBe('TLSv1.2');
    expect(socket.getCipher().name).toBe('ECDHE-ECDSA-CHACHA20-POLY1305');
  });
});

/** SEQUENCE { SEQUENCE { algorithm {}, issuer {}, thisUpdate }, algorithm {}, no signature }: nothing revoked. */
function emptyCrl(): Buffer {
  const time = Buffer.concat([Buffer.from([0x17, 13]), Buffer.from('260101000000Z')]);
  const body = Buffer.concat([Buffer.from([0x30, 0, 0x30, 0]), time]);
  const inner = Buffer.concat([
    Buffer.from([0x30, body.length]),
    body,
    Buffer.from([0x30, 0, 3, 0]),
  ]);
  return Buffer.concat([Buffer.from([0x30, inner.length]), inner]);
}
