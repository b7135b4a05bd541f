// Owns the addresses of a configuration: what is listened on, what is advertised, and how one follows from the
// other when only some are given. etcd: server/embed/config.go UpdateDefaultClusterFromName.
import { at } from '../base/assert.ts';
import type { EndpointUrl, InitialMember } from './config.ts';
import { ConfigError, infoNote, type LogNote } from './config-error.ts';
import { checkBindUrls, checkHostUrls, parseEndpointUrl, UrlError } from './endpoint-url.ts';
import { FLAGS, type FlagValues } from './flag-values.ts';
import { initialClusterOf, parseInitialCluster } from './initial-cluster.ts';

export interface ConfigUrls {
  readonly listenPeerUrls: readonly EndpointUrl[];
  readonly listenClientUrls: readonly EndpointUrl[];
  readonly listenClientHttpUrls: readonly EndpointUrl[];
  readonly listenMetricsUrls: readonly EndpointUrl[];
  readonly initialAdvertisePeerUrls: readonly EndpointUrl[];
  readonly advertiseClientUrls: readonly EndpointUrl[];
  readonly initialCluster: readonly InitialMember[];
  readonly initialClusterText: string;
}

export const DEFAULT_NAME = 'default';

export interface UrlSources {
  readonly values: FlagValues;
  /** A file may leave out advertise-client-urls, a command line may not. */
  readonly fromFile: boolean;
  /** This machine's address as others see it; undefined when it cannot be told. */
  readonly defaultHost: string | undefined;
  readonly notes: LogNote[];
}

/** Reads and completes the addresses. Throws ConfigError. */
export function buildUrls(sources: UrlSources): ConfigUrls {
  const { values, notes, defaultHost } = sources;
  const listenPeerUrls = checkedBind(values.urls('listen-peer-urls'));
  const listenClientUrls = checkedBind(values.urls('listen-client-urls'));
  const listenClientHttpUrls = checkedBind(values.urls('listen-client-http-urls'));
  const listenMetricsUrls = checkedBind(values.urls('listen-metrics-urls'));
  checkHttpUrls(listenClientUrls, listenClientHttpUrls);
  const given = {
    peer: checkedPeer(values.urls('initial-advertise-peer-urls')),
    client: checkedClient(values.urls('advertise-client-urls')),
  };
  if (
    !sources.fromFile &&
    values.isGiven('listen-client-urls') &&
    !values.isGiven('advertise-client-urls')
  ) {
    throw new ConfigError(
      '--advertise-client-urls is required when --listen-client-urls is set explicitly',
    );
  }
  const peer = advertise('initial-advertise-peer-urls', given.peer, listenPeerUrls, defaultHost);
  const client = advertise('advertise-client-urls', given.client, listenClientUrls, defaultHost);
  if (peer !== given.peer || client !== given.client) {
    notes.push(infoNote('detected default host for advertise', { host: defaultHost }));
  }
  const name = values.text('name');
  const clusterText = values.text('initial-cluster');
  const isDefault = clusterText === FLAGS.get('initial-cluster')?.defaultText;
  const initialClusterText =
    isDefault && name !== DEFAULT_NAME ? initialClusterOf(name || DEFAULT_NAME, peer) : clusterText;
  return {
    listenPeerUrls,
    listenClientUrls,
    listenClientHttpUrls,
    listenMetricsUrls,
    initialAdvertisePeerUrls: peer,
    advertiseClientUrls: client,
    initialCluster: parseInitialCluster(initialClusterText),
    initialClusterText,
  };
}

/** The machine's address in place of localhost, when the default is advertised but every address listened on. */
function advertise(
  flagName: string,
  advertised: readonly EndpointUrl[],
  listened: readonly EndpointUrl[],
  defaultHost: string | undefined,
): readonly EndpointUrl[] {
  const only = advertised.length === 1 ? at(advertised, 0) : undefined;
  const first = listened[0];
  if (only === undefined || only.text !== FLAGS.get(flagName)?.defaultText) return advertised;
  if (defaultHost === undefined || first?.host !== '0.0.0.0') return advertised;
  return [parseEndpointUrl(`${only.scheme}://${defaultHost}:${first.port}`)];
}

function checkedBind(urls: readonly EndpointUrl[]): readonly EndpointUrl[] {
  return checked(urls, checkBindUrls, (reason) => reason);
}

function checkedPeer(urls: readonly EndpointUrl[]): readonly EndpointUrl[] {
  const texts = urls.map((url) => url.text).join(',');
  return checked(
    urls,
    checkHostUrls,
    (reason) => `--initial-advertise-peer-urls "${texts}" must be "host:port" (${reason})`,
  );
}

function checkedClient(urls: readonly EndpointUrl[]): readonly EndpointUrl[] {
  const texts = urls.map((url) => url.text).join(',');
  return checked(
    urls,
    checkHostUrls,
    (reason) =>
      `--advertise-client-urls "${texts}" must be in the format "host:port", "unix:/path/to/socket" or "unixs:/path/to/socket" (${reason})`,
  );
}

function checked(
  urls: readonly EndpointUrl[],
  check: (urls: readonly EndpointUrl[]) => void,
  message: (reason: string) => string,
): readonly EndpointUrl[] {
  try {
    check(urls);
  } catch (cause) {
    if (!(cause instanceof UrlError)) throw cause;
    throw new ConfigError(message(cause.message), { cause });
  }
  return urls;
}

function checkHttpUrls(client: readonly EndpointUrl[], http: readonly EndpointUrl[]): void {
  const clientTexts = new Set(client.map((url) => url.text));
  for (const url of http) {
    if (!clientTexts.has(url.text)) continue;
    throw new ConfigError(
      `cannot bind both --listen-client-urls and --listen-client-http-urls on the same url ${url.text}`,
    );
  }
}
