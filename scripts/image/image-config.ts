// Owns the configuration of the image: user, command, environment. The Dockerfile says the same in its own words, and
// test/scripts/image/dockerfile.test.ts compares the two.

export type Architecture = 'amd64' | 'arm64';

/** Node's words for them, which npm packages and node-gyp use. */
export const NODE_ARCHITECTURES = { amd64: 'x64', arm64: 'arm64' } as const;

export function parseArchitecture(name: string): Architecture {
  if (name === 'amd64' || name === 'x64') return 'amd64';
  if (name === 'arm64') return 'arm64';
  throw new Error(`no image for ${name}: amd64 and arm64 are known`);
}

/** The number distroless images use for "nonroot"; operator/specs gives members the same. */
export const USER_ID = 65_532;

/** Where the program is in the image. */
export const APP_ROOT = '/opt/etcd-ts';

export const IMAGE_REPOSITORY = 'ghcr.io/etcd-ts/etcd-ts';

export const SECOND_NS = 1_000_000_000;

export interface ImageConfig {
  readonly Env: readonly string[];
  readonly User: string;
  readonly WorkingDir: string;
  readonly Cmd: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, Record<string, never>>>;
  readonly Labels: Readonly<Record<string, string>>;
  readonly StopSignal: string;
  /** Docker's own addition to the format; Kubernetes has probes instead. */
  readonly Healthcheck: {
    readonly Test: readonly string[];
    readonly Interval: number;
    readonly Timeout: number;
    readonly StartPeriod: number;
    readonly Retries: number;
  };
}

export function imageConfig(): ImageConfig {
  return {
    Env: [
      'PATH=/usr/local/bin:/usr/bin:/bin',
      // Syncs of the log share libuv's threads with the store; see bin/etcd.
      'UV_THREADPOOL_SIZE=8',
      'NODE_ENV=production',
    ],
    User: `${USER_ID}:${USER_ID}`,
    // A member without --data-dir keeps its data in the directory it was started in.
    WorkingDir: '/var/lib/etcd',
    // Not an entry point: like in etcd's own image, `docker run IMAGE etcdctl ...` runs the other programs.
    Cmd: ['/usr/local/bin/etcd'],
    ExposedPorts: { '2379/tcp': {}, '2380/tcp': {} },
    Labels: {
      'org.opencontainers.image.title': 'etcd-ts',
      'org.opencontainers.image.description':
        'A drop-in etcd, its command line tools, and the operator that runs it on Kubernetes',
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
    StopSignal: 'SIGTERM',
    Healthcheck: {
      Test: ['CMD', '/usr/local/bin/etcd-ts-healthcheck'],
      Interval: 10 * SECOND_NS,
      Timeout: 5 * SECOND_NS,
      StartPeriod: 30 * SECOND_NS,
      Retries: 3,
    },
  };
}
