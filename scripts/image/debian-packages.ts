// Owns bringing files of Debian packages: a private apt state in a cache folder, for any architecture, download and unpack
// only. Nothing is installed and no rights are needed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './image-config.ts';

export const DEBIAN_SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface DebianPackage {
  readonly name: string;
  /** Its control file, for scanners of images. */
  readonly control: string;
  /** Where its files were unpacked. */
  readonly root: string;
}

/** The newest of each package, from the security archive too. */
export function fetchDebianPackages(
  names: readonly string[],
  architecture: Architecture,
  cache: string,
): readonly DebianPackage[] {
  const state = join(cache, `debian-${architecture}`);
  const archives = join(state, 'archives');
  rmSync(archives, { recursive: true, force: true });
  for (const path of [join(state, 'lists/partial'), join(archives, 'partial')]) {
    mkdirSync(path, { recursive: true });
  }
  const configuration = writeConfiguration(state, architecture);
  const apt = (args: readonly string[]): void => {
    execFileSync('apt-get', ['-qq', '-c', configuration, ...args], {
      cwd: archives,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  apt(['update']);
  apt(['download', ...names.map((name) => `${name}:${architecture}`)]);
  return names.map((name) => unpack(name, archives, state));
}

function writeConfiguration(state: string, architecture: Architecture): string {
  const mirror = process.env['DEBIAN_MIRROR'] ?? 'http://deb.debian.org/debian';
  const security = process.env['DEBIAN_SECURITY_MIRROR'] ?? `${mirror}-security`;
  const signed = `[signed-by=${KEYRING}]`;
  const sources = join(state, 'sources.list');
  writeFileSync(join(state, 'status'), '');
  writeFileSync(
    sources,
    `deb ${signed} ${mirror} ${DEBIAN_SUITE} main
deb ${signed} ${security} ${DEBIAN_SUITE}-security main
`,
  );
  const configuration = join(state, 'apt.conf');
  writeFileSync(
    configuration,
    `Dir::State "${state}";
Dir::State::status "${join(state, 'status')}";
Dir::Cache "${join(state, 'cache')}";
Dir::Etc::SourceList "${sources}";
Dir::Etc::SourceParts "/dev/null";
APT::Architecture "${architecture}";
APT::Architectures "${architecture}";
APT::Sandbox::User "";
`,
  );
  return configuration;
}

function unpack(name: string, archives: string, state: string): DebianPackage {
  const file = readdirSync(archives).find((each) => each.startsWith(`${name}_`));
  if (file === undefined) throw new Error(`apt-get did not bring ${name}`);
  const root = join(state, 'unpacked', name);
  if (existsSync(root)) rmSync(root, { recursive: true });
  mkdirSync(root, { recursive: true });
  execFileSync('dpkg-deb', ['-x', join(archives, file), root]);
  const control = execFileSync('dpkg-deb', ['-f', join(archives, file)], { encoding: 'utf8' });
  return { name, control, root };
}
