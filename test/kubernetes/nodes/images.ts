// Owns the images that nodes have from the start, since there is no registry: ours (`npm run image`), the one that holds a
// Pod's namespaces, and Debian's etcd as an image that somebody else made.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeArchive } from '../../../scripts/image/archive.ts';
import { fetchDebianPackages } from '../../../scripts/image/debian-packages.ts';
import { type Architecture, USER_ID } from '../../../scripts/image/image-config.ts';
import { debianLayer, type Layer } from '../../../scripts/image/layers.ts';
import { ROOT } from '../../support/paths.ts';
import { runToEnd } from '../processes.ts';
import { NODES_FOLDER, PAUSE_IMAGE } from './plan.ts';

export const DEBIAN_ETCD = { repository: 'etcd-ts.test/debian-etcd', version: '3.5.16' } as const;

const ARCHITECTURE: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const CACHE = join(ROOT, '.cache/image');
const PATH = 'PATH=/usr/local/bin:/usr/bin:/bin';

/** Puts the archives where every node takes its images from. Made anew, ours; the others come from the cache. */
export async function prepareImages(): Promise<void> {
  const folder = join(NODES_FOLDER, 'images');
  mkdirSync(folder, { recursive: true });
  const output = join(folder, 'etcd-ts.tar');
  await runToEnd(process.execPath, ['dist/scripts/build-image.js', `--output=${output}`]);
  for (const [name, make] of [
    ['pause', makePause],
    ['debian-etcd', makeDebianEtcd],
  ] as const) {
    const cached = join(CACHE, `${name}-${ARCHITECTURE}.tar`);
    if (!existsSync(cached)) await make(cached);
    copyFileSync(cached, join(folder, `${name}.tar`));
  }
}

/** catatonit is one static program that waits and reaps: what the original does. */
async function makePause(output: string): Promise<void> {
  await writeArchive({
    layers: [programs('catatonit', ['catatonit'])],
    architecture: ARCHITECTURE,
    config: { Env: [PATH], Cmd: ['/usr/bin/catatonit', '-P'] },
    references: [PAUSE_IMAGE],
    output,
  });
}

async function makeDebianEtcd(output: string): Promise<void> {
  await writeArchive({
    layers: [
      debianLayer(ARCHITECTURE, CACHE),
      programs('etcd-server', ['etcd'], DEBIAN_ETCD.version),
      programs('etcd-client', ['etcdctl'], DEBIAN_ETCD.version),
    ],
    architecture: ARCHITECTURE,
    config: { Env: [PATH], User: `${USER_ID}:${USER_ID}`, Cmd: ['/usr/bin/etcd'] },
    references: [`${DEBIAN_ETCD.repository}:v${DEBIAN_ETCD.version}`],
    output,
  });
}

/** Programs of a Debian package, which is of that version if one is given. */
function programs(name: string, files: readonly string[], version: string = ''): Layer {
  const [found] = fetchDebianPackages([name], ARCHITECTURE, CACHE);
  if (found === undefined) throw new Error(`apt-get did not bring ${name}`);
  if (!found.control.includes(`\nVersion: ${version}`)) {
    throw new Error(`Debian's ${name} is not ${version}:\n${found.control}`);
  }
  return {
    name: `Debian: ${name}`,
    entries: files.map((file) => ({
      kind: 'copy',
      path: `/usr/bin/${file}`,
      mode: 0o755,
      source: join(found.root, 'usr/bin', file),
    })),
  };
}
