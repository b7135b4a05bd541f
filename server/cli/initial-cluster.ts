// Owns --initial-cluster: reading it, and the checks of a member that forms or joins a cluster. A member that has
// data already skips the checks: the membership is in its log. etcd: server/config/config.go.
import { at } from '../base/assert.ts';
import type { EndpointUrl, InitialMember, ServerConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { parseEndpointUrls, UrlError, urlTexts } from './endpoint-url.ts';

/** Members of "name=url,name=url"; a name may stand several times. Throws ConfigError. */
export function parseInitialCluster(text: string): readonly InitialMember[] {
  const urlsOf = new Map<string, string[]>();
  for (const part of text.split(',')) {
    if (part === '') continue;
    const separator = part.indexOf('=');
    const name = separator < 0 ? part : part.slice(0, separator);
    const urls = urlsOf.get(name) ?? [];
    urls.push(separator < 0 ? '' : part.slice(separator + 1));
    urlsOf.set(name, urls);
  }
  return [...urlsOf]
    .map(([name, urls]) => ({ name, peerUrls: readPeerUrls(urls) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readPeerUrls(texts: readonly string[]): readonly EndpointUrl[] {
  try {
    return parseEndpointUrls(texts.join(','));
  } catch (cause) {
    if (!(cause instanceof UrlError)) throw cause;
    throw new ConfigError(`error setting up initial cluster: ${cause.message}`, { cause });
  }
}

/** "name=url" for each URL: what --initial-cluster defaults to. */
export function initialClusterOf(name: string, peerUrls: readonly EndpointUrl[]): string {
  return peerUrls.map((url) => `${name}=${url.text}`).join(',');
}

/** The text etcd prints for a member list: pairs in order of their texts. */
export function printInitialCluster(members: readonly InitialMember[]): string {
  const pairs = members.flatMap((member) =>
    member.peerUrls.map((url) => `${member.name}=${url.text}`),
  );
  return pairs.sort().join(',');
}

/** Addresses behind a host name, for comparing URLs that are written differently. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** Checks a member that forms a new cluster, before anything is written. Throws ConfigError. */
export async function verifyBootstrap(config: ServerConfig, resolve: ResolveHost): Promise<void> {
  const own = localMember(config);
  const given = urlTexts(config.initialAdvertisePeerUrls);
  const expected = urlTexts(own.peerUrls);
  if (!(await denoteSameAddresses(config.initialAdvertisePeerUrls, own.peerUrls, resolve))) {
    throw new ConfigError(mismatch(config, given, expected));
  }
  checkDuplicateUrls(config);
}

/** Checks a member that joins an existing cluster. Throws ConfigError. */
export function verifyJoinExisting(config: ServerConfig): void {
  localMember(config);
  checkDuplicateUrls(config);
}

function localMember(config: ServerConfig): InitialMember {
  const own = config.initialCluster.find((member) => member.name === config.name);
  if (own === undefined) {
    const name = JSON.stringify(config.name);
    throw new ConfigError(`couldn't find local name ${name} in the initial cluster configuration`);
  }
  return own;
}

function checkDuplicateUrls(config: ServerConfig): void {
  const seen = new Set<string>();
  for (const member of config.initialCluster) {
    for (const url of member.peerUrls) {
      if (seen.has(url.text)) {
        const text = printInitialCluster(config.initialCluster);
        throw new ConfigError(`initial cluster ${text} has duplicate url`);
      }
      seen.add(url.text);
    }
  }
}

function mismatch(
  config: ServerConfig,
  given: readonly string[],
  expected: readonly string[],
): string {
  const cluster = given.map((url) => `${config.name}=${url}`).join(',');
  const missing = expected.filter((url) => !given.includes(url));
  if (missing.length > 0) {
    const names = missing.map((url) => `${config.name}=${url}`).join(',');
    const reason = 'the URLs do not denote the same addresses';
    return `--initial-cluster has ${names} but missing from --initial-advertise-peer-urls=${given.join(',')} (${reason})`;
  }
  const extra = given.filter((url) => !expected.includes(url));
  return `--initial-advertise-peer-urls has ${extra.join(',')} but missing from --initial-cluster=${cluster}`;
}

/** True when both lists denote the same addresses, by their texts or by what their hosts resolve to. */
async function denoteSameAddresses(
  left: readonly EndpointUrl[],
  right: readonly EndpointUrl[],
  resolve: ResolveHost,
): Promise<boolean> {
  if (left.length !== right.length) return false;
  if (left.every((url, index) => url.text === at(right, index).text)) return true;
  const resolvedLeft = await resolveAll(left, resolve);
  const resolvedRight = await resolveAll(right, resolve);
  return resolvedLeft.every((url, index) => url === at(resolvedRight, index));
}

async function resolveAll(
  urls: readonly EndpointUrl[],
  resolve: ResolveHost,
): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const url of urls) {
    let host = url.host;
    try {
      const addresses = await resolve(url.host);
      host = [...addresses].sort()[0] ?? url.host;
    } catch {
      // A host that cannot be resolved now is compared by its name.
      host = url.host;
    }
    texts.push(`${url.scheme}://${host}:${url.port}${url.socketPath}`);
  }
  return texts.sort();
}
