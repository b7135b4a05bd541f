// Owns the checks of a member that joins a running cluster: that the list it was started with is the cluster's, whose ids
// it takes over, and that its version fits. etcd: membership/cluster.go ValidateClusterAndAssignIDs,
// etcdserver/cluster_util.go isCompatibleWithCluster, pkg/netutil.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../base/logger.ts';
import { compareMembers, formatId, type Member } from '../member.ts';
import { RESOLVE_RETRY_MS, RESOLVE_TIMEOUT_MS } from './limits.ts';
import { compareVersions, maybeParseVersion, type Version } from './semver.ts';
import type { ServerVersions } from './types.ts';

/** The member must not join; the text is etcd's. */
export class JoinError extends Error {
  override readonly name: string = 'JoinError';
}

/** Host name to address; rejects when there is none. */
export type Resolve = (host: string) => Promise<string>;

export interface UrlComparison {
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
}

/**
 * The members of --initial-cluster with the ids they have in the running cluster. Names are local, everything else
 * arrives with the log. Rejects with JoinError.
 */
export async function validateAgainst(
  local: readonly Member[],
  remote: readonly Member[],
  comparison: UrlComparison = {},
): Promise<Member[]> {
  if (local.length !== remote.length) throw new JoinError('member count is unequal');
  const existing = [...remote].sort(compareMembers);
  const ids: Map<Member, bigint> = new Map();
  const resolver = new UrlResolver(comparison);
  for (const member of existing) {
    let problem: string | undefined;
    for (const candidate of local) {
      problem = await urlsProblem(member.peerUrls, candidate.peerUrls, resolver);
      if (problem !== undefined) continue;
      ids.set(candidate, member.id);
      break;
    }
    if (problem === undefined) continue;
    const urls = `[${member.peerUrls.join(' ')}]`;
    throw new JoinError(
      `PeerURLs: no match found for existing member (${formatId(member.id)}, ${urls}), ` +
        `last resolver error (${problem})`,
    );
  }
  const unmatched = local.find((member) => !ids.has(member));
  // etcd: two entries with the same addresses pass here, and one member is lost.
  if (unmatched !== undefined) throw new JoinError('member count is unequal');
  return local.map((member) => ({ ...member, id: ids.get(member) ?? member.id }));
}

/** Why two lists of URLs mean different members, or undefined. */
async function urlsProblem(
  a: readonly string[],
  b: readonly string[],
  resolver: UrlResolver,
): Promise<string | undefined> {
  if (a.length !== b.length) return `len(${quoted(a)}) != len(${quoted(b)})`;
  if (firstDifference(a, b) === undefined) return undefined;
  try {
    const difference = firstDifference(await resolver.all(a), await resolver.all(b));
    if (difference === undefined) return undefined;
    return `resolved urls: "${difference[0]}" != "${difference[1]}"`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function firstDifference(
  a: readonly string[],
  b: readonly string[],
): readonly [string, string] | undefined {
  const sortedA = [...a].sort();
  const sortedB = [...b].sort();
  const position = sortedA.findIndex((url, i) => url !== sortedB[i]);
  return position < 0 ? undefined : [sortedA[position] ?? '', sortedB[position] ?? ''];
}

function quoted(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
}

/** Puts addresses for host names, within a time for all of them together. */
class UrlResolver {
  readonly #resolve: Resolve;
  readonly #endsAtMs: number;
  readonly #known: Map<string, string> = new Map();

  constructor({ resolve, timeoutMs }: UrlComparison) {
    this.#resolve = resolve ?? (async (host) => (await lookup(host)).address);
    this.#endsAtMs = performance.now() + (timeoutMs ?? RESOLVE_TIMEOUT_MS);
  }

  async all(urls: readonly string[]): Promise<string[]> {
    const resolved: string[] = [];
    for (const url of urls) resolved.push(await this.#one(url));
    return resolved;
  }

  async #one(url: string): Promise<string> {
    const match = /^(https?:\/\/)(\[[^\]]*\]|[^:/]*)(:.*)?$/.exec(url);
    if (match === null) return url;
    const [, scheme = '', host = '', rest = ''] = match;
    // etcd: pkg/netutil leaves this name alone: it may mean two addresses.
    if (host === 'localhost' || host.startsWith('[') || isIP(host) !== 0) return url;
    const known = this.#known.get(host) ?? (await this.#address(host, url));
    this.#known.set(host, known);
    return `${scheme}${isIP(known) === 6 ? `[${known}]` : known}${rest}`;
  }

  async #address(host: string, url: string): Promise<string> {
    for (;;) {
      try {
        return await this.#resolve(host);
      } catch (cause) {
        if (performance.now() + RESOLVE_RETRY_MS > this.#endsAtMs) {
          throw new Error(`failed to resolve "${url}" (${String(cause)})`, { cause });
        }
        await sleep(RESOLVE_RETRY_MS);
      }
    }
  }
}

export interface CompatibilityCheck {
  /** Of the other members; undefined for those that did not answer. */
  readonly versions: ReadonlyMap<bigint, ServerVersions | undefined>;
  readonly downgradeEnabled: boolean;
  readonly serverVersion: string;
  readonly minClusterVersion: string;
  readonly logger: Logger;
}

/** Throws JoinError unless at least one member's cluster version fits this server, and none is out of range. */
export function checkCompatibility(check: CompatibilityCheck): void {
  const { min, max } = allowedRange(check);
  let isKnown = false;
  for (const [id, versions] of check.versions) {
    if (versions === undefined) continue;
    const version = maybeParseVersion(versions.etcdcluster);
    const fields = {
      'remote-member-id': formatId(id),
      'remote-member-cluster-version': versions.etcdcluster,
    };
    if (version === undefined) {
      check.logger.warn('failed to parse cluster version of remote member', fields);
      continue;
    }
    if (compareVersions(version, min) < 0) {
      check.logger.warn('cluster version of remote member is not compatible; too low', {
        ...fields,
        'minimum-cluster-version-supported': printVersion(min),
      });
      throw new JoinError('incompatible with current running cluster');
    }
    if (compareVersions(version, max) > 0) {
      check.logger.warn('cluster version of remote member is not compatible; too high', {
        ...fields,
        'maximum-cluster-version-supported': printVersion(max),
      });
      throw new JoinError('incompatible with current running cluster');
    }
    isKnown = true;
  }
  if (!isKnown) throw new JoinError('incompatible with current running cluster');
}

/** During a downgrade only the next lower minor version may join. */
function allowedRange(check: CompatibilityCheck): { readonly min: Version; readonly max: Version } {
  const { major, minor } = maybeParseVersion(check.serverVersion) ?? NO_VERSION;
  if (check.downgradeEnabled) {
    const next = { major, minor: minor + 1, patch: 0 };
    return { min: next, max: next };
  }
  const min = maybeParseVersion(check.minClusterVersion) ?? NO_VERSION;
  return { min, max: { major, minor, patch: 0 } };
}

const NO_VERSION: Version = { major: 0, minor: 0, patch: 0 };

function printVersion({ major, minor, patch }: Version): string {
  return `${major}.${minor}.${patch}`;
}
