// Owns the help of programs and commands.
import { type Command, inheritedFlags, nameOf, ownFlags } from './command.ts';
import type { FlagSpec } from './flag-set.ts';

/** The help of the last command of `path`: what it does, how it is called, its parts and flags. */
export function helpText(path: readonly Command[]): string {
  const command = path.at(-1);
  if (command === undefined) return '';
  const about = (command.long ?? command.short).trim();
  return `${about}\n\n${usageText(path)}`;
}

/** How the last command of `path` is called. */
export function usageText(path: readonly Command[]): string {
  const command = path.at(-1);
  const program = path[0];
  if (command === undefined || program === undefined) return '';
  const names = path.map(nameOf).join(' ');
  const takes = command.use.split(' ').slice(1).join(' ');
  const usage = command.commands === undefined ? takes : '<command>';
  const parts = [`Usage:\n  ${`${names} ${usage}`.trim()}\n`];
  parts.push(...commandLists(command));
  if (path.length > 1) parts.push(`Flags:\n${flagLines(ownFlags(path))}`);
  const groupFlags = inheritedFlags(path.slice(1));
  if (groupFlags.length > 0)
    parts.push(`Flags of ${nameOf(path[1] ?? command)}:\n${flagLines(groupFlags)}`);
  if (command.commands !== undefined) {
    parts.push(`"${names} <command> --help" tells more about a command.\n`);
  }
  const hint =
    program.commands?.some((one) => nameOf(one) === 'options') === true
      ? `Flags that every command has are listed by "${nameOf(program)} options".\n`
      : `Flags of every command:\n${flagLines(program.sharedFlags ?? [])}`;
  return `${parts.join('\n')}\n${hint}`;
}

/** One line per flag, in the order of their names. */
export function flagLines(specs: readonly FlagSpec[]): string {
  const rows = [...specs]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((spec) => [`${shortOf(spec)}--${spec.name}${placeholder(spec)}`, textOf(spec)] as const);
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return rows.map(([flag, text]) => `  ${flag.padEnd(width)}   ${text}\n`).join('');
}

function commandLists(command: Command): readonly string[] {
  const commands = command.commands ?? [];
  const width = Math.max(0, ...commands.map((one) => nameOf(one).length));
  const groups = [...new Set(commands.map((one) => one.group ?? 'Commands'))];
  return groups.map((group) => {
    const lines = commands
      .filter((one) => (one.group ?? 'Commands') === group)
      .map((one) => `  ${nameOf(one).padEnd(width)}   ${one.short}\n`);
    return `${group}:\n${lines.join('')}`;
  });
}

function shortOf(spec: FlagSpec): string {
  return spec.short === undefined ? '    ' : `-${spec.short}, `;
}

function placeholder(spec: FlagSpec): string {
  return spec.kind === 'bool' ? '' : ` <${spec.kind}>`;
}

function textOf(spec: FlagSpec): string {
  const silent = spec.initial === '' || spec.initial === 'false' || spec.initial === '0';
  return silent ? spec.usage : `${spec.usage} (unless given: ${spec.initial})`;
}
