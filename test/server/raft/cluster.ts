// Owns a whole raft cluster in memory for the tests: members with a simulated disk and state machine, and a network
// that holds every message until a test delivers it. Nothing happens by itself: tests order every write and delivery.

import { assert, at, must } from '../../../server/base/assert.ts';
import { EMPTY_BYTES, utf8Bytes, utf8Text } from '../../../server/base/bytes.ts';
import type { RaftOptions } from '../../../server/raft/config.ts';
import { MemoryLog } from '../../../server/raft/memory-log.ts';
import { RawNode } from '../../../server/raft/raw-node.ts';
import { EMPTY_CONF_STATE, EMPTY_HARD_STATE } from '../../../server/raft/restart.ts';
import type { StepResult } from '../../../server/raft/step-result.ts';
import {
  type ConfChange,
  ConfChangeType,
  type Entry,
  EntryType,
  type HardState,
  type MemberId,
  type Message,
  MessageType,
  type ReadState,
  type Ready,
  type SnapshotMetadata,
} from '../../../server/raft/types.ts';

/** A state machine's state with where it was taken: what a snapshot holds. */
export interface StoredSnapshot {
  readonly metadata: SnapshotMetadata;
  readonly commands: readonly string[];
}

const NO_SNAPSHOT: StoredSnapshot = {
  metadata: { index: 0, term: 0, confState: EMPTY_CONF_STATE },
  commands: [],
};

const CHANGE_TYPES: Readonly<Record<string, number>> = {
  add: ConfChangeType.addNode,
  learner: ConfChangeType.addLearnerNode,
  remove: ConfChangeType.removeNode,
  none: ConfChangeType.updateNode,
};

/** "add 4" and the like; the encoded form in these tests is the text itself. */
export function parseConfChange(text: string): ConfChange {
  const [verb = '', id = '0'] = text.split(' ');
  const type = must(CHANGE_TYPES[verb], `configuration change ${text}`);
  return { id: 1n, type, nodeId: BigInt(id), context: EMPTY_BYTES };
}

/** How every log of a new cluster begins: with the addition of its first members, in term 1. */
function bootstrapEntry(index: number, voter: number): Entry {
  return { type: EntryType.confChange, term: 1, index, data: utf8Bytes(`add ${voter}`) };
}

type Write = Pick<Ready, 'token' | 'hardState' | 'entries' | 'snapshot'>;

export class TestMember {
  readonly id: MemberId;
  readonly #options: RaftOptions;
  // Disk: survives a restart.
  hardState: HardState = EMPTY_HARD_STATE;
  stored: StoredSnapshot = NO_SNAPSHOT;
  disk: Entry[] = [];
  // Memory: lost in a restart.
  writes: Write[] = [];
  commands: string[] = [];
  applied = 0;
  appliedTerm = 0;
  reads: ReadState[] = [];
  isUp = true;
  /** Snapshots installed, over all lives. */
  installedCount = 0;
  node: RawNode;

  constructor(id: MemberId, options: RaftOptions, voters: readonly number[]) {
    this.id = id;
    this.#options = options;
    this.disk = voters.map((voter, i) => bootstrapEntry(i + 1, voter));
    if (voters.length > 0) this.hardState = { term: 1, vote: 0n, commit: voters.length };
    this.node = this.#start();
  }

  #start(): RawNode {
    const { index, term, confState } = this.stored.metadata;
    const log = new MemoryLog({ index, term }, this.disk);
    this.applied = index;
    this.appliedTerm = term;
    this.commands = [...this.stored.commands];
    this.writes = [];
    this.reads = [];
    this.isUp = true;
    const initial = { hardState: this.hardState, confState, applied: index };
    return new RawNode(this.#options, log, initial);
  }

  /** Loses everything but the disk, of which the oldest `keepWrites` writes under way made it. */
  crash(keepWrites: number): void {
    for (const write of this.writes.slice(0, keepWrites)) this.#writeToDisk(write);
    this.writes = [];
    this.isUp = false;
  }

