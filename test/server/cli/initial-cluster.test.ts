// Goal: a member that is not in its own member list, or advertises other URLs than the list has, does not start. Method:
// configurations against the checks. A failure means a cluster that can never elect a leader, found out too late.
import { describe, expect, it } from 'vitest';
import type { ServerConfig } from '../../../server/cli/config.ts';
import { loadConfig } from '../../../server/cli/config-load.ts';
import {
  printInitialCluster,
  verifyBootstrap,
  verifyJoinExisting,
} from '../../../server/cli/initial-cluster.ts';

function configOf(...args: string[]): ServerConfig {
  const outcome = loadConfig({
    args: ['etcd', ...args],
    environment: {},
    versionText: '',
    readFile: () => '',
    defaultHost: () => undefined,
  });
  if (outcome.kind !== 'run') throw new Error(JSON.stringify(outcome.notes));
  return outcome.config;
}

function resolve(host: string): Promise<readonly string[]> {
  if (host === 'unknown') return Promise.reject(new Error('not found'));
  return Promise.resolve([host === 'name' ? '10.0.0.1' : host]);
}

const PEER = '--initial-advertise-peer-urls';
const CLUSTER = '--initial-cluster';

describe('verifyBootstrap', () => {
  it('takes a list that holds the member', async () => {
    const config = configOf(
      '--name=b',
      `${PEER}=http://b:1`,
      `${CLUSTER}=b=http://b:1,a=http://a:1`,
    );
    await expect(verifyBootstrap(config, resolve)).resolves.toBeUndefined();
    expect(printInitialCluster(config.initialCluster)).toBe('a=http://a:1,b=http://b:1');
  });

  it('takes URLs that resolve to the same addresses', async () => {
    const config = configOf('--name=b', `${PEER}=http://name:1`, `${CLUSTER}=b=http://10.0.0.1:1`);
    await expect(verifyBootstrap(config, resolve)).resolves.toBeUndefined();
  });

  it.each([
    [
      ['--name=c', `${CLUSTER}=a=http://a:1`],
      'couldn\'t find local name "c" in the initial cluster configuration',
    ],
    [
      ['--name=a', `${PEER}=http://b:1`, `${CLUSTER}=a=http://a:1`],
      '--initial-cluster has a=http://a:1 but missing from --initial-advertise-peer-urls=http://b:1',
    ],
    [
      ['--name=a', `${PEER}=http://a:1,http://a:2`, `${CLUSTER}=a=http://a:1`],
      '--initial-advertise-peer-urls has http://a:2 but missing from --initial-cluster=a=http://a:1,a=http://a:2',
    ],
    [
      ['--name=a', `${PEER}=http://unknown:1`, `${CLUSTER}=a=http://a:1`],
      '--initial-cluster has a=http://a:1 but missing',
    ],
    [
      ['--name=a', `${PEER}=http://a:1`, `${CLUSTER}=a=http://a:1,b=http://a:1`],
      'initial cluster a=http://a:1,b=http://a:1 has duplicate url',
    ],
  ])('refuses %j', async (args, message) => {
    await expect(verifyBootstrap(configOf(...args), resolve)).rejects.toThrow(message);
  });
});

describe('verifyJoinExisting', () => {
  it('needs the name, not the URLs', () => {
    const list = `${CLUSTER}=a=http://a:1`;
    expect(() =>
      verifyJoinExisting(configOf('--name=a', `${PEER}=http://x:1`, list)),
    ).not.toThrow();
    expect(() => verifyJoinExisting(configOf('--name=b', list))).toThrow(
      "couldn't find local name",
    );
  });
});
