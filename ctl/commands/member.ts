// Owns `etcdctl member`. etcd: member_command.go.
import type { MemberAddResponse } from '../../server/proto/gen/rpc.ts';
import { withSession } from '../global-flags.ts';
import { Group } from '../groups.ts';
import type { Command, Invocation } from '../line/command.ts';
import { badArgs } from '../line/exit-error.ts';
import type { FlagSpec } from '../line/flag-set.ts';
import { NumberError, parseUint64 } from '../line/go-number.ts';
import { writeOut } from '../line/terminal.ts';
import { checkPeerUrls } from '../peer-urls.ts';
import { quoted } from '../print/go-text.ts';
import { isSerializable } from './get.ts';

const PEER_URLS: FlagSpec = {
  name: 'peer-urls',
  kind: 'text',
  initial: '',
  usage: 'where other members reach it, separated by commas',
};

export const memberCommand: Command = {
  use: 'member <subcommand>',
  short: 'Members of the cluster',
  group: Group.cluster,
  commands: [
    {
      use: 'add <memberName> [options]',
      short: 'Adds a member',
      flags: [
        PEER_URLS,
        { name: 'learner', kind: 'bool', initial: 'false', usage: 'add it without a vote' },
      ],
      run: add,
    },
    { use: 'remove <memberID>', short: 'Removes a member', run: remove },
    {
      use: 'update <memberID> [options]',
      short: "Changes a member's peer URLs",
      flags: [PEER_URLS],
      run: update,
    },
    {
      use: 'list',
      short: 'Lists the members',
      long: `Lists the members. In the format "simple" a line holds: ID, status, name, peer URLs, client URLs, is learner.`,
      flags: [
        {
          name: 'consistency',
          kind: 'text',
          initial: 'l',
          usage: 'l asks the whole cluster, s only the member at hand',
        },
      ],
      run: list,
    },
    { use: 'promote <memberID>', short: 'Gives a learner a vote', run: promote },
  ],
};

async function add(invocation: Invocation): Promise<void> {
  const { flags, args } = invocation;
  const [name] = args;
  if (name === undefined) throw badArgs('member name not provided');
  if (args.length > 1) {
    const urls = args.filter((arg) => arg.toLowerCase().startsWith('http'));
    const hints = urls.map((url) => `, did you mean --peer-urls=${url}`);
    throw badArgs(`too many arguments${hints.join('')}`);
  }
  const peerUrls = peerUrlsOf(invocation);
  // etcd: the client checks the URLs of new members before it asks.
  checkPeerUrls(peerUrls.split(','));
  const isLearner = flags.bool('learner');
  await withSession(invocation, async ({ client, display, timeout }) => {
    const response = await client.cluster.memberAdd(peerUrls.split(','), { ...timeout, isLearner });
    display.show({ kind: 'memberAdd', response });
    if (display.format === 'simple') writeOut(startLines(response, name, peerUrls));
  });
}

/** What the new member is to be started with. */
function startLines(response: MemberAddResponse, name: string, peerUrls: string): string {
  const cluster = response.members.flatMap((member) => {
    const shown = member.id === response.member?.id ? name : member.name;
    return member.peerUrls.map((url) => `${shown}=${url}`);
  });
  return [
    '',
    `ETCD_NAME=${quoted(name)}`,
    `ETCD_INITIAL_CLUSTER=${quoted(cluster.join(','))}`,
    `ETCD_INITIAL_ADVERTISE_PEER_URLS=${quoted(peerUrls)}`,
    'ETCD_INITIAL_CLUSTER_STATE="existing"',
    '',
  ].join('\n');
}

async function remove(invocation: Invocation): Promise<void> {
  const id = memberId(invocation);
  await withSession(invocation, async ({ client, display, timeout }) => {
    const response = await client.cluster.memberRemove(id, timeout);
    display.show({ kind: 'memberRemove', id, response });
  });
}

async function update(invocation: Invocation): Promise<void> {
  const id = memberId(invocation);
  const peerUrls = peerUrlsOf(invocation).split(',');
  await withSession(invocation, async ({ client, display, timeout }) => {
    const response = await client.cluster.memberUpdate(id, peerUrls, timeout);
    display.show({ kind: 'memberUpdate', id, response });
  });
}

async function list(invocation: Invocation): Promise<void> {
  const linearizable = !isSerializable(invocation.flags.text('consistency'));
  await withSession(invocation, async ({ client, display, timeout }) => {
    const response = await client.cluster.memberList({ ...timeout, linearizable });
    display.show({ kind: 'memberList', response });
  });
}

async function promote(invocation: Invocation): Promise<void> {
  const id = memberId(invocation);
  await withSession(invocation, async ({ client, display, timeout }) => {
    const response = await client.cluster.memberPromote(id, timeout);
    display.show({ kind: 'memberPromote', id, response });
  });
}

function memberId({ args }: Invocation): bigint {
  const [text] = args;
  if (text === undefined || args.length > 1) throw badArgs('member ID is not provided');
  try {
    return parseUint64(text, 16);
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw badArgs(`bad member ID arg (${error.message}), expecting ID in Hex`);
  }
}

function peerUrlsOf({ flags }: Invocation): string {
  const urls = flags.text('peer-urls');
  if (urls === '') throw badArgs('member peer urls not provided');
  return urls;
}