  restart(): void {
    this.node = this.#start();
  }

  /** Takes one Ready: queues its write, applies what is committed. The caller sends the messages. */
  takeReady(): Ready {
    const ready = this.node.ready();
    const { token, hardState, entries, snapshot } = ready;
    if (hardState !== undefined || entries.length > 0 || snapshot !== undefined) {
      this.writes.push({ token, hardState, entries, snapshot });
    }
    for (const entry of ready.committed) this.#apply(entry);
    if (ready.committed.length > 0) this.node.applied(this.applied);
    this.reads.push(...ready.readStates);
    return ready;
  }

  #apply(entry: Entry): void {
    assert(entry.index === this.applied + 1, `apply ${entry.index} after ${this.applied}`);
    this.applied = entry.index;
    this.appliedTerm = entry.term;
    const text = utf8Text(entry.data);
    this.commands.push(text);
    if (entry.type === EntryType.confChange) this.node.applyConfChange(parseConfChange(text));
  }

  /** The oldest write under way becomes durable, and raft is told. */
  persistOne(): number {
    const write = must(this.writes.shift(), 'a write under way');
    this.#writeToDisk(write);
    this.node.persisted(write.token);
    if (write.snapshot !== undefined) this.#install(write.snapshot.metadata.index);
    return write.token;
  }

  #install(index: number): void {
    this.installedCount++;
    // A newer snapshot may be on its way already; then this one is not the stored one any more.
    if (this.stored.metadata.index === index) {
      this.commands = [...this.stored.commands];
      this.applied = index;
      this.appliedTerm = this.stored.metadata.term;
    }
    this.node.applied(index);
  }

  #writeToDisk(write: Write): void {
    if (write.snapshot !== undefined) {
      const { data, metadata } = write.snapshot;
      this.stored = { metadata, commands: JSON.parse(utf8Text(data)) };
      this.disk = [];
    }
    const base = this.stored.metadata.index;
    for (const entry of write.entries) {
      if (entry.index <= base) continue;
      this.disk.length = entry.index - base - 1;
      this.disk.push(entry);
    }
    if (write.hardState !== undefined) this.hardState = write.hardState;
  }

  /** Stores the state machine as a snapshot and drops the log up to it, on disk and in memory. */
  compact(): void {
    const base = this.stored.metadata.index;
    const index = this.applied;
    const metadata = { index, term: this.appliedTerm, confState: this.node.confState() };
    this.stored = { metadata, commands: [...this.commands] };
    this.disk = this.disk.slice(index - base);
    this.node.compact(index);
  }

  /** Fills an outgoing snapshot message with the state machine as it is now, as a node does. */
  fill(message: Message): Message {
    if (message.type !== MessageType.snap) return message;
    const confState = this.node.confState();
    const metadata = { index: this.applied, term: this.appliedTerm, confState };
    const data = utf8Bytes(JSON.stringify(this.commands));
    return { ...message, snapshot: { data, metadata } };
  }
}

export interface ClusterOptions {
  /** Voters, from the start. */
  readonly voters: readonly number[];
  readonly raft?: Partial<RaftOptions>;
  readonly random?: (limit: number) => number;
}

export class TestCluster {
  readonly members: Map<MemberId, TestMember> = new Map();
  readonly #options: ClusterOptions;
  /** In flight, in order of sending. */
  network: Message[] = [];
  /** Pairs "from>to" whose messages vanish. */
  readonly cut: Set<string> = new Set();

  constructor(options: ClusterOptions) {
    this.#options = options;
    for (const id of options.voters) this.addMember(id, options.voters).takeReady();
  }

