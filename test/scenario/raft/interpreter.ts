// Owns the little language of the raft scenarios: what each command does to a cluster and how what happens is written.
// A scenario is a text file: `$ command` lines, each followed by what it printed, with comments (#) in between.
//
//   $ cluster 3 election=5      three voters; options: election, prevote=off, bytes, inflight, uncommitted,
//                               saves=on (messages whose news travels with others)
//   $ join 4                    starts a member that knows nothing yet
//   $ tick 1 5                  five ticks pass at member 1
//   $ campaign 1 / propose 1 a b / conf 1 add 4 / read 2 x / transfer 1 2 / unreachable 1 2 / compact 1
//   $ notice 1                  member 1 is told that nothing was proposed for a moment
//   $ ready 1                   takes one Ready of member 1
//   $ persist 1                 the oldest write of member 1 becomes durable
//   $ deliver / deliver 2       delivers what is in flight (to member 2)
//   $ drop / drop 2             loses it
//   $ settle / settle quietly   all of the above until nothing is due
//   $ crash 1 2                 member 1 stops; of its writes under way the oldest two reach the disk
//   $ restart 1 / partition 1 | 2 3 / heal / status / status 1 / log 1

import { must } from '../../../server/base/assert.ts';
import { utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import type { RaftOptions } from '../../../server/raft/config.ts';
import type { RawNode } from '../../../server/raft/raw-node.ts';
import { type Entry, type Message, MessageType, type Ready } from '../../../server/raft/types.ts';
import { TestCluster, type TestMember } from '../../server/raft/cluster.ts';

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(MessageType).map(([name, type]) => [type, name]),
);

function entryText(entry: Entry): string {
  const kind = entry.type === 0 ? '' : 'conf ';
  return `${entry.index}/${entry.term} ${kind}"${utf8Text(entry.data)}"`;
}

function entriesText(entries: readonly Entry[]): string {
  return entries.map(entryText).join(', ');
}

export function messageText(message: Message): string {
  const { type, from, to, term, index, logTerm, commit, entries } = message;
  const head = `${from} -> ${to} ${TYPE_NAMES.get(type)}`;
  const at = term === 0 ? '' : ` term ${term}`;
  switch (type) {
    case MessageType.app: {
      const list = entries.length === 0 ? 'nothing' : entriesText(entries);
      return `${head}${at}: ${list} after ${index}/${logTerm}, commit ${commit}`;
    }
    case MessageType.appResp:
      return message.reject
        ? `${head}${at}: not after ${index}, try ${message.rejectHint}/${logTerm}`
        : `${head}${at}: up to ${index}`;
    case MessageType.vote:
    case MessageType.preVote:
      return `${head}${at}: my log ends ${index}/${logTerm}${
        message.context.length > 0 ? `, ${utf8Text(message.context)}` : ''
      }`;
    case MessageType.voteResp:
    case MessageType.preVoteResp:
      return `${head}${at}: ${message.reject ? 'no' : 'yes'}`;
    case MessageType.heartbeat:
    case MessageType.heartbeatResp: {
      const round = message.context.length > 0 ? `, round ${message.context[0]}` : '';
      return `${head}${at}: commit ${commit}${round}`;
    }
    case MessageType.snap: {
      const metadata = must(message.snapshot, 'snapshot').metadata;
      return `${head}${at}: ${metadata.index}/${metadata.term}, voters ${metadata.confState.voters.join(' ')}`;
    }
    case MessageType.prop:
    case MessageType.readIndex:
      return `${head}: ${entries.map((entry) => `"${utf8Text(entry.data)}"`).join(', ')}`;
    case MessageType.readIndexResp:
      return `${head}${at}: "${utf8Text(must(entries[0], 'entry').data)}" at ${index}`;
    default:
      return `${head}${at}`;
  }
}

type Command = (interpreter: Interpreter, args: readonly string[]) => void;

