// Owns what a command is, and finding the one that a command line means. As with Go's cobra, flags may stand before the
// command's name, and a name may be shortened while it stays unique.
import { FlagSet, type FlagSpec } from './flag-set.ts';

/** What a command gets to work with. */
export interface Invocation {
  readonly flags: FlagSet;
  readonly args: readonly string[];
  /** The whole command line after the program's name; `watch` looks for its own "--" there. */
  readonly commandLine: readonly string[];
  /** Names of the flags that come from the commands above: the environment may set these. */
  readonly inherited: readonly string[];
}

export interface Command {
  /** Its name, then what it takes: "get [options] <key> [range_end]". */
  readonly use: string;
  readonly short: string;
  /** More text for its help. */
  readonly long?: string;
  /** Heading under which the help of the program lists it. */
  readonly group?: string;
  readonly flags?: readonly FlagSpec[];
  /** Flags that the commands below have too. */
  readonly sharedFlags?: readonly FlagSpec[];
  readonly commands?: readonly Command[];
  /** Missing for a command that only gathers others. */
  readonly run?: (invocation: Invocation) => Promise<void>;
}

const HELP_FLAG: FlagSpec = {
  name: 'help',
  short: 'h',
  kind: 'bool',
  initial: 'false',
  usage: 'show this help',
};

/** A command and the ones it is part of, the program first. */
export interface FoundCommand {
  readonly path: readonly Command[];
  readonly command: Command;
  /** The command line without the names of the commands. */
  readonly rest: readonly string[];
  /** Arguments of a program or group that name no command. */
  readonly unknown: string | undefined;
}

export function nameOf(command: Command): string {
  return command.use.split(' ')[0] ?? '';
}

export function findCommand(program: Command, args: readonly string[]): FoundCommand {
  const path: Command[] = [program];
  let command = program;
  let rest = [...args];
  for (;;) {
    const at = firstWord(rest, flagSetOf(path));
    const word = at === undefined ? undefined : rest[at];
    const next = word === undefined ? undefined : childOf(command, word);
    if (at === undefined || next === undefined) {
      return { path, command, rest, unknown: command.run === undefined ? word : undefined };
    }
    rest = [...rest.slice(0, at), ...rest.slice(at + 1)];
    path.push(next);
    command = next;
  }
}

/** All flags that the last command of `path` understands. */
export function flagSetOf(path: readonly Command[]): FlagSet {
  return new FlagSet([...inheritedFlags(path), ...ownFlags(path)]);
}

export function ownFlags(path: readonly Command[]): readonly FlagSpec[] {
  const command = path.at(-1);
  return [...(command?.flags ?? []), ...(command?.sharedFlags ?? []), HELP_FLAG];
}

export function inheritedFlags(path: readonly Command[]): readonly FlagSpec[] {
  return path.slice(0, -1).flatMap((command) => command.sharedFlags ?? []);
}

/** Commands whose names are near to `word`. */
export function suggestions(command: Command, word: string): readonly string[] {
  return (command.commands ?? [])
    .map(nameOf)
    .filter((name) => distance(name, word) <= 2 || name.startsWith(word));
}

function childOf(command: Command, word: string): Command | undefined {
  const children = command.commands ?? [];
  const exact = children.find((child) => nameOf(child) === word);
  if (exact !== undefined) return exact;
  const starting = children.filter((child) => nameOf(child).startsWith(word));
  return starting.length === 1 ? starting[0] : undefined;
}

/** Index of the first argument that is neither a flag nor the value of one. */
function firstWord(args: readonly string[], flags: FlagSet): number | undefined {
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] ?? '';
    if (argument === '--') return undefined;
    if (!argument.startsWith('-') && argument !== '') return i;
    if (flags.takesNext(argument)) i++;
  }
  return undefined;
}

/** Edits that turn one text into the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
