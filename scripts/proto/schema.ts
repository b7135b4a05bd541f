// Owns reading our own .proto files: one declaration per line, the few constructs they use, and the marks in
// trailing comments that choose the TypeScript side (@id, @always, @zero, @presence).

export interface Field {
  /** As in the .proto file. */
  readonly name: string;
  /** lowerCamelCase, acronyms as words. */
  readonly property: string;
  readonly number: number;
  readonly type: string;
  readonly repeated: boolean;
  readonly oneof: string | undefined;
  readonly marks: ReadonlySet<string>;
}

export interface Message {
  readonly kind: 'message';
  readonly name: string;
  readonly fields: Field[];
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly values: [name: string, value: number][];
}

export interface Schema {
  readonly file: string;
  readonly syntax: 'proto2' | 'proto3';
  readonly imports: string[];
  readonly types: (Message | EnumType)[];
}

const FIELD = /^(optional |repeated )?([\w.]+) (\w+) = (\d+);(?:\s*\/\/\s*(.*))?$/;

/** lowerCamelCase of a .proto name; acronyms become words: grantedTTL -> grantedTtl, member_ID -> memberId. */
export function propertyName(name: string): string {
  const words = name.split(/_|(?<=[a-z0-9])(?=[A-Z])/).map((word) => word.toLowerCase());
  return words.map((word, i) => (i === 0 ? word : capitalised(word))).join('');
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

interface Scope {
  readonly kind: 'message' | 'enum' | 'oneof' | 'service';
  readonly name: string;
}

/** Parses one file; throws with the line on anything it does not know. */
export function parseSchema(file: string, text: string): Schema {
  let syntax: Schema['syntax'] = 'proto3';
  const imports: string[] = [];
  const types: (Message | EnumType)[] = [];
  const scopes: Scope[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const scope = scopes.at(-1);
    if (line === '' || line.startsWith('//') || line.startsWith('package ')) continue;
    if (line === '}') {
      scopes.pop();
    } else if (scope?.kind === 'service') {
      if (!line.startsWith('rpc ')) throw new Error(`${file}: ${line}`);
    } else if (line.startsWith('syntax = ')) {
      syntax = line.includes('proto2') ? 'proto2' : 'proto3';
    } else if (line.startsWith('import ')) {
      imports.push(line.slice('import "'.length, -'";'.length));
    } else if (line.endsWith('{')) {
      scopes.push(openScope(file, line, scopes, types));
    } else {
      addMember(file, line, scope, types);
    }
  }
  if (scopes.length > 0) throw new Error(`${file}: unclosed ${scopes.at(-1)?.name}`);
  return { file, syntax, imports, types };
}

function openScope(
  file: string,
  line: string,
  scopes: readonly Scope[],
  types: (Message | EnumType)[],
): Scope {
  const match = /^(message|enum|oneof|service) (\w+) \{$/.exec(line);
  const kind = match?.[1] as Scope['kind'] | undefined;
  const short = match?.[2];
  if (kind === undefined || short === undefined) throw new Error(`${file}: ${line}`);
  // A nested enum called just "Type" borrows the name of its message.
  const name = short === 'Type' ? `${scopes.at(-1)?.name ?? ''}Type` : short;
  if (kind === 'message') types.push({ kind, name, fields: [] });
  if (kind === 'enum') types.push({ kind, name, values: [] });
  return kind === 'oneof' ? { kind, name: `${scopes.at(-1)?.name}/${name}` } : { kind, name };
}

function addMember(
  file: string,
  line: string,
  scope: Scope | undefined,
  types: (Message | EnumType)[],
): void {
  const owner = types.find((type) => type.name === scope?.name.split('/')[0]);
  if (owner?.kind === 'enum') {
    const match = /^(\w+) = (\d+);$/.exec(line);
    if (match === null) throw new Error(`${file}: ${line}`);
    owner.values.push([propertyName(match[1] ?? ''), Number(match[2])]);
    return;
  }
  const match = FIELD.exec(line);
  if (owner === undefined || match === null) throw new Error(`${file}: ${line}`);
  const [, label, type = '', name = '', number, comment = ''] = match;
  const short = type.slice(type.lastIndexOf('.') + 1);
  owner.fields.push({
    name,
    property: propertyName(name),
    number: Number(number),
    type: short === 'Type' ? `${owner.name}Type` : short,
    repeated: label === 'repeated ',
    oneof: scope?.kind === 'oneof' ? scope.name : undefined,
    marks: new Set(comment.match(/@\w+/g) ?? []),
  });
}
