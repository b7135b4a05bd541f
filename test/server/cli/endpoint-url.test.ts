// Goal: URLs of flags are read, ordered and refused as etcd does. Method: a table of texts. A failure means a member
// listens elsewhere than told, or a URL compares unequal to itself.
import { describe, expect, it } from 'vitest';
import {
  parseEndpointUrl,
  parseEndpointUrls,
  splitHostPort,
} from '../../../server/cli/endpoint-url.ts';

describe('parseEndpointUrl', () => {
  it.each([
    ['http://127.0.0.1:2379', 'http', '127.0.0.1', 2379, ''],
    ['https://[::1]:2379', 'https', '::1', 2379, ''],
    ['http://:0', 'http', '', 0, ''],
    ['HTTP://host:1', 'http', 'host', 1, ''],
    ['unix://localhost:20000', 'unix', '', 0, 'localhost:20000'],
    ['unix:///run/etcd.sock', 'unix', '', 0, '/run/etcd.sock'],
    ['unixs:/run/etcd.sock', 'unixs', '', 0, '/run/etcd.sock'],
  ])('reads %s', (text, scheme, host, port, socketPath) => {
    expect(parseEndpointUrl(text)).toMatchObject({ scheme, host, port, socketPath });
  });

  it.each([
    ['127.0.0.1:2379', 'parse "127.0.0.1:2379": first path segment in URL cannot contain colon'],
    ['localhost:2379', 'URL scheme must be http, https, unix, or unixs: localhost:2379'],
    ['', 'URL scheme must be http, https, unix, or unixs: '],
    ['ftp://a:1', 'URL scheme must be http, https, unix, or unixs: ftp://a:1'],
    ['http://a', 'URL address does not have the form "host:port": http://a'],
    ['http://a:b', 'parse "http://a:b": invalid port ":b" after host'],
    ['http://a:1/x', 'URL must not contain a path: http://a:1/x'],
    ['http://a:1/', 'URL must not contain a path: http://a:1/'],
    ['http://a:65536', 'URL address does not have the form "host:port": http://a:65536'],
  ])('refuses %j', (text, message) => {
    expect(() => parseEndpointUrl(text)).toThrow(message);
  });
});

describe('parseEndpointUrls', () => {
  it('sorts, trims and drops duplicates', () => {
    const urls = parseEndpointUrls('http://b:1, http://a:2,http://b:1');
    expect(urls.map((url) => url.text)).toEqual(['http://a:2', 'http://b:1']);
  });
});

describe('splitHostPort', () => {
  it('takes one port', () => {
    expect(splitHostPort('a:1')).toEqual({ host: 'a', port: 1 });
    expect(splitHostPort('[::1]:1')).toEqual({ host: '::1', port: 1 });
    expect(splitHostPort('a:1:2')).toBeUndefined();
    expect(splitHostPort('a')).toBeUndefined();
  });
});
