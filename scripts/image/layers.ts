// Owns what is in the image, as four layers from what changes least to what changes most: Debian's libraries, Node, npm
// packages, our code. No shell: programs are started by their first line, which names Node.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DebianPackage, fetchDebianPackages } from './debian-packages.ts';
import { APP_ROOT, type Architecture, USER_ID } from './image-config.ts';
import { fetchNodeBinary } from './node-binary.ts';
import { packageEntries } from './production-packages.ts';
import type { Entry } from './tar-writer.ts';

export interface Layer {
  readonly name: string;
  readonly entries: readonly Entry[];
}

export interface LayerOptions {
  /** The repository's root, built. */
  readonly root: string;
  readonly cache: string;
  readonly architecture: Architecture;
  /** A Node binary of this machine in place of the one from npm. */
  readonly node?: string;
}

/** What Node and the native code of the store are linked with, and what TLS needs. */
const PACKAGES = ['base-files', 'libc6', 'libgcc-s1', 'libstdc++6', 'ca-certificates'];

/** Of libc6 and the others: the libraries themselves and licences, not character sets, documents or debugging aids. */
const WANTED =
  /^\/usr\/lib(?:64)?\/(?:[a-z0-9_]+-linux-gnu\/)?(?:ld-linux[^/]*|lib(?:c|m|dl|pthread|rt|resolv|nss_files|nss_dns|gcc_s|stdc\+\+)\.so\.[0-9.]+)$|^\/(?:usr\/lib|etc)\/os-release$|^\/etc\/debian_version$|^\/usr\/share\/doc\/[^/]+\/copyright$/;

const CERTIFICATES = 'usr/share/ca-certificates/mozilla';

/** Programs on the PATH and the module each of them starts. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  etcd: 'server/cli/main.js',
  etcdctl: 'ctl/etcdctl.js',
  etcdutl: 'ctl/etcdutl.js',
  'etcd-ts-operator': 'operator/cli/main.js',
  'etcd-ts-healthcheck': 'scripts/image/healthcheck.js',
};

/** Folders of dist/ that run in the image. */
const BUILT = ['server', 'client', 'ctl', 'operator', 'scripts/image/healthcheck.js'];

export function imageLayers(options: LayerOptions): readonly Layer[] {
  const { root, cache, architecture } = options;
  const node = options.node ?? fetchNodeBinary(architecture, cache);
  return [
    debianLayer(architecture, cache),
    {
      name: 'Node.js',
      entries: [{ kind: 'copy', path: '/usr/local/bin/node', mode: 0o755, source: node }],
    },
    { name: 'npm packages', entries: packageEntries(root, architecture) },
    { name: 'etcd-ts', entries: [...appEntries(root), ...programEntries(root)] },
  ];
}

/** What a program that is linked with the usual libraries needs, a user who is not root, and no shell. */
export function debianLayer(architecture: Architecture, cache: string): Layer {
  const packages = fetchDebianPackages(PACKAGES, architecture, cache);
  return { name: `Debian: ${PACKAGES.join(', ')}`, entries: baseEntries(packages) };
}

function baseEntries(packages: readonly DebianPackage[]): readonly Entry[] {
  return [
    ...packages.flatMap(({ root }) => wantedFiles(root)),
    ...packages.map(({ name, control }) => ({
      kind: 'file' as const,
      path: `/var/lib/dpkg/status.d/${name}`,
      mode: 0o644,
      content: control,
    })),
    { kind: 'link', path: '/lib', target: 'usr/lib' },
    { kind: 'link', path: '/lib64', target: 'usr/lib64' },
    { kind: 'directory', path: '/usr/lib64', mode: 0o755 },
    {
      kind: 'file',
      path: '/etc/ssl/certs/ca-certificates.crt',
      mode: 0o644,
      content: certificates(packages),
    },
    ...userEntries(),
  ];
}

