// Owns running a program: finding the command, reading its flags, and turning what goes wrong into text and exit code.
import { Group } from '../groups.ts';
import {
  type Command,
  type FoundCommand,
  findCommand,
  flagSetOf,
  inheritedFlags,
  nameOf,
  suggestions,
} from './command.ts';
import { Exit, ExitError, SilentExit } from './exit-error.ts';
import { FlagError, type FlagSet } from './flag-set.ts';
import { flushOutput, writeError, writeOut } from './terminal.ts';
import { helpText, usageText } from './usage.ts';

/** Runs the program and ends the process with its exit code. */
export async function runProgram(program: Command, args: readonly string[]): Promise<never> {
  // Node's advice to programmers is nothing for users: the transport names IP addresses in TLS, which it warns of.
  process.noDeprecation = true;
  const withHelp = { ...program, commands: [...(program.commands ?? []), helpCommand(program)] };
  const exitCode = await exitCodeOf(() => runCommandLine(withHelp, args));
  await flushOutput();
  process.exit(exitCode);
}

function helpCommand(program: Command): Command {
  return {
    use: 'help [command]',
    short: 'Tells about a command',
    group: Group.utility,
    run: ({ args }) => {
      writeOut(helpText(findCommand(program, args).path));
      return Promise.resolve();
    },
  };
}

async function exitCodeOf(run: () => Promise<void>): Promise<number> {
  try {
    await run();
    return Exit.success;
  } catch (error) {
    if (error instanceof SilentExit) return error.exitCode;
    writeError(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof ExitError ? error.exitCode : Exit.error;
  }
}

async function runCommandLine(program: Command, args: readonly string[]): Promise<void> {
  const found = findCommand(program, args);
  const { path, command } = found;
  if (found.unknown !== undefined && path.length === 1)
    throw unknownCommand(program, found.unknown);
  const flags = flagSetOf(path);
  const rest = parseFlags(flags, found);
  if (flags.bool('help') || command.run === undefined) {
    writeOut(helpText(path));
    return;
  }
  const inherited = inheritedFlags(path).map((spec) => spec.name);
  await command.run({ flags, args: rest, commandLine: args, inherited });
}

function parseFlags(flags: FlagSet, found: FoundCommand): readonly string[] {
  try {
    return flags.parse(found.rest);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    writeError(`Error: ${error.message}\n${usageText(found.path)}\n`);
    throw new SilentExit(Exit.error);
  }
}

function unknownCommand(program: Command, word: string): ExitError {
  const near = suggestions(program, word);
  const hint = near.length === 0 ? '' : `\n\nDid you mean this?\n\t${near.join('\n\t')}\n`;
  const name = nameOf(program);
  const text = `unknown command "${word}" for "${name}"${hint}\nRun '${name} --help' for usage.`;
  return new ExitError(Exit.error, text);
}
