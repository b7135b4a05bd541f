// Goal: the small parsers of the socket side take what they should and refuse the rest with a ListenError. Method:
// tables, and random bytes for the revocation list. A failure means a listener on a wrong address or a crash at startup.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeSerial, parseRevokedSerials } from '../../../server/listen/crl.ts';
import { ListenError, listenErrorFrom } from '../../../server/listen/listen-error.ts';
import { parseListenUrl, printAddress, printListenUrl } from '../../../server/listen/listen-url.ts';
import { SocketPump } from '../../../server/listen/socket-pump.ts';
import { explainHandshakeError } from '../../../server/listen/tls-errors.ts';
import { FIXTURES } from './listen-harness.ts';

describe('listen URLs', () => {
  test.each([
    ['http://127.0.0.1:2379', { kind: 'tcp', host: '127.0.0.1', port: 2379, secure: false }],
    ['https://0.0.0.0:2379', { kind: 'tcp', host: '0.0.0.0', port: 2379, secure: true }],
    ['http://[::1]:2379', { kind: 'tcp', host: '::1', port: 2379, secure: false }],
    ['http://localhost:0', { kind: 'tcp', host: '127.0.0.1', port: 0, secure: false }],
    ['http://127.0.0.1', { kind: 'tcp', host: '127.0.0.1', port: 80, secure: false }],
    ['unix:///run/a.sock', { kind: 'unix', path: '/run/a.sock', secure: false }],
    ['unixs://localhost:m1', { kind: 'unix', path: 'localhost:m1', secure: true }],
  ])('%s', (text, target) => {
    expect(parseListenUrl(text)).toEqual(target);
  });

  test('are printed with the port that was bound', () => {
    expect(printListenUrl(parseListenUrl('https://[::1]:0'), 7)).toBe('https://[::1]:7');
    expect(printListenUrl(parseListenUrl('unixs://a'), 0)).toBe('unixs://a');
  });

  test('addresses are printed as Go prints them', () => {
    expect(printAddress('::ffff:10.0.0.1', 5)).toBe('10.0.0.1:5');
    expect(printAddress('fe80::1', 5)).toBe('[fe80::1]:5');
    expect(printAddress(undefined, undefined)).toBe('@');
  });
});

test('system errors keep their cause and get an address', () => {
  const cause = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
  const error = listenErrorFrom('unix', '/run/a', cause);
  expect(error.message).toBe('listen unix /run/a: bind: permission denied');
  expect(error.cause).toBe(cause);
  expect(listenErrorFrom('tcp', 'a:1', new Error('odd')).message).toBe('listen tcp a:1: odd');
});

test('handshake errors without a translation keep their own words', () => {
  expect(explainHandshakeError(new Error('odd'), undefined)).toBe('odd');
  expect(explainHandshakeError(new Error('hang up'), 'CERT_HAS_EXPIRED')).toBe(
    'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
  );
  expect(explainHandshakeError(new Error('hang up'), new Error('NEW_VERDICT'))).toBe(
    'tls: failed to verify certificate: NEW_VERDICT',
  );
});

describe('revocation lists', () => {
  const pem = readFileSync(join(FIXTURES, 'revoked.crl'));
  const text = pem.toString('latin1').replace(/-----[A-Z0-9 ]+-----/g, '');
  const der = Buffer.from(text, 'base64');

  test('PEM and DER say the same', () => {
    expect([...parseRevokedSerials(pem)]).toEqual(['AB2002']);
    expect([...parseRevokedSerials(der)]).toEqual(['AB2002']);
    expect(normalizeSerial('00ab2002')).toBe('AB2002');
    expect(normalizeSerial('00')).toBe('0');
  });

  test('damaged lists are refused or read, nothing else happens', () => {
    const attempt = (bytes: Uint8Array): void => {
      try {
        parseRevokedSerials(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ListenError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt));
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Uint8Array.from(der);
        damaged[at] = byte;
        attempt(damaged);
      }),
    );
    for (let length = 0; length < 20; length++) {
      expect(() => parseRevokedSerials(der.subarray(0, length))).toThrow(ListenError);
    }
  });
});

test('the pump flushes each connection once, and what a flush adds as well', () => {
  const pump = new SocketPump();
  const order: string[] = [];
  const late = { flush: () => order.push('late') };
  const early = {
    flush: () => {
      order.push('early');
      pump.schedule(late);
    },
  };
  pump.schedule(early);
  pump.flushNow();
  pump.flushNow();
  expect(order).toEqual(['early', 'late']);
});
