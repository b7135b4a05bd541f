// Goal: a certificate made for --auto-tls is one that TLS stacks take. Method: Node's parser reads it back, and a connection
// is made with it as its own authority. A failure means that nobody can connect to a member that made its certificates.
import { X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createSelfSigned } from '../../../server/listen/self-signed.ts';

const DAY_MS = 86_400_000;
const HOSTS = [
  'localhost',
  '127.0.0.1',
  '10.200.255.0',
  '::1',
  'fe80::1:0:2',
  '2001:db8:1:2:3:4:5:6',
];

describe('a self-signed certificate', () => {
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + 365 * DAY_MS);
  const { certPem, keyPem } = createSelfSigned({ hosts: HOSTS, notBefore, notAfter });

  it('says what etcd says', () => {
    const certificate = new X509Certificate(certPem);
    expect(certificate.subject).toBe('O=etcd');
    expect(certificate.issuer).toBe('O=etcd');
    expect(certificate.ca).toBe(false);
    expect(new Date(certificate.validFrom)).toEqual(notBefore);
    expect(new Date(certificate.validTo)).toEqual(notAfter);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'secp521r1' });
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('elsewhere')).toBeUndefined();
    for (const host of HOSTS.slice(1)) expect(certificate.checkIP(host)).toBe(host);
    expect(certificate.checkIP('::2')).toBeUndefined();
  });

  it('can outlive 2050', () => {
    const late = new Date('2055-06-07T08:09:10Z');
    const made = createSelfSigned({ hosts: ['a.example'], notBefore, notAfter: late });
    expect(new Date(new X509Certificate(made.certPem).validTo)).toEqual(late);
  });

  it('serves TLS', async () => {
    const server = createServer({ cert: certPem, key: keyPem }, (socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const socket = connect({ port: address.port, host: '127.0.0.1', ca: certPem });
    const text = await new Promise<string>((resolve, reject) => {
      socket.once('data', (data) => resolve(data.toString()));
      socket.once('error', reject);
    });
    expect(text).toBe('hello');
    server.close();
  });
});
