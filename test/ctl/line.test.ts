// Goal: command lines are read as Go's pflag and cobra read them, with their words for mistakes. Method: flag sets and small
// command trees without any process. A failure means that a command line that works with etcdctl is refused or misread.
import { describe, expect, it } from 'vitest';
import { type Command, findCommand, nameOf, suggestions } from '../../ctl/line/command.ts';
import { setFromEnvironment, variableOf } from '../../ctl/line/environment.ts';
import { FlagSet, type FlagSpec } from '../../ctl/line/flag-set.ts';
import { parseBool, parseInt64, parseUint64 } from '../../ctl/line/go-number.ts';
import { unquote, words } from '../../ctl/line/words.ts';

const SPECS: readonly FlagSpec[] = [
  { name: 'endpoints', kind: 'list', initial: 'a,b', usage: '' },
  { name: 'write-out', short: 'w', kind: 'text', initial: 'simple', usage: '' },
  { name: 'prefix', short: 'p', kind: 'bool', initial: 'false', usage: '' },
  { name: 'limit', short: 'n', kind: 'int', initial: '0', usage: '' },
  { name: 'timeout', kind: 'duration', initial: '5s', usage: '' },
];

function parse(...args: readonly string[]): {
  readonly flags: FlagSet;
  readonly rest: readonly string[];
} {
  const flags = new FlagSet(SPECS);
  return { flags, rest: flags.parse(args) };
}

describe('flags', () => {
  it('stand anywhere, in every notation', () => {
    for (const args of [
      ['--write-out', 'json', 'k', '--prefix'],
      ['k', '--write-out=json', '--prefix=true'],
      ['-w', 'json', '-p', 'k'],
      ['-pw', 'json', 'k'],
      ['-w=json', 'k', '-p'],
      ['-pwjson', 'k'],
    ]) {
      const { flags, rest } = parse(...args);
      expect([flags.text('write-out'), flags.bool('prefix'), rest]).toEqual(['json', true, ['k']]);
    }
  });

  it('end at "--", and a lone dash is none', () => {
    expect(parse('a', '-', '--', '-p', '--').rest).toEqual(['a', '-', '-p', '--']);
  });

  it('have values of their kind', () => {
    const { flags } = parse(
      '--limit=0x10',
      '--timeout',
      '1m30s',
      '--endpoints',
      'x,y',
      '--endpoints=z',
    );
    expect([flags.int('limit'), flags.durationMs('timeout')]).toEqual([16, 90_000]);
    expect(flags.list('endpoints')).toEqual(['x', 'y', 'z']);
    expect(new FlagSet(SPECS).list('endpoints')).toEqual(['a', 'b']);
    expect([flags.changed('limit'), flags.changed('prefix')]).toEqual([true, false]);
  });

  it.each([
    [['--nope'], 'unknown flag: --nope'],
    [['-px'], "unknown shorthand flag: 'x' in -x"],
    [['--limit'], 'flag needs an argument: --limit'],
    [['-pw'], "flag needs an argument: 'w' in -w"],
    [['--=1'], 'bad flag syntax: --=1'],
    [
      ['-n', 'x'],
      'invalid argument "x" for "-n, --limit" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    [
      ['--prefix=x'],
      'invalid argument "x" for "-p, --prefix" flag: strconv.ParseBool: parsing "x": invalid syntax',
    ],
    [
      ['--timeout', '5'],
      'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"',
    ],
  ])('that are wrong are refused: %s', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});

describe('numbers', () => {
  it('are read in their base and range', () => {
    expect(parseInt64('-7', 10)).toBe(-7n);
    expect(parseInt64('7fffffffffffffff', 16)).toBe((1n << 63n) - 1n);
    expect(parseUint64('ffffffffffffffff', 16)).toBe((1n << 64n) - 1n);
    expect(['0b11', '0o17', '017', '1_000'].map((text) => parseInt64(text, 0))).toEqual([
      3n,
      15n,
      15n,
      1000n,
    ]);
    expect(parseBool('T')).toBe(true);
    expect(() => parseInt64('8000000000000000', 16)).toThrow('value out of range');
    expect(() => parseUint64('-1', 10)).toThrow('strconv.ParseUint: parsing "-1": invalid syntax');
    expect(() => parseInt64('', 10)).toThrow('strconv.ParseInt: parsing "": invalid syntax');
  });
});

describe('commands', () => {
  const run = (): Promise<void> => Promise.resolve();
  const program: Command = {
    use: 'tool',
    short: '',
    sharedFlags: SPECS,
    commands: [
      { use: 'get <key>', short: '', run },
      { use: 'lease', short: '', commands: [{ use: 'list', short: '', run }] },
      { use: 'lock <name>', short: '', run },
    ],
  };
  const found = (...args: readonly string[]): readonly unknown[] => {
    const { path, rest, unknown } = findCommand(program, args);
    return [path.map(nameOf).join(' '), rest, unknown];
  };

  it('are found behind flags, and by the beginning of their names', () => {
    expect(found('-w', 'json', 'get', '-p', 'k')).toEqual([
      'tool get',
      ['-w', 'json', '-p', 'k'],
      undefined,
    ]);
    expect(found('ge', 'get')).toEqual(['tool get', ['get'], undefined]);
    expect(found('lease', '-w=json', 'li')).toEqual(['tool lease list', ['-w=json'], undefined]);
    expect(found('l')).toEqual(['tool', ['l'], 'l']);
    expect(found('--', 'get')).toEqual(['tool', ['--', 'get'], undefined]);
  });

  it('are suggested for words that are near', () => {
    expect(suggestions(program, 'gte')).toEqual(['get']);
    expect(suggestions(program, 'l')).toEqual(['lease', 'lock']);
  });
});

describe('the environment', () => {
  it('sets flags, but not those of the command line', () => {
    const { flags } = parse('--limit=1');
    const environment = { TOOL_WRITE_OUT: 'json', TOOL_TIMEOUT: 'nonsense', TOOL_PREFIX: '' };
    const names = SPECS.map((spec) => spec.name);
    setFromEnvironment(flags, { prefix: 'TOOL', names, environment, known: [] });
    expect([flags.text('write-out'), flags.durationMs('timeout')]).toEqual(['json', 5000]);
    expect(variableOf('TOOL', 'write-out')).toBe('TOOL_WRITE_OUT');
  });
});

describe('words', () => {
  it('are split like a shell would, with quotes', () => {
    expect(words(`put "a b" 'c d' e"f --flag=1`)).toEqual(['put', 'a b', 'c d', 'e"f', '--flag=1']);
    expect(words('  ')).toEqual([]);
    expect(unquote('"\\x41\\u00e4\\n\\"\\101"')).toBe('Aä\n"A');
    expect(unquote('`a\\n`')).toBe('a\\n');
    expect(() => unquote('"\\q"')).toThrow('invalid syntax');
  });
});
