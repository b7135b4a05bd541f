// Owns the flags of a command line: their table, and reading them wherever they stand, as users of Go's pflag are used to.
// Messages are pflag's: people search for them.
import { DurationError, formatDurationNs, parseDurationNs } from '../../server/base/duration.ts';
import { NumberError, parseBool, parseInt64, parseUint64 } from './go-number.ts';

export type FlagKind = 'text' | 'bool' | 'int' | 'uint' | 'duration' | 'list';

type FlagValue = string | boolean | number | readonly string[];

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  readonly kind: FlagKind;
  /** In the flag's own notation. */
  readonly initial: string;
  readonly usage: string;
}

interface Flag {
  readonly spec: FlagSpec;
  value: FlagValue;
  changed: boolean;
}

/** A command line that does not fit the flags. */
export class FlagError extends Error {
  override readonly name: string = 'FlagError';
}

/** The values of one command line. */
export class FlagSet {
  readonly #flags: Map<string, Flag>;
  readonly #byShort: Map<string, Flag>;

  constructor(specs: readonly FlagSpec[]) {
    this.#flags = new Map();
    this.#byShort = new Map();
    for (const spec of specs) {
      const flag = { spec, value: parseValue(spec.kind, spec.initial), changed: false };
      this.#flags.set(spec.name, flag);
      if (spec.short !== undefined) this.#byShort.set(spec.short, flag);
    }
  }

  get specs(): readonly FlagSpec[] {
    return [...this.#flags.values()].map((flag) => flag.spec);
  }

  text(name: string): string {
    const { value } = this.#flag(name);
    return typeof value === 'string' ? value : mismatch(name);
  }

  bool(name: string): boolean {
    const { value } = this.#flag(name);
    return typeof value === 'boolean' ? value : mismatch(name);
  }

  int(name: string): number {
    const { value } = this.#flag(name);
    return typeof value === 'number' ? value : mismatch(name);
  }

  durationMs(name: string): number {
    return this.int(name) / 1e6;
  }

  list(name: string): readonly string[] {
    const { value } = this.#flag(name);
    return typeof value === 'object' ? value : mismatch(name);
  }

  /** True when the user gave the flag. */
  changed(name: string): boolean {
    return this.#flag(name).changed;
  }

  /** The value as one would write it. */
  shown(name: string): string {
    const { spec, value } = this.#flag(name);
    if (typeof value === 'object') return `[${value.join(',')}]`;
    return spec.kind === 'duration' ? formatDurationNs(Number(value)) : String(value);
  }

  /** Sets a flag from elsewhere. Throws FlagError. */
  set(name: string, text: string): void {
    assign(this.#flag(name), text);
  }

  /** True when the flag, as written, takes the next argument for its value. Unknown long flags are taken to do so. */
  takesNext(argument: string): boolean {
    if (argument.startsWith('--')) {
      if (argument.includes('=')) return false;
      const flag = this.#flags.get(argument.slice(2));
      return flag === undefined || flag.spec.kind !== 'bool';
    }
    if (argument.includes('=') || argument.length !== 2) return false;
    const flag = this.#byShort.get(argument.slice(1));
    return flag !== undefined && flag.spec.kind !== 'bool';
  }

  /** Reads flags and returns what is not one; after "--" nothing is. Throws FlagError. */
  parse(args: readonly string[]): readonly string[] {
    const rest: string[] = [];
    let i = 0;
    while (i < args.length) {
      const argument = args[i] ?? '';
      i++;
      if (argument === '--') {
        rest.push(...args.slice(i));
        break;
      }
      if (argument.startsWith('--')) i += this.#parseLong(argument, args[i]);
      else if (argument.startsWith('-') && argument !== '-') {
        i += this.#parseShort(argument, args[i]);
      } else rest.push(argument);
    }
    return rest;
  }

  /** Returns how many further arguments were used. */
  #parseLong(argument: string, next: string | undefined): number {
    const [name = '', ...values] = argument.slice(2).split('=');
    if (name === '' || name.startsWith('-')) throw new FlagError(`bad flag syntax: ${argument}`);
    const flag = this.#flags.get(name);
    if (flag === undefined) throw new FlagError(`unknown flag: --${name}`);
    if (values.length > 0) {
      assign(flag, values.join('='));
      return 0;
    }
    if (flag.spec.kind === 'bool') {
      assign(flag, 'true');
      return 0;
    }
    if (next === undefined) throw new FlagError(`flag needs an argument: --${name}`);
    assign(flag, next);
    return 1;
  }

  /** One or several letters; the rest after a letter that needs a value is its value. */
  #parseShort(argument: string, next: string | undefined): number {
    for (let i = 1; i < argument.length; i++) {
      const letter = argument.charAt(i);
      const flag = this.#byShort.get(letter);
      if (flag === undefined) {
        throw new FlagError(`unknown shorthand flag: '${letter}' in -${argument.slice(i)}`);
      }
      const rest = argument.slice(i + 1);
      if (rest.startsWith('=')) {
        assign(flag, rest.slice(1));
        return 0;
      }
      if (flag.spec.kind === 'bool') {
        assign(flag, 'true');
        continue;
      }
      if (rest === '' && next === undefined) {
        throw new FlagError(`flag needs an argument: '${letter}' in -${argument.slice(i)}`);
      }
      assign(flag, rest === '' ? (next ?? '') : rest);
      return rest === '' ? 1 : 0;
    }
    return 0;
  }

  #flag(name: string): Flag {
    return this.#flags.get(name) ?? mismatch(name);
  }
}

function assign(flag: Flag, text: string): void {
  const { spec } = flag;
  try {
    const value = parseValue(spec.kind, text);
    const again = flag.changed && typeof flag.value === 'object' && typeof value === 'object';
    flag.value = again ? [...listOf(flag.value), ...listOf(value)] : value;
    flag.changed = true;
  } catch (error) {
    if (!(error instanceof NumberError || error instanceof DurationError)) throw error;
    const name = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
    const quoted = JSON.stringify(text);
    throw new FlagError(`invalid argument ${quoted} for "${name}" flag: ${error.message}`, {
      cause: error,
    });
  }
}

function parseValue(kind: FlagKind, text: string): FlagValue {
  switch (kind) {
    case 'text':
      return text;
    case 'bool':
      return parseBool(text);
    case 'int':
      return Number(parseInt64(text, 0));
    case 'uint':
      return Number(parseUint64(text, 0));
    case 'duration':
      return parseDurationNs(text);
    case 'list':
      return text === '' ? [] : text.split(',');
  }
}

function listOf(value: FlagValue): readonly string[] {
  return typeof value === 'object' ? value : [];
}

function mismatch(name: string): never {
  throw new Error(`no flag --${name} of this kind`);
}