function userEntries(): readonly Entry[] {
  const user = `nonroot:x:${USER_ID}:${USER_ID}:nonroot:/nonexistent:/usr/sbin/nologin`;
  return [
    {
      kind: 'file',
      path: '/etc/passwd',
      mode: 0o644,
      content: `root:x:0:0:root:/root:/usr/sbin/nologin\n${user}\n`,
    },
    {
      kind: 'file',
      path: '/etc/group',
      mode: 0o644,
      content: `root:x:0:\nnonroot:x:${USER_ID}:\n`,
    },
    { kind: 'file', path: '/etc/nsswitch.conf', mode: 0o644, content: 'hosts: files dns\n' },
    { kind: 'directory', path: '/tmp', mode: 0o1777 },
    // Where runtimes mount theirs; they cannot make them on a read-only root.
    ...['/proc', '/sys', '/dev'].map((path) => ({ kind: 'directory' as const, path, mode: 0o755 })),
    { kind: 'directory', path: '/var/lib/etcd', mode: 0o700, owner: USER_ID },
  ];
}

function wantedFiles(root: string): readonly Entry[] {
  const entries: Entry[] = [];
  for (const found of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const source = join(found.parentPath, found.name);
    // Packages still name some libraries by their place before /lib became a link.
    const path = source.slice(root.length).replace(/^\/(lib|lib64)\//, '/usr/$1/');
    if (!WANTED.test(path)) continue;
    if (found.isSymbolicLink()) {
      entries.push({ kind: 'link', path, target: readlinkSync(source) });
    } else if (found.isFile()) {
      const mode = statSync(source).mode & 0o777;
      entries.push({ kind: 'copy', path, mode, source });
    }
  }
  return entries;
}

/** One file of all authorities, as the package's own script makes it when it is installed. */
function certificates(packages: readonly DebianPackage[]): string {
  const root = packages.find(({ name }) => name === 'ca-certificates')?.root;
  if (root === undefined) throw new Error('ca-certificates is not among the packages');
  const directory = join(root, CERTIFICATES);
  const files = readdirSync(directory).sort();
  return files.map((file) => readFileSync(join(directory, file), 'utf8').trimEnd()).join('\n');
}

function appEntries(root: string): readonly Entry[] {
  const entries: Entry[] = ['package.json', 'LICENSE'].map((file) => ({
    kind: 'copy',
    path: `${APP_ROOT}/${file}`,
    mode: 0o644,
    source: join(root, file),
  }));
  for (const part of BUILT) {
    const top = join(root, 'dist', part);
    const files = part.endsWith('.js')
      ? [top]
      : readdirSync(top, { recursive: true, encoding: 'utf8' }).map((file) => join(top, file));
    for (const source of files) {
      if (!/\.js(?:\.map)?$/.test(source) || !statSync(source).isFile()) continue;
      const path = `${APP_ROOT}${source.slice(root.length)}`;
      entries.push({ kind: 'copy', path, mode: 0o644, source });
    }
  }
  return entries;
}

/** A program whose module was not built is left out; `missingPrograms` names it. */
function programEntries(root: string): readonly Entry[] {
  const missing = missingPrograms(root);
  return Object.entries(PROGRAMS)
    .filter(([name]) => !missing.includes(name))
    .flatMap(([name, module]): readonly Entry[] => [
      {
        kind: 'file',
        path: `${APP_ROOT}/bin/${name}`,
        mode: 0o755,
        content: launcher(name, module),
      },
      { kind: 'link', path: `/usr/local/bin/${name}`, target: `${APP_ROOT}/bin/${name}` },
    ]);
}

export function missingPrograms(root: string): readonly string[] {
  return Object.entries(PROGRAMS)
    .filter(
      ([, module]) => statSync(join(root, 'dist', module), { throwIfNoEntry: false }) === undefined,
    )
    .map(([name]) => name);
}

/** The kernel hands one argument of the first line on: the server's is the one that cannot be given later (bin/etcd). */
function launcher(name: string, module: string): string {
  const flag = name === 'etcd' ? ' --max-semi-space-size=16' : '';
  return `#!/usr/local/bin/node${flag}
process.setSourceMapsEnabled(true);
await import('../dist/${module}');
`;
}