/** Every command of the language by its first word. Most name a member first. */
const COMMANDS: Readonly<Record<string, Command>> = {
  cluster: (i, [count, ...options]) => i.create(Number(count), options),
  join: (i, [id]) => void i.cluster.addMember(Number(id)),
  tick: (i, [id, count]) => i.cluster.tick(Number(id), Number(count ?? 1)),
  campaign: (i, [id]) => i.node(id).campaign(),
  propose: (i, [id, ...commands]) => i.refusal(i.cluster.propose(Number(id), ...commands)),
  conf: (i, [id, ...change]) =>
    i.refusal(i.cluster.proposeConfChange(Number(id), change.join(' '))),
  read: (i, [id, context = '']) => i.refusal(i.node(id).readIndex(utf8Bytes(context))),
  transfer: (i, [id, to = '']) => void i.node(id).transferLeadership(BigInt(to)),
  unreachable: (i, [id, other = '']) => i.node(id).reportUnreachable(BigInt(other)),
  gone: (i, [id, other = '']) => i.node(id).reportGone(BigInt(other)),
  notice: (i, [id]) => i.node(id).noticeCommit(),
  compact: (i, [id]) => i.member(id).compact(),
  ready: (i, [id]) => i.ready(i.member(id)),
  persist: (i, [id]) => i.persist(i.member(id)),
  deliver: (i, [to]) => i.deliver(to),
  drop: (i, [to]) => i.drop(to),
  settle: (i, [how]) => i.settle(how === 'quietly'),
  crash: (i, [id, keep]) => i.member(id).crash(Number(keep ?? 0)),
  restart: (i, [id]) => i.member(id).restart(),
  partition: (i, args) => i.cluster.partition(...groups(args)),
  heal: (i) => i.cluster.heal(),
  status: (i, [id]) => i.status(id),
  log: (i, [id]) => i.log(i.member(id)),
};

export class Interpreter {
  #cluster: TestCluster = new TestCluster({ voters: [] });
  #lines: string[] = [];

  /** Runs one command; returns what it printed. */
  run(command: string): string[] {
    this.#lines = [];
    const [verb = '', ...args] = command.split(' ');
    this.#execute(verb, args);
    return this.#lines;
  }

