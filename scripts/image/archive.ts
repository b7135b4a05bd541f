// Owns writing the image as one tar file that is both an OCI image layout and what `docker save` writes: containerd, Docker,
// Podman, kind and skopeo all read it.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Architecture } from './image-config.ts';
import type { Layer } from './layers.ts';
import { type Entry, tarChunks } from './tar-writer.ts';

/** One time for everything, so that the same sources give the same image. */
const CREATED = '1970-01-01T00:00:00Z';

const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

export interface ArchiveOptions {
  readonly layers: readonly Layer[];
  readonly architecture: Architecture;
  /** What runtimes are told about it: image-config.ts has ours. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Whole references: repository and tag. */
  readonly references: readonly string[];
  readonly output: string;
}

export interface ArchiveResult {
  readonly manifestDigest: string;
  readonly layers: readonly { readonly name: string; readonly sizeBytes: number }[];
}

interface Blob {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly entry: Entry;
}

export async function writeArchive(options: ArchiveOptions): Promise<ArchiveResult> {
  const { layers, architecture, config: runtime, references, output } = options;
  const staging = `${output}.parts`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  const written: LayerBlob[] = [];
  for (const layer of layers) written.push(await writeLayer(layer, staging));
  const config = jsonBlob(configFile(written, architecture, runtime));
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor(CONFIG_TYPE, config),
    layers: written.map((layer) => descriptor(LAYER_TYPE, layer)),
  });
  const entries = [
    jsonFile('/oci-layout', { imageLayoutVersion: '1.0.0' }),
    jsonFile('/index.json', {
      schemaVersion: 2,
      mediaType: INDEX_TYPE,
      manifests: references.map((reference) => ({
        ...descriptor(MANIFEST_TYPE, manifest),
        platform: { architecture, os: 'linux' },
        annotations: {
          'io.containerd.image.name': reference,
          'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
        },
      })),
    }),
    jsonFile('/manifest.json', [
      {
        Config: blobPath(config.digest).slice(1),
        RepoTags: references,
        Layers: written.map(({ digest }) => blobPath(digest).slice(1)),
      },
    ]),
    config.entry,
    manifest.entry,
    ...written.map(({ entry }) => entry),
  ];
  await mkdir(dirname(output), { recursive: true });
  await pipeline(Readable.from(tarChunks(entries)), createWriteStream(`${output}.new`));
  await rename(`${output}.new`, output);
  await rm(staging, { recursive: true });
  return {
    manifestDigest: manifest.digest,
    layers: written.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
  };
}

interface LayerBlob extends Blob {
  readonly name: string;
  /** Digest of the layer before compression. */
  readonly diffId: string;
}

async function writeLayer(layer: Layer, staging: string): Promise<LayerBlob> {
  const plain = createHash('sha256');
  const packed = createHash('sha256');
  let sizeBytes = 0;
  const source = join(staging, `layer-${plainName(layer.name)}`);
  await pipeline(
    Readable.from(tarChunks(layer.entries)),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        plain.update(chunk);
        yield chunk;
      }
    },
    createGzip({ level: 6 }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        packed.update(chunk);
        sizeBytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(source),
  );
  const digest = packed.digest('hex');
  return {
    name: layer.name,
    digest,
    diffId: plain.digest('hex'),
    sizeBytes,
    entry: { kind: 'copy', path: blobPath(digest), mode: 0o644, source },
  };
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

function configFile(
  layers: readonly LayerBlob[],
  architecture: Architecture,
  config: ArchiveOptions['config'],
): unknown {
  return {
    architecture,
    os: 'linux',
    created: CREATED,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => `sha256:${diffId}`) },
    history: layers.map(({ name }) => ({ created: CREATED, created_by: name })),
  };
}

function jsonBlob(value: unknown): Blob {
  const content = Buffer.from(JSON.stringify(value));
  const digest = createHash('sha256').update(content).digest('hex');
  const entry = { kind: 'file', path: blobPath(digest), mode: 0o644, content } as const;
  return { digest, sizeBytes: content.length, entry };
}

function jsonFile(path: string, value: unknown): Entry {
  return { kind: 'file', path, mode: 0o644, content: JSON.stringify(value) };
}

function descriptor(
  mediaType: string,
  { digest, sizeBytes }: Blob,
): Readonly<Record<string, unknown>> {
  return { mediaType, digest: `sha256:${digest}`, size: sizeBytes };
}

function blobPath(digest: string): string {
  return `/blobs/sha256/${digest}`;
}
