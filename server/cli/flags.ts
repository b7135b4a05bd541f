// Owns reading a command line as Go's flag package reads it: one dash or two, "=" or the next argument, booleans
// alone, and its words for what is wrong. Neither reads the environment nor decides what the values mean.
import { FLAGS, type Flag, type FlagValue, FlagValueError, parseFlagValue } from './flag-values.ts';

export type CommandLine =
  | {
      readonly kind: 'flags';
      readonly values: ReadonlyMap<string, FlagValue>;
      /** What follows the flags; etcd takes nothing there. */
      readonly rest: readonly string[];
    }
  | { readonly kind: 'help' }
  /** The message goes before the usage. */
  | { readonly kind: 'error'; readonly message: string };

/** Parses the arguments after the program's name. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const values = new Map<string, FlagValue>();
  let next = 0;
  while (next < args.length) {
    const argument = args[next] ?? '';
    if (argument.length < 2 || !argument.startsWith('-')) break;
    next++;
    if (argument === '--') break;
    const body = argument.slice(argument.startsWith('--') ? 2 : 1);
    if (body === '' || body.startsWith('-') || body.startsWith('=')) {
      return { kind: 'error', message: `bad flag syntax: ${argument}` };
    }
    const separator = body.indexOf('=');
    const name = separator < 0 ? body : body.slice(0, separator);
    const flag = FLAGS.get(name);
    if (flag === undefined || flag.options.fileOnly === true) {
      if (name === 'help' || name === 'h') return { kind: 'help' };
      return { kind: 'error', message: `flag provided but not defined: -${name}` };
    }
    let text = separator < 0 ? undefined : body.slice(separator + 1);
    if (text === undefined && !standsAlone(flag)) {
      text = args[next];
      if (text === undefined) {
        return { kind: 'error', message: `flag needs an argument: -${name}` };
      }
      next++;
    }
    const value = readValue(flag, text);
    if (value.kind === 'error') return value;
    values.set(name, value.value);
  }
  return { kind: 'flags', values, rest: args.slice(next) };
}

/** True for flags that take a value only after "=". */
function standsAlone(flag: Flag): boolean {
  return flag.kind === 'bool' || flag.kind === 'void';
}

type ReadValue =
  | { readonly kind: 'value'; readonly value: FlagValue }
  | { readonly kind: 'error'; readonly message: string };

function readValue(flag: Flag, text: string | undefined): ReadValue {
  try {
    return { kind: 'value', value: parseFlagValue(flag, text ?? 'true') };
  } catch (error) {
    if (!(error instanceof FlagValueError)) throw error;
    const message =
      flag.kind === 'bool'
        ? `invalid boolean value "${text}" for -${flag.name}: ${error.message}`
        : `invalid value "${text}" for flag -${flag.name}: ${error.message}`;
    return { kind: 'error', message };
  }
}
