// Owns parsing the subset of Helm's template language that our charts are written in: text, {{ pipelines }}, if / else if /
// else, range, with, define, comments and trim markers. Anything else is an error, so that a chart that renders here has
// nothing in it that this renderer would take for something else than Helm does.

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  /** `.a.b`, `$.a.b`, `$name.a`: where it starts, and the fields on the way. */
  | { readonly kind: 'path'; readonly start: string; readonly fields: readonly string[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

export interface Branch {
  readonly condition: Expression;
  readonly body: readonly Node[];
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly value: Expression }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly branches: readonly Branch[];
      readonly otherwise: readonly Node[];
    }
  | {
      readonly kind: 'with' | 'range';
      readonly names: readonly string[];
      readonly value: Expression;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

export interface Template {
  readonly body: readonly Node[];
  readonly definitions: ReadonlyMap<string, readonly Node[]>;
}

interface Piece {
  readonly kind: 'text' | 'action';
  readonly text: string;
}

export function parseTemplate(source: string): Template {
  const parser = new Parser(split(source));
  const body = parser.nodes();
  parser.expectEnd();
  return { body, definitions: parser.definitions };
}

/** Texts and actions, with white space next to trim markers taken away and comments left out. */
function split(source: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimNext = false;
  for (const match of source.matchAll(/\{\{(-?)\s*((?:"(?:[^"\\]|\\.)*"|[\s\S])*?)\s*(-?)\}\}/g)) {
    const [whole, trimBefore, action = '', trimAfter] = match;
    let text = source.slice(at, match.index);
    if (trimNext) text = text.trimStart();
    if (trimBefore === '-') text = text.trimEnd();
    pieces.push({ kind: 'text', text });
    if (!action.startsWith('/*')) pieces.push({ kind: 'action', text: action });
    trimNext = trimAfter === '-';
    at = match.index + whole.length;
  }
  const rest = source.slice(at);
  pieces.push({ kind: 'text', text: trimNext ? rest.trimStart() : rest });
  return pieces.filter(({ kind, text }) => kind === 'action' || text !== '');
}

class Parser {
  readonly #pieces: readonly Piece[];
  #at: number;
  readonly definitions: Map<string, readonly Node[]>;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.#at = 0;
    this.definitions = new Map();
  }

  expectEnd(): void {
    const piece = this.#pieces[this.#at];
    if (piece !== undefined) throw new Error(`{{ ${piece.text} }} closes nothing`);
  }

  /** Up to an `end` or `else`, which is left for the caller. */
  nodes(): readonly Node[] {
    const nodes: Node[] = [];
    for (;;) {
      const piece = this.#pieces[this.#at];
      if (piece === undefined) return nodes;
      if (piece.kind === 'action' && /^(?:end|else)\b/.test(piece.text)) return nodes;
      this.#at += 1;
      if (piece.kind === 'text') nodes.push({ kind: 'text', text: piece.text });
      else nodes.push(...this.#action(piece.text));
    }
  }

  #action(text: string): readonly Node[] {
    const [, word = '', rest = ''] = /^(if|with|range|define)\s+([\s\S]+)$/.exec(text) ?? [];
    if (word === 'define') {
      this.definitions.set(definitionName(rest), this.nodes());
      this.#end();
      return [];
    }
    if (word === 'if') return [this.#if(rest)];
    if (word === 'with' || word === 'range') return [this.#block(word, rest)];
    const [, name, value = ''] = /^\$(\w+)\s*:=\s*([\s\S]+)$/.exec(text) ?? [];
    if (name !== undefined) return [{ kind: 'assign', name, value: parseExpression(value) }];
    return [{ kind: 'print', value: parseExpression(text) }];
  }

  #if(first: string): Node {
    const branches: Branch[] = [{ condition: parseExpression(first), body: this.nodes() }];
    for (;;) {
      const [, condition] = /^else\s+if\s+([\s\S]+)$/.exec(this.#peek()) ?? [];
      if (condition === undefined) break;
      this.#at += 1;
      branches.push({ condition: parseExpression(condition), body: this.nodes() });
    }
    return { kind: 'if', branches, otherwise: this.#otherwise() };
  }

  #block(kind: 'with' | 'range', text: string): Node {
    const [, names = '', rest = text] = /^((?:\$\w+\s*,?\s*)+):=\s*([\s\S]+)$/.exec(text) ?? [];
    const body = this.nodes();
    return {
      kind,
      names: [...names.matchAll(/\$(\w+)/g)].map((match) => match[1] ?? ''),
      value: parseExpression(rest),
      body,
      otherwise: this.#otherwise(),
    };
  }

  #otherwise(): readonly Node[] {
    let nodes: readonly Node[] = [];
    if (this.#peek() === 'else') {
      this.#at += 1;
      nodes = this.nodes();
    }
    this.#end();
    return nodes;
  }

  #peek(): string {
    return this.#pieces[this.#at]?.text ?? '';
  }

  #end(): void {
    if (this.#peek() !== 'end') throw new Error(`expected {{ end }}, found {{ ${this.#peek()} }}`);
    this.#at += 1;
  }
}

function definitionName(text: string): string {
  const name: unknown = JSON.parse(text);
  if (typeof name !== 'string') throw new Error(`define needs a name, not ${text}`);
  return name;
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|-?\d+|\$?(?:\.?[A-Za-z_]\w*)(?:\.\w+)*|[$.|()])/y;

export function parseExpression(text: string): Expression {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw new Error(`cannot read "${text.slice(at)}" in {{ ${text} }}`);
    tokens.push(token);
  }
  const expression = pipeline(tokens);
  if (tokens.length > 0) throw new Error(`"${tokens.join(' ')}" is left over in {{ ${text} }}`);
  return expression;
}

/** Each command gets the value of the one before as its last argument. */
function pipeline(tokens: string[]): Expression {
  let value = command(tokens);
  while (tokens[0] === '|') {
    tokens.shift();
    const next = command(tokens);
    if (next.kind !== 'call') throw new Error('only a function can stand behind |');
    value = { ...next, args: [...next.args, value] };
  }
  return value;
}

function command(tokens: string[]): Expression {
  const first = tokens.shift();
  if (first === undefined) throw new Error('an expression is missing');
  if (!/^[A-Za-z_]\w*$/.test(first) || first === 'true' || first === 'false') {
    return operand(first, tokens);
  }
  const args: Expression[] = [];
  while (tokens.length > 0 && tokens[0] !== '|' && tokens[0] !== ')') {
    args.push(operand(tokens.shift() ?? '', tokens));
  }
  return { kind: 'call', name: first, args };
}

function operand(token: string, tokens: string[]): Expression {
  if (token === '(') {
    const value = pipeline(tokens);
    if (tokens.shift() !== ')') throw new Error('a ) is missing');
    return value;
  }
  if (token.startsWith('"')) return { kind: 'literal', value: String(JSON.parse(token)) };
  if (/^-?\d+$/.test(token)) return { kind: 'literal', value: Number(token) };
  if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' };
  if (!/^[$.]/.test(token)) throw new Error(`${token} is not a value`);
  const [start = '', ...fields] = token.split('.');
  return { kind: 'path', start, fields: fields.filter((field) => field !== '') };
}
