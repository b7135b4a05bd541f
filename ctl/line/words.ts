// Owns splitting a line that users type into words, some of them in quotes. etcd: Argify in etcdctl's util.go.
import { Exit, ExitError } from './exit-error.ts';

const WORD = /"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?/g;

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** Throws ExitError for a bad escape. */
export function words(line: string): readonly string[] {
  return (line.match(WORD) ?? []).map((word) => {
    if (word.startsWith("'")) return word.slice(1, -1);
    return word.startsWith('"') ? unquote(word) : word;
  });
}

/** The text of a Go string in double quotes or backquotes. Throws ExitError. */
export function unquote(text: string): string {
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return inner;
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gu,
    (_, x?: string, u?: string, upper?: string, octal?: string, letter?: string) => {
      const code = x ?? u ?? upper;
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const plain = ESCAPES[letter ?? ''];
      if (plain === undefined) throw new ExitError(Exit.invalidInput, 'invalid syntax');
      return plain;
    },
  );
}
