// Owns rendering of what template.ts parses, stricter than Helm where Helm would print something nobody meant: a value that
// does not exist is an error here, not an empty string.
import { dump } from 'js-yaml';
import { type Expression, type Node, parseTemplate, type Template } from './template.ts';

type Scope = ReadonlyMap<string, unknown>;

interface Context {
  readonly dot: unknown;
  /** Variables; "" is `$`, the dot the template was entered with. */
  readonly scope: Scope;
}

/** Go prints whole numbers of this size and more as 1e+06. */
const PRINTED_NUMBER_MAX = 1_000_000;

export class Renderer {
  readonly #definitions: Map<string, readonly Node[]>;
  readonly #templates: ReadonlyMap<string, Template>;

  /** `sources` by file name; definitions of any of them are known to all. */
  constructor(sources: ReadonlyMap<string, string>) {
    const templates = [...sources].map(([name, source]) => [name, parse(name, source)] as const);
    this.#templates = new Map(templates);
    this.#definitions = new Map(templates.flatMap(([, { definitions }]) => [...definitions]));
  }

  render(name: string, dot: unknown): string {
    const template = this.#templates.get(name);
    if (template === undefined) throw new Error(`there is no template ${name}`);
    try {
      return this.#nodes(template.body, { dot, scope: new Map([['', dot]]) });
    } catch (error) {
      throw new Error(`${name}: ${error instanceof Error ? error.message : ''}`, { cause: error });
    }
  }

  #nodes(nodes: readonly Node[], { dot, scope: outer }: Context): string {
    let output = '';
    // Variables live to the end of the block they are made in.
    const scope = new Map(outer);
    const context = { dot, scope };
    for (const node of nodes) {
      switch (node.kind) {
        case 'text':
          output += node.text;
          break;
        case 'print':
          output += printed(this.#value(node.value, context));
          break;
        case 'assign':
          scope.set(node.name, this.#value(node.value, context));
          break;
        case 'if': {
          const branch = node.branches.find(({ condition }) =>
            isTrue(this.#value(condition, context)),
          );
          output += this.#nodes(branch?.body ?? node.otherwise, context);
          break;
        }
        case 'with':
        case 'range':
          output += this.#block(node, context);
          break;
      }
    }
    return output;
  }

  #block(node: Extract<Node, { kind: 'with' | 'range' }>, context: Context): string {
    const value = this.#value(node.value, context);
    if (!isTrue(value)) return this.#nodes(node.otherwise, context);
    const items: readonly (readonly [unknown, unknown])[] =
      node.kind === 'with' ? [['', value]] : itemsOf(value);
    return items
      .map(([key, item]) => {
        // One name stands for the item, two for key and item.
        const values = node.names.length === 2 ? [key, item] : [item];
        const named = node.names.map((name, index) => [name, values[index]] as const);
        return this.#nodes(node.body, { dot: item, scope: new Map([...context.scope, ...named]) });
      })
      .join('');
  }

  #value(expression: Expression, context: Context): unknown {
    switch (expression.kind) {
      case 'literal':
        return expression.value;
      case 'path':
        return this.#path(expression, context);
      case 'call':
        return this.#call(expression.name, expression.args, context);
    }
  }

  #path(
    { start, fields }: Extract<Expression, { kind: 'path' }>,
    { dot, scope }: Context,
  ): unknown {
    const variable = start.slice(1);
    if (start !== '' && !scope.has(variable)) throw new Error(`${start} is not defined`);
    let value = start === '' ? dot : scope.get(variable);
    for (const field of fields) {
      if (!isRecord(value) || !Object.hasOwn(value, field)) {
        throw new Error(`${start}.${fields.join('.')} does not exist`);
      }
      value = value[field];
    }
    return value;
  }

  #call(name: string, args: readonly Expression[], context: Context): unknown {
    // Go evaluates no more of these than it needs.
    if (name === 'and' || name === 'or') {
      let value: unknown;
      for (const arg of args) {
        value = this.#value(arg, context);
        if (isTrue(value) === (name === 'or')) break;
      }
      return value;
    }
    const values = args.map((arg) => this.#value(arg, context));
    if (name === 'include') return this.#include(values);
    const pure = FUNCTIONS[name];
    if (pure === undefined) throw new Error(`the function ${name} is not in our subset`);
    return pure(...values);
  }

  #include([name, dot]: readonly unknown[]): string {
    const nodes = this.#definitions.get(String(name));
    if (nodes === undefined) throw new Error(`nothing defines ${String(name)}`);
    return this.#nodes(nodes, { dot, scope: new Map([['', dot]]) });
  }
}

const FUNCTIONS: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {
  not: (value) => !isTrue(value),
  eq: (a, b) => {
    if (typeof a !== typeof b) throw new Error('eq compares values of one type');
    return a === b;
  },
  default: (fallback, value) => (isTrue(value) ? value : fallback),
  quote: (value) => JSON.stringify(printed(value)),
  toYaml: (value) =>
    dump(value, { sortKeys: true, noRefs: true, lineWidth: -1, seqNoIndent: true }).trimEnd(),
  nindent: (spaces, text) => {
    const margin = ' '.repeat(Number(spaces));
    return `\n${String(text)
      .split('\n')
      .map((line) => margin + line)
      .join('\n')}`;
  },
  trunc: (length, text) => String(text).slice(0, Number(length)),
  trimSuffix: (suffix, text) => {
    const whole = String(text);
    const end = String(suffix);
    return end !== '' && whole.endsWith(end) ? whole.slice(0, -end.length) : whole;
  },
};

function parse(name: string, source: string): Template {
  try {
    return parseTemplate(source);
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : ''}`, { cause: error });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Go walks maps in the order of their keys. */
function itemsOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const);
  if (isRecord(value)) return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  throw new Error('range needs a list or a map');
}

function printed(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Math.abs(value) < PRINTED_NUMBER_MAX) return String(value);
  throw new Error(`${JSON.stringify(value)} cannot be printed: use toYaml or quote`);
}
