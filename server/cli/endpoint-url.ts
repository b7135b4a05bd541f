// Owns reading the URLs of flags and files the way etcd reads them: which schemes it takes, which texts it
// refuses them with, and how it prints them. etcd: client/pkg/types/urls.go, server/embed/config.go.
import { isIP } from 'node:net';
import type { EndpointUrl } from './config.ts';

/** A URL, or a list of them, that etcd refuses; the message is etcd's. */
export class UrlError extends Error {
  override readonly name: string = 'UrlError';
}

/** The URLs of a comma-separated list, sorted by text, without duplicates. Throws UrlError. */
export function parseEndpointUrls(list: string): readonly EndpointUrl[] {
  const byText = new Map<string, EndpointUrl>();
  for (const part of list.split(',')) {
    const url = parseEndpointUrl(part.trim());
    if (!byText.has(url.text)) byText.set(url.text, url);
  }
  return [...byText.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** One URL. Throws UrlError. */
export function parseEndpointUrl(text: string): EndpointUrl {
  const { scheme, authority, path } = splitUrl(text);
  switch (scheme) {
    case 'http':
    case 'https': {
      const address = splitHostPort(authority);
      if (address === undefined) {
        throw new UrlError(`URL address does not have the form "host:port": ${text}`);
      }
      if (path !== '') throw new UrlError(`URL must not contain a path: ${text}`);
      const { host, port } = address;
      return { scheme, host, port, socketPath: '', text: `${scheme}://${authority}` };
    }
    case 'unix':
    case 'unixs':
      return {
        scheme,
        host: '',
        port: 0,
        socketPath: authority + path,
        text: `${scheme}://${authority}${path}`,
      };
    default:
      throw new UrlError(`URL scheme must be http, https, unix, or unixs: ${text}`);
  }
}

/** Host and port of "host:port" or "[ip6]:port"; undefined when the text has another form. */
export function splitHostPort(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d*)$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3] ?? '');
  return port > 65535 ? undefined : { host: match[1] ?? match[2] ?? '', port };
}

/** Refuses what cannot be bound: host names other than localhost. */
export function checkBindUrls(urls: readonly EndpointUrl[]): void {
  for (const url of urls) {
    if (isUnix(url) || url.host === 'localhost' || isIP(url.host) !== 0) continue;
    throw new UrlError(`expected IP in URL for binding (${url.text})`);
  }
}

/** Refuses what others cannot dial: URLs without a host. */
export function checkHostUrls(urls: readonly EndpointUrl[]): void {
  for (const url of urls) {
    if (!isUnix(url) && url.host === '') {
      throw new UrlError(`unexpected empty host (${url.text})`);
    }
  }
}

/** True for URLs of unix sockets. */
export function isUnix(url: EndpointUrl): boolean {
  return url.scheme === 'unix' || url.scheme === 'unixs';
}

/** True for URLs that speak TLS. */
export function isSecure(url: EndpointUrl): boolean {
  return url.scheme === 'https' || url.scheme === 'unixs';
}

/** Texts of a list, for log lines. */
export function urlTexts(urls: readonly EndpointUrl[]): readonly string[] {
  return urls.map((url) => url.text);
}

interface UrlParts {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

/** Splits as Go's net/url does and refuses with its words, because etcd shows them to the user. */
function splitUrl(text: string): UrlParts {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(text);
  if (match === null) {
    const firstSegment = text.split('/', 1)[0] ?? '';
    if (firstSegment.includes(':')) {
      throw new UrlError(`parse "${text}": first path segment in URL cannot contain colon`);
    }
    return { scheme: '', authority: '', path: text };
  }
  const scheme = (match[1] ?? '').toLowerCase();
  const rest = match[2] ?? '';
  if (!rest.startsWith('//')) return { scheme, authority: '', path: rest };
  const end = rest.slice(2).search(/[/?#]/);
  const authority = end < 0 ? rest.slice(2) : rest.slice(2, end + 2);
  const path = end < 0 ? '' : rest.slice(end + 2);
  const port = /:([^:\]]*)$/.exec(authority)?.[1] ?? '';
  if (scheme.startsWith('http') && !/^\d*$/.test(port)) {
    throw new UrlError(`parse "${text}": invalid port ":${port}" after host`);
  }
  return { scheme, authority, path };
}
