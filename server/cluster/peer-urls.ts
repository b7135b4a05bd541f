// Owns reading the peer URLs of a MemberAdd or MemberUpdate request. etcd: client/pkg/types/urls.go NewURLs.
import { EtcdError } from '../base/errors.ts';

const URL_PARTS = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/;
const HOST_PORT = /^(?:\[[^\]]*\]|[^:[\]]*):\d*$/;

/** The URLs sorted, as they are stored and as ids are computed from them. Throws memberBadUrls. */
export function parsePeerUrls(texts: readonly string[]): readonly string[] {
  if (texts.length === 0) throw badUrls('no valid URLs given');
  return texts.map(parsePeerUrl).sort();
}

function parsePeerUrl(text: string): string {
  const url = text.trim();
  const match = URL_PARTS.exec(url);
  const scheme = match?.[1]?.toLowerCase();
  switch (scheme) {
    case 'http':
    case 'https':
      if (!HOST_PORT.test(match?.[2] ?? '')) {
        throw badUrls(`URL address does not have the form "host:port": ${url}`);
      }
      if (match?.[3] !== '') throw badUrls(`URL must not contain a path: ${url}`);
      break;
    case 'unix':
    case 'unixs':
      break;
    default:
      throw badUrls(`URL scheme must be http, https, unix, or unixs: ${url}`);
  }
  return scheme + url.slice(scheme.length);
}

function badUrls(why: string): EtcdError {
  return new EtcdError('memberBadUrls', { cause: new Error(why) });
}