  #print(line: string): void {
    this.#lines.push(line);
  }

  #execute(verb: string, args: string[]): void {
    const command = must(COMMANDS[verb], `command ${verb}`);
    command(this, args);
  }

  get cluster(): TestCluster {
    return this.#cluster;
  }

  member(id: string | undefined): TestMember {
    return this.#cluster.get(Number(id));
  }

  node(id: string | undefined): RawNode {
    return this.member(id).node;
  }

  create(count: number, options: string[]): void {
    const given = new Map(options.map((option) => option.split('=') as [string, string]));
    const numberOf = (name: string): number => Number(given.get(name));
    const raft: Partial<RaftOptions> = {
      electionTicks: given.has('election') ? numberOf('election') : 5,
      preVote: given.get('prevote') !== 'off',
      checkQuorum: given.get('checkquorum') !== 'off',
      savesMessages: given.get('saves') === 'on',
      ...(given.has('bytes') ? { maxSizePerMessageBytes: numberOf('bytes') } : {}),
      ...(given.has('inflight') ? { maxInflightMessages: numberOf('inflight') } : {}),
      ...(given.has('uncommitted') ? { maxUncommittedBytes: numberOf('uncommitted') } : {}),
    };
    const voters = Array.from({ length: count }, (_, i) => i + 1);
    this.#cluster = new TestCluster({ voters, raft });
  }

  refusal(result: { kind: 'accepted' } | { kind: 'dropped'; reason: string }): void {
    if (result.kind === 'dropped') this.#print(`dropped: ${result.reason}`);
  }

  ready(member: TestMember): void {
    if (!member.node.hasReady()) this.#print(`${member.id} has nothing to do`);
    else this.#printReady(member, this.#cluster.ready(member.id));
  }

  #printReady(member: TestMember, ready: Ready): void {
    const { id } = member;
    const soft = ready.softState;
    if (soft !== undefined) this.#print(`${id} is ${soft.role}, leader ${soft.leader}`);
    const snapshot = ready.snapshot;
    if (snapshot !== undefined) this.#print(`${id} writes snapshot ${snapshot.metadata.index}`);
    if (ready.entries.length > 0) this.#print(`${id} writes ${entriesText(ready.entries)}`);
    const hard = ready.hardState;
    if (hard !== undefined) {
      this.#print(`${id} writes term ${hard.term}, vote ${hard.vote}, commit ${hard.commit}`);
    }
    if (ready.committed.length > 0) this.#print(`${id} applies ${entriesText(ready.committed)}`);
    for (const read of ready.readStates) {
      this.#print(`${id} reads "${utf8Text(read.context)}" at ${read.index}`);
    }
    for (const message of ready.messages) this.#print(messageText(member.fill(message)));
  }

  persist(member: TestMember): void {
    if (member.writes.length === 0) this.#print(`${member.id} has no write under way`);
    else member.persistOne();
  }

  deliver(to: string | undefined): void {
    const cluster = this.#cluster;
    let position = 0;
    for (let count = cluster.network.length; count > 0; count--) {
      const message = must(cluster.network[position], 'message');
      if (to !== undefined && message.to !== BigInt(to)) {
        position++;
        continue;
      }
      const result = cluster.deliver(position);
      const fate = result === undefined ? 'lost' : result.kind === 'ignored' ? result.reason : '';
      if (fate !== '') this.#print(`${messageText(message)} (${fate})`);
    }
  }

  drop(to: string | undefined): void {
    for (let i = this.#cluster.network.length - 1; i >= 0; i--) {
      if (to === undefined || this.#cluster.network[i]?.to === BigInt(to)) this.#cluster.drop(i);
    }
  }

  settle(isQuiet: boolean): void {
    const cluster = this.#cluster;
    if (isQuiet) {
      cluster.settle();
      return;
    }
    for (let round = 0; round < 1000; round++) {
      let isIdle = cluster.network.length === 0;
      for (const member of cluster.members.values()) {
        while (member.isUp && (member.node.hasReady() || member.writes.length > 0)) {
          isIdle = false;
          if (member.node.hasReady()) this.#printReady(member, cluster.ready(member.id));
          else member.persistOne();
        }
      }
      if (isIdle) return;
      this.deliver(undefined);
    }
    throw new Error('the cluster does not settle');
  }

  status(id: string | undefined): void {
    for (const member of this.#cluster.members.values()) {
      if (id !== undefined && member.id !== BigInt(id)) continue;
      if (!member.isUp) {
        this.#print(`${member.id} is down`);
        continue;
      }
      const s = member.node.status();
      this.#print(
        `${s.id} ${s.isLearner ? 'learner' : s.role}, term ${s.term}, leader ${s.leader}, last ${s.lastIndex}, ` +
          `durable ${s.durable}, committed ${s.committed}, applied ${s.applied}`,
      );
      if (id === undefined) continue;
      for (const m of s.members) {
        const flags = `${m.isLearner ? ' learner' : ''}${m.isPaused ? ' paused' : ''}${
          m.recentActive ? '' : ' silent'
        }`;
        this.#print(`  ${m.id} ${m.state}: match ${m.match}, next ${m.next}${flags}`);
      }
    }
  }

  log(member: TestMember): void {
    const { node } = member;
    if (node.firstIndex > 1)
      this.#print(`... ${node.firstIndex - 1}/${node.term(node.firstIndex - 1)}`);
    const terms: string[] = [];
    for (let i = node.firstIndex; i <= node.lastIndex; i++) terms.push(`${i}/${node.term(i)}`);
    this.#print(terms.length === 0 ? 'no entries' : terms.join(' '));
    this.#print(`applied: ${member.commands.map((command) => `"${command}"`).join(' ')}`);
  }
}

function groups(args: readonly string[]): number[][] {
  return args
    .join(' ')
    .split('|')
    .map((group) => group.trim().split(' ').map(Number));
}
