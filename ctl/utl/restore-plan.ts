// Owns who the members of a restored cluster are: from the flags of `etcdutl snapshot restore`, checked as etcd checks them.
// etcd: server/config/config.go VerifyBootstrap, client/pkg/types/urlsmap.go.
import { BootstrapError, initialCluster } from '../../server/cluster/bootstrap.ts';
import type { Member } from '../../server/cluster/member.ts';
import { Exit, ExitError } from '../line/exit-error.ts';
import { checkPeerUrls } from '../peer-urls.ts';

export interface RestoreFlags {
  readonly name: string;
  readonly initialCluster: string;
  readonly initialClusterToken: string;
  readonly peerUrls: string;
}

/** A new cluster, and which of its members the directory is for. */
export interface RestorePlan {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  /** Ascending by id. */
  readonly members: readonly Member[];
}

/** Throws ExitError for flags that contradict each other. */
export function planRestore(flags: RestoreFlags): RestorePlan {
  const { name } = flags;
  const own = checkPeerUrls(flags.peerUrls.split(','));
  const urlsOf = parseInitialCluster(flags.initialCluster);
  const listed = urlsOf.get(name);
  if (listed === undefined) {
    const shown = JSON.stringify(name);
    throw refused(`couldn't find local name ${shown} in the initial cluster configuration`);
  }
  checkSameUrls(name, own, listed);
  checkNoDuplicates(flags.initialCluster, [...urlsOf.values()].flat());
  const initial = [...urlsOf].map(([member, peerUrls]) => ({ name: member, peerUrls }));
  try {
    const { clusterId, members } = initialCluster(initial, flags.initialClusterToken);
    const memberId = members.find((member) => member.name === name)?.id ?? 0n;
    return { clusterId, memberId, members };
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    throw refused(error.message);
  }
}

function parseInitialCluster(text: string): ReadonlyMap<string, readonly string[]> {
  const urlsOf = new Map<string, string[]>();
  for (const part of text.split(',').filter((one) => one !== '')) {
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    const urls = urlsOf.get(name) ?? [];
    urls.push(at < 0 ? '' : part.slice(at + 1));
    urlsOf.set(name, urls);
  }
  return new Map([...urlsOf].map(([name, urls]) => [name, checkPeerUrls(urls)]));
}

function checkSameUrls(name: string, own: readonly string[], listed: readonly string[]): void {
  const missing = listed.filter((url) => !own.includes(url));
  if (missing.length > 0) {
    const shown = missing.map((url) => `${name}=${url}`).join(',');
    throw refused(
      `--initial-cluster has ${shown} but missing from --initial-advertise-peer-urls=${own.join(',')}`,
    );
  }
  const extra = own.filter((url) => !listed.includes(url));
  if (extra.length > 0) {
    const shown = own.map((url) => `${name}=${url}`).join(',');
    throw refused(
      `--initial-advertise-peer-urls has ${extra.join(',')} but missing from --initial-cluster=${shown}`,
    );
  }
}

function checkNoDuplicates(text: string, urls: readonly string[]): void {
  if (new Set(urls).size === urls.length) return;
  throw refused(`initial cluster ${text} has duplicate url`);
}

function refused(message: string): ExitError {
  return new ExitError(Exit.error, message);
}