  /** Starts a member with the first entries of a new cluster, or with none when it is to join. */
  addMember(id: number, voters: readonly number[] = []): TestMember {
    const random = this.#options.random ?? ((): number => 0);
    const options = { id: BigInt(id), random, ...this.#options.raft };
    const member = new TestMember(BigInt(id), options, voters);
    this.members.set(member.id, member);
    return member;
  }

  get installedCount(): number {
    let count = 0;
    for (const member of this.members.values()) count += member.installedCount;
    return count;
  }

  get(id: number | MemberId): TestMember {
    return must(this.members.get(BigInt(id)), `member ${id}`);
  }

  /** Takes one Ready of a member and puts its messages on the network. */
  ready(id: number | MemberId): Ready {
    const member = this.get(id);
    const ready = member.takeReady();
    for (const message of ready.messages) {
      const filled = member.fill(message);
      if (this.cut.has(`${member.id}>${message.to}`)) this.#lost(filled);
      else this.network.push(filled);
    }
    return ready;
  }

  /** Hands over the message at `position` in the network. */
  deliver(position: number): StepResult | undefined {
    const message = at(this.network, position);
    this.network.splice(position, 1);
    const member = this.members.get(message.to);
    if (member === undefined || !member.isUp) {
      this.#lost(message);
      return undefined;
    }
    const result = member.node.step(message);
    this.#reportSnapshot(message, true);
    return result;
  }

  /** Loses the message at `position` in the network. */
  drop(position: number): void {
    const message = at(this.network, position);
    this.network.splice(position, 1);
    this.#lost(message);
  }

  #lost(message: Message): void {
    this.#reportSnapshot(message, false);
  }

  /** A transport tells raft what became of a snapshot; without it raft would wait for ever. */
  #reportSnapshot(message: Message, delivered: boolean): void {
    const sender = this.members.get(message.from);
    if (message.type !== MessageType.snap || sender === undefined || !sender.isUp) return;
    sender.node.reportSnapshot(message.to, delivered);
  }

  /** Lets everything that is due happen, in a fixed order, until nothing is. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      let isIdle = this.network.length === 0;
      for (const member of this.members.values()) {
        if (!member.isUp) continue;
        while (member.node.hasReady()) {
          isIdle = false;
          this.ready(member.id);
        }
        while (member.writes.length > 0) {
          isIdle = false;
          member.persistOne();
        }
      }
      // Time passes while nothing happens.
      if (isIdle && !this.#noticeCommits()) return;
      for (let count = this.network.length; count > 0; count--) this.deliver(0);
    }
    throw new Error('the cluster does not settle');
  }

  /** True when there was news that nobody had been told of. */
  #noticeCommits(): boolean {
    const holders = [...this.members.values()].filter(({ isUp, node }) => isUp && node.holdsNotice);
    for (const { node } of holders) node.noticeCommit();
    return holders.length > 0;
  }

  tick(id: number, count = 1): void {
    for (let i = 0; i < count; i++) this.get(id).node.tick();
  }

  /** Makes `id` the leader in an otherwise quiet cluster. */
  elect(id: number): void {
    this.get(id).node.campaign();
    this.settle();
    assert(this.get(id).node.role === 'leader', `member ${id} did not win`);
  }

  propose(id: number, ...commands: string[]): ReturnType<RawNode['propose']> {
    return this.get(id).node.propose(commands.map(utf8Bytes));
  }

  proposeConfChange(id: number, text: string): ReturnType<RawNode['propose']> {
    return this.get(id).node.proposeConfChange(utf8Bytes(text));
  }

  /** Cuts all links between members of different groups. */
  partition(...groups: readonly (readonly number[])[]): void {
    this.cut.clear();
    for (const group of groups) {
      for (const other of groups) {
        if (group === other) continue;
        for (const a of group) for (const b of other) this.cut.add(`${a}>${b}`);
      }
    }
    for (let i = this.network.length - 1; i >= 0; i--) {
      const { from, to } = at(this.network, i);
      if (this.cut.has(`${from}>${to}`)) this.drop(i);
    }
  }

  heal(): void {
    this.cut.clear();
  }

  /** Commands a member has applied, in order, without empty entries and configuration changes. */
  commandsOf(id: number): string[] {
    return this.get(id).commands.filter((command) => command !== '' && !command.includes(' '));
  }
}
