// Owns what the tools accept as peer URLs. etcd: client/pkg/types/urls.go.
import { Exit, ExitError } from './line/exit-error.ts';

/** The URLs sorted, without blanks around them. Throws ExitError for one that is none. */
export function checkPeerUrls(texts: readonly string[]): readonly string[] {
  return texts.map(checkPeerUrl).sort();
}

function checkPeerUrl(text: string): string {
  const url = text.trim();
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1] ?? '';
  if (scheme === 'unix' || scheme === 'unixs') return url;
  if (scheme !== 'http' && scheme !== 'https') {
    throw refused(`URL scheme must be http, https, unix, or unixs: ${url}`);
  }
  const [, , address = '', ...path] = url.split('/');
  if (!/.:\d+$/.test(address)) {
    throw refused(`URL address does not have the form "host:port": ${url}`);
  }
  if (path.length > 0) throw refused(`URL must not contain a path: ${url}`);
  return url;
}

function refused(message: string): ExitError {
  return new ExitError(Exit.error, message);
}
