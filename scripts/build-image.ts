// Builds the container image without a container engine: `npm run image`, or for the Dockerfile's build stage
// `node dist/scripts/build-image.js --rootfs DIR`. Runs from the repository's root, after `npm run build`.
//
//   --arch amd64|arm64   for which machine (default: this one)
//   --output FILE        the archive (default dist/image/etcd-ts-ARCH.tar)
//   --tag REFERENCE      its name, may be repeated (default: repository with the versions of the package and of etcd)
//   --rootfs DIR         the files of the image in a new directory, in place of an archive
//   --node FILE          a Node binary of this machine, in place of npm's
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SERVER_VERSION } from '../server/base/version.ts';
import { ensureAddon } from './image/addon.ts';
import { writeArchive } from './image/archive.ts';
import { IMAGE_REPOSITORY, imageConfig, parseArchitecture } from './image/image-config.ts';
import { imageLayers, missingPrograms } from './image/layers.ts';
import { writeRootFileSystem } from './image/root-file-system.ts';

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string' },
      output: { type: 'string' },
      tag: { type: 'string', multiple: true },
      rootfs: { type: 'string' },
      node: { type: 'string' },
    },
  });
  const root = resolve('.');
  const architecture = parseArchitecture(values.arch ?? process.arch);
  const missing = missingPrograms(root);
  if (missing.includes('etcd')) throw new Error('dist/ is not there: run `npm run build` first');
  if (missing.length > 0)
    console.error(`not built, and so not in the image: ${missing.join(', ')}`);
  const cache = resolve('.cache/image');
  ensureAddon({ root, cache, architecture });
  const layers = imageLayers({
    root,
    cache,
    architecture,
    ...(values.node === undefined ? {} : { node: resolve(values.node) }),
  });
  if (values.rootfs !== undefined) {
    writeRootFileSystem(layers, resolve(values.rootfs));
    return;
  }
  const output = resolve(values.output ?? `dist/image/etcd-ts-${architecture}.tar`);
  const references = values.tag ?? defaultReferences();
  const result = await writeArchive({
    layers,
    architecture,
    config: { ...imageConfig() },
    references,
    output,
  });
  for (const { name, sizeBytes } of result.layers) {
    console.log(`${(sizeBytes / 1e6).toFixed(1).padStart(6)} MB  ${name}`);
  }
  console.log(`${output}\n${references.join('\n')}\nsha256:${result.manifestDigest}`);
}

/** The operator asks for an image by its own version, members by etcd's. */
function defaultReferences(): readonly string[] {
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  );
  return [version, SERVER_VERSION].map((each) => `${IMAGE_REPOSITORY}:v${each}`);
}
