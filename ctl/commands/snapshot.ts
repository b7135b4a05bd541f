// Owns `etcdctl snapshot save`. The file appears under its name only when it is whole. etcd: client/v3/snapshot.
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { EtcdClient } from '../../client/client.ts';
import { equalBytes } from '../../server/base/bytes.ts';
import { atEndpoint } from '../endpoints.ts';
import { clientCall, fileErrorText } from '../failure.ts';
import { applyEnvironment, clientSettings, endpointsOf, timeoutOf } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs, Exit, ExitError } from '../line/exit-error.ts';
import { logLine } from '../line/log-line.ts';
import { writeOut } from '../line/terminal.ts';
import { humanSize, listText } from '../print/go-text.ts';

/** Only its owner may read it: it holds every key. */
const FILE_MODE = 0o600;

const SHA256_BYTES = 32;
const SECTOR_BYTES = 512;

export const snapshotCommand: Command = {
  use: 'snapshot <subcommand>',
  short: 'Backups of the store',
  group: Group.cluster,
  commands: [
    {
      use: 'save <filename>',
      short: 'Saves the store of one member in a file',
      run: save,
    },
    {
      use: 'status <filename>',
      short: 'Moved to `etcdutl snapshot status`',
      run: () => moved('status'),
    },
    {
      use: 'restore <filename>',
      short: 'Moved to `etcdutl snapshot restore`',
      run: () => moved('restore'),
    },
  ],
};

function moved(name: string): Promise<void> {
  return Promise.reject(
    new ExitError(Exit.badFeature, `snapshot ${name} is done by \`etcdutl snapshot ${name}\``),
  );
}

async function save(invocation: Invocation): Promise<void> {
  const [path] = invocation.args;
  if (path === undefined || invocation.args.length > 1) {
    throw badArgs('snapshot save expects one argument <filename>');
  }
  applyEnvironment(invocation);
  const settings = await clientSettings(invocation);
  const endpoints = await endpointsOf(invocation);
  const [endpoint] = endpoints;
  if (endpoint === undefined || endpoints.length > 1) {
    throw new ExitError(
      Exit.interrupted,
      `snapshot must be requested to one selected node, not multiple ${listText(endpoints)}`,
    );
  }
  // A snapshot takes its time: the bound holds only when it was asked for.
  const timeout = invocation.flags.changed('command-timeout') ? timeoutOf(invocation) : {};
  const version = await clientCall(Exit.interrupted, () =>
    atEndpoint(settings, endpoint, (client) => saveFile({ client, endpoint, path, timeout })),
  );
  writeOut(`Snapshot saved at ${path}\n`);
  if (version !== '') writeOut(`Server version ${version}\n`);
}

interface SaveRequest {
  readonly client: EtcdClient;
  readonly endpoint: string;
  readonly path: string;
  readonly timeout: { readonly timeoutMs?: number };
}

/** Returns the version of the store, which servers tell since 3.6. */
async function saveFile({ client, endpoint, path, timeout }: SaveRequest): Promise<string> {
  const partPath = `${path}.part`;
  const file = await openPart(partPath);
  try {
    logLine('info', 'created temporary db file', { path: partPath });
    logLine('info', 'fetching snapshot', { endpoint });
    const startMs = Date.now();
    const { version, sizeBytes } = await copyParts(client, file, timeout);
    await file.sync();
    await file.close();
    const took = `${(Date.now() - startMs) / 1000}s`;
    const size = humanSize(sizeBytes);
    logLine('info', 'fetched snapshot', { endpoint, size, took, 'etcd-version': version });
    await rename(partPath, path);
    logLine('info', 'saved', { path });
    return version;
  } finally {
    await file.close();
    await rm(partPath, { force: true });
  }
}

async function openPart(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w', FILE_MODE);
  } catch (error) {
    const reason = fileErrorText(error);
    throw new ExitError(Exit.interrupted, `could not open ${path} (${reason})`, { cause: error });
  }
}

/** Writes the parts to the file and checks that they end with their hash. */
async function copyParts(
  client: EtcdClient,
  file: FileHandle,
  timeout: { readonly timeoutMs?: number },
): Promise<{ readonly version: string; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  let version = '';
  let sizeBytes = 0;
  let tail: Uint8Array = new Uint8Array();
  for await (const part of client.maintenance.snapshot(timeout)) {
    version = version === '' ? part.version : version;
    sizeBytes += part.blob.length;
    await file.write(part.blob);
    // The hash covers all but the last bytes, whichever parts they come in.
    const held = Buffer.concat([tail, part.blob]);
    const cut = Math.max(held.length - SHA256_BYTES, 0);
    hash.update(held.subarray(0, cut));
    tail = held.subarray(cut);
  }
  if (sizeBytes % SECTOR_BYTES !== SHA256_BYTES) {
    throw new ExitError(Exit.interrupted, `sha256 checksum not found [bytes: ${sizeBytes}]`);
  }
  if (!equalBytes(tail, hash.digest())) {
    throw new ExitError(Exit.interrupted, 'sha256 checksum of the snapshot does not match');
  }
  return { version, sizeBytes };
}
