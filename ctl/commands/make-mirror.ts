// Owns `etcdctl make-mirror`: copies keys to another cluster, first those that are there, then every change.
// etcd: make_mirror_command.go, client/v3/mirror.
import { setInterval } from 'node:timers';
import type { EtcdClient } from '../../client/client.ts';
import { deleteOp, putOp } from '../../client/op.ts';
import { concatBytes, prefixRangeEnd, utf8Bytes } from '../../server/base/bytes.ts';
import type { RequestOp, WatchResponse } from '../../server/proto/gen/rpc.ts';
import {
  type ClientSettings,
  clientSettings,
  openClient,
  tlsOf,
  userCredentials,
  withSession,
} from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';
import type { FlagSpec } from '../line/flag-set.ts';
import { writeOut } from '../line/terminal.ts';
import { chooseOne } from './get.ts';

/** Keys asked for at once. etcd: mirror.batchLimit. */
const PAGE_KEYS = 1_000;

/** How often the number of copied keys is shown. */
const COUNT_INTERVAL_MS = 30_000;

const FLAGS: readonly FlagSpec[] = [
  { name: 'prefix', kind: 'text', initial: '', usage: 'copy only keys that start with this' },
  { name: 'rev', kind: 'int', initial: '0', usage: 'copy only changes from this revision on' },
  { name: 'max-txn-ops', kind: 'uint', initial: '128', usage: 'most changes in one transaction' },
  {
    name: 'dest-prefix',
    kind: 'text',
    initial: '',
    usage: 'what stands for the prefix over there',
  },
  { name: 'no-dest-prefix', kind: 'bool', initial: 'false', usage: 'drop the prefix over there' },
  { name: 'dest-cert', kind: 'text', initial: '', usage: 'as --cert, for the destination' },
  { name: 'dest-key', kind: 'text', initial: '', usage: 'as --key, for the destination' },
  { name: 'dest-cacert', kind: 'text', initial: '', usage: 'as --cacert, for the destination' },
  {
    name: 'dest-insecure-transport',
    kind: 'bool',
    initial: 'true',
    usage: 'as --insecure-transport, for the destination',
  },
  { name: 'dest-user', kind: 'text', initial: '', usage: 'as --user, for the destination' },
  { name: 'dest-password', kind: 'text', initial: '', usage: 'as --password, for the destination' },
];

export const makeMirrorCommand: Command = {
  use: 'make-mirror [options] <destination>',
  short: 'Copies keys to another cluster, and keeps them the same',
  group: Group.utility,
  flags: FLAGS,
  run,
};

async function run(invocation: Invocation): Promise<void> {
  const { flags, args } = invocation;
  const [destination] = args;
  if (destination === undefined || args.length > 1) {
    throw badArgs('make-mirror takes one destination argument');
  }
  const destPrefix = flags.text('dest-prefix');
  if (flags.bool('no-dest-prefix') && destPrefix !== '') {
    throw chooseOne('dest-prefix', 'no-dest-prefix');
  }
  await withSession(invocation, async ({ client }) => {
    const target = openClient(await destinationSettings(invocation), [destination]);
    const mirror = new Mirror(invocation, client, target);
    const timer = setInterval(() => writeOut(`${mirror.copiedCount}\n`), COUNT_INTERVAL_MS);
    try {
      await mirror.run();
    } finally {
      clearInterval(timer);
      target.close();
    }
  });
}

async function destinationSettings(invocation: Invocation): Promise<ClientSettings> {
  const { flags } = invocation;
  const user = flags.text('dest-user');
  const password = flags.text('dest-password');
  return {
    ...(await clientSettings(invocation)),
    tls: tlsOf(invocation, {
      cert: 'dest-cert',
      key: 'dest-key',
      ca: 'dest-cacert',
      insecure: 'dest-insecure-transport',
    }),
    credentials: await userCredentials(user, password, 'Destination Password: '),
  };
}

class Mirror {
  readonly #source: EtcdClient;
  readonly #target: EtcdClient;
  readonly #prefix: Uint8Array;
  readonly #targetPrefix: Uint8Array;
  readonly #startRevision: number;
  readonly #opsMax: number;
  #copiedCount: number;

  constructor({ flags }: Invocation, source: EtcdClient, target: EtcdClient) {
    const prefix = flags.text('prefix');
    const given = flags.text('dest-prefix');
    const startRevision = Math.max(flags.int('rev') - 1, 0);
    // etcd: only when the keys that are there are copied does the prefix stay by itself.
    const keepsPrefix = given === '' && !flags.bool('no-dest-prefix') && startRevision === 0;
    this.#source = source;
    this.#target = target;
    this.#prefix = utf8Bytes(prefix);
    this.#targetPrefix = utf8Bytes(keepsPrefix ? prefix : given);
    this.#startRevision = startRevision;
    this.#opsMax = Math.max(flags.int('max-txn-ops'), 1);
    this.#copiedCount = 0;
  }

  get copiedCount(): number {
    return this.#copiedCount;
  }

  /** Runs until a failure. */
  async run(): Promise<void> {
    const revision = this.#startRevision === 0 ? await this.#copyAll() : this.#startRevision;
    const watcher = this.#source.watches.open(this.#prefix, {
      prefix: true,
      startRevision: revision + 1,
    });
    for await (const batch of watcher) await this.#copyChanges(batch);
  }

  /** Copies the keys as they are at one revision, and returns it. */
  async #copyAll(): Promise<number> {
    let from: Uint8Array | undefined;
    let revision = 0;
    for (;;) {
      const page = await this.#page(from, revision);
      revision = revision === 0 ? (page.header?.revision ?? 0) : revision;
      for (const kv of page.kvs) {
        await this.#target.kv.put(this.#translated(kv.key), kv.value);
        this.#copiedCount++;
      }
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) return revision;
      from = concatBytes([last.key, new Uint8Array(1)]);
    }
  }

  #page(from: Uint8Array | undefined, revision: number): ReturnType<EtcdClient['kv']['get']> {
    const options = { limit: PAGE_KEYS, revision };
    if (from === undefined) return this.#source.kv.get(this.#prefix, { ...options, prefix: true });
    const end =
      this.#prefix.length === 0 ? { fromKey: true } : { rangeEnd: prefixRangeEnd(this.#prefix) };
    return this.#source.kv.get(from, { ...options, ...end });
  }

  /** The changes of one revision go into one transaction, as far as it has room. */
  async #copyChanges({ events }: WatchResponse): Promise<void> {
    let ops: RequestOp[] = [];
    let lastRevision = 0;
    for (const { type, kv } of events) {
      if (kv === undefined) continue;
      const nextRevision = kv.modRevision > lastRevision && lastRevision !== 0;
      if (nextRevision || ops.length === this.#opsMax) {
        await this.#commit(ops);
        ops = [];
      }
      lastRevision = kv.modRevision;
      const key = this.#translated(kv.key);
      ops.push(type === 0 ? putOp(key, kv.value) : deleteOp(key));
    }
    await this.#commit(ops);
  }

  async #commit(ops: readonly RequestOp[]): Promise<void> {
    if (ops.length === 0) return;
    await this.#target.kv.txn({ success: ops });
    this.#copiedCount += ops.length;
  }

  #translated(key: Uint8Array): Uint8Array {
    return concatBytes([this.#targetPrefix, key.subarray(this.#prefix.length)]);
  }
}
