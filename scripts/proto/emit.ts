// Owns turning a schema into TypeScript: interfaces, and functions that read and write them without any table or
// reflection at run time, because both are what the optimizer of the engine understands best.
import type { EnumType, Field, Message, Schema } from './schema.ts';

interface Scalar {
  readonly ts: string;
  readonly zero: string;
  /** Method of Reader. */
  readonly read: string;
  /** Suffix of size* and write* in writer.ts. */
  readonly codec: string;
  readonly wire: 0 | 2;
}

const SCALARS: Readonly<Record<string, Scalar>> = {
  int64: { ts: 'number', zero: '0', read: 'int64', codec: 'Int64', wire: 0 },
  uint64: { ts: 'number', zero: '0', read: 'uint64', codec: 'Uint64', wire: 0 },
  'int64@id': { ts: 'bigint', zero: '0n', read: 'int64Id', codec: 'Id', wire: 0 },
  'uint64@id': { ts: 'bigint', zero: '0n', read: 'uint64Id', codec: 'Id', wire: 0 },
  uint32: { ts: 'number', zero: '0', read: 'uint32', codec: 'Uint32', wire: 0 },
  enum: { ts: 'number', zero: '0', read: 'int32', codec: 'Int32', wire: 0 },
  bool: { ts: 'boolean', zero: 'false', read: 'bool', codec: 'Bool', wire: 0 },
  bytes: { ts: 'Uint8Array', zero: 'EMPTY_BYTES', read: 'view', codec: 'Bytes', wire: 2 },
  string: { ts: 'string', zero: "''", read: 'string', codec: 'String', wire: 2 },
};

/** One field with what the emitter has to know about its type; `scalar` undefined means a message. */
interface Slot {
  readonly field: Field;
  readonly scalar: Scalar | undefined;
  readonly tag: number;
}

type KindOf = (type: string) => 'message' | 'enum';

/** The TypeScript file of `schema`; `all` resolves the types it imports. */
export function emitFile(schema: Schema, all: readonly Schema[]): string {
  const kindOf: KindOf = (type) => {
    const found = all.flatMap((other) => other.types).find((other) => other.name === type);
    if (found === undefined) throw new Error(`${schema.file}: unknown type ${type}`);
    return found.kind;
  };
  let body = '';
  for (const type of schema.types) {
    body += type.kind === 'enum' ? emitEnum(type) : emitMessage(type, schema, kindOf);
  }
  const head =
    `// Made by scripts/gen-proto.ts from server/proto/${schema.file}. Do not edit: change the source and run\n` +
    '// `npm run gen:proto`.\n';
  return `${head}${emitImports(schema, all, body)}\n${body.trimEnd()}\n`;
}

function emitImports(schema: Schema, all: readonly Schema[], body: string): string {
  const used = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(body);
  let text = used('EMPTY_BYTES') ? "import { EMPTY_BYTES } from '../../base/bytes.ts';\n" : '';
  if (used('allocateBytes')) text += "import { allocateBytes } from '../../base/slab.ts';\n";
  if (used('Reader')) text += "import { DecodeError, Reader } from '../reader.ts';\n";
  const writers = new Set(
    body.match(/\b(size|write)(Int64|Uint64|Id|Uint32|Int32|Bytes|String)\b/g),
  );
  if (writers.size > 0) {
    text += `import {\n${[...writers]
      .sort()
      .map((name) => `  ${name},\n`)
      .join('')}} from '../writer.ts';\n`;
  }
  for (const file of schema.imports) {
    const imported = all.find((other) => other.file === file);
    const names: string[] = [];
    for (const type of imported?.types ?? []) {
      if (type.kind === 'enum') continue;
      const own = schema.types.some((other) => other.name === type.name);
      if (!own && used(type.name)) names.push(`type ${type.name}`);
      for (const verb of ['create', 'read', 'size', 'write']) {
        if (used(`${verb}${type.name}`) && !own) names.push(`${verb}${type.name}`);
      }
    }
    const list = names.map((name) => `  ${name},\n`).join('');
    if (names.length > 0) text += `import {\n${list}} from './${file.replace('.proto', '.ts')}';\n`;
  }
  return text;
}

function emitEnum(type: EnumType): string {
  const values = type.values.map(([name, value]) => `  ${name}: ${value},\n`).join('');
  return `export const ${type.name} = {\n${values}} as const;\n\n`;
}

function emitMessage(message: Message, schema: Schema, kindOf: KindOf): string {
  const slots = message.fields
    .map((field) => slotOf(field, kindOf))
    .sort((a, b) => a.field.number - b.field.number);
  const proto2 = schema.syntax === 'proto2';
  const shown = slots.filter((slot) => !slot.field.marks.has('@zero'));
  return (
    emitInterface(message.name, shown) +
    emitCreate(message.name, shown) +
    emitRead(message.name, shown) +
    emitDecode(message.name) +
    emitSize(message.name, slots, proto2) +
    emitWrite(message.name, slots, proto2) +
    emitEncode(message.name)
  );
}

function slotOf(field: Field, kindOf: KindOf): Slot {
  const id = field.marks.has('@id') ? '@id' : '';
  let scalar = SCALARS[field.type + id];
  if (scalar === undefined && kindOf(field.type) === 'enum') scalar = SCALARS['enum'];
  const wire = scalar === undefined ? 2 : scalar.wire;
  return { field, scalar, tag: field.number * 8 + wire };
}

function typeOf({ field, scalar }: Slot): string {
  const base = scalar === undefined ? field.type : scalar.ts;
  if (field.repeated) return `readonly ${base}[]`;
  return isOptional({ field, scalar }) ? `${base} | undefined` : base;
}

function isOptional({ field, scalar }: Pick<Slot, 'field' | 'scalar'>): boolean {
  if (field.repeated) return false;
  return field.marks.has('@presence') || (scalar === undefined && !field.marks.has('@always'));
}

function zeroOf(slot: Slot): string {
  if (slot.field.repeated) return '[]';
  if (isOptional(slot)) return 'undefined';
  return slot.scalar === undefined ? `create${slot.field.type}()` : slot.scalar.zero;
}

function emitInterface(name: string, slots: readonly Slot[]): string {
  if (slots.length === 0) return `export type ${name} = Readonly<Record<string, never>>;\n\n`;
  const lines = slots.map((slot) => `  readonly ${slot.field.property}: ${typeOf(slot)};\n`);
  return `export interface ${name} {\n${lines.join('')}}\n\n`;
}

function emitCreate(name: string, slots: readonly Slot[]): string {
  const head = `export function create${name}(partial: Partial<${name}> = {}): ${name} {\n`;
  if (slots.length === 0) return `${head}  return partial as ${name};\n}\n\n`;
  const lines = slots.map((slot) => {
    const { property } = slot.field;
    const zero = zeroOf(slot);
    return `    ${property}: partial.${property}${zero === 'undefined' ? '' : ` ?? ${zero}`},\n`;
  });
  return `${head}  return {\n${lines.join('')}  };\n}\n\n`;
}

function emitRead(name: string, slots: readonly Slot[]): string {
  let text = `/** Reads a message that ends at \`end\`. */\n`;
  text += `export function read${name}(r: Reader, end: number): ${name} {\n`;
  for (const slot of slots) text += `  ${declare(slot)}\n`;
  text += '  while (r.pos < end) {\n    const tag = r.tag();\n';
  if (slots.length === 0) {
    text += '    r.skip(tag);\n';
  } else {
    text += '    switch (tag) {\n';
    for (const slot of slots) text += readCase(slot, slots);
    text += '      default:\n        r.skip(tag);\n    }\n';
  }
  text += `  }\n  if (r.pos !== end) throw new DecodeError('${name}: field beyond the end');\n`;
  if (slots.length === 0) return `${text}  return {};\n}\n\n`;
  const properties = slots.map((slot) => {
    const { property, type, marks } = slot.field;
    return marks.has('@always') ? `${property}: ${property} ?? create${type}()` : property;
  });
  return `${text}  return { ${properties.join(', ')} };\n}\n\n`;
}

function declare(slot: Slot): string {
  const { property, type } = slot.field;
  if (slot.field.repeated) {
    return `const ${property}: ${slot.scalar === undefined ? type : slot.scalar.ts}[] = [];`;
  }
  if (isOptional(slot) || slot.field.marks.has('@always')) {
    return `let ${property}: ${slot.scalar?.ts ?? type} | undefined;`;
  }
  if (slot.scalar?.ts === 'Uint8Array') return `let ${property}: Uint8Array = EMPTY_BYTES;`;
  return `let ${property} = ${zeroOf(slot)};`;
}

function readCase(slot: Slot, slots: readonly Slot[]): string {
  const { field, scalar, tag } = slot;
  const { property } = field;
  let text = `      case ${tag}: {\n`;
  if (scalar === undefined) {
    const value = `read${field.type}(r, r.open())`;
    text += field.repeated
      ? `        ${property}.push(${value});\n`
      : `        ${property} = ${value};\n`;
    text += '        r.depth--;\n';
    // Of a oneof, the member that comes last counts.
    for (const other of slots) {
      if (field.oneof === undefined || other === slot || other.field.oneof !== field.oneof)
        continue;
      text += `        ${other.field.property} = undefined;\n`;
    }
  } else if (field.repeated) {
    text += `        ${property}.push(r.${scalar.read}());\n`;
  } else {
    text += `        ${property} = r.${scalar.read}();\n`;
  }
  text += '        break;\n      }\n';
  if (scalar === undefined || !field.repeated || scalar.wire === 2) return text;
  // Both the packed and the plain form of a list of numbers are to be accepted.
  return (
    `${text}      case ${field.number * 8 + 2}: {\n        const packedEnd = r.end();\n` +
    `        while (r.pos < packedEnd) ${property}.push(r.${scalar.read}());\n` +
    "        if (r.pos !== packedEnd) throw new DecodeError('packed field beyond its end');\n" +
    '        break;\n      }\n'
  );
}

function emitDecode(name: string): string {
  return (
    `export function decode${name}(\n  bytes: Uint8Array,\n  start: number = 0,\n` +
    `  end: number = bytes.length,\n): ${name} {\n` +
    `  return read${name}(new Reader(bytes, start, end), end);\n}\n\n`
  );
}

function emitEncode(name: string): string {
  return (
    `export function encode${name}(m: ${name}): Uint8Array {\n` +
    `  const out = allocateBytes(size${name}(m));\n  write${name}(m, out, 0);\n  return out;\n}\n\n`
  );
}

/** The condition under which a field is written, or undefined for always. */
function condition({ field, scalar }: Slot, proto2: boolean): string | undefined {
  if (field.marks.has('@always') || field.marks.has('@zero')) return undefined;
  if (isOptional({ field, scalar })) return `m.${field.property} !== undefined`;
  if (scalar?.ts === 'Uint8Array') return `m.${field.property}.length > 0`;
  if (proto2) return undefined;
  return scalar?.ts === 'boolean'
    ? `m.${field.property}`
    : `m.${field.property} !== ${scalar?.zero}`;
}

function tagSize(tag: number): number {
  return tag < 0x80 ? 1 : tag < 0x4000 ? 2 : 3;
}

/** An expression for the bytes of a scalar without its tag. */
function sizeOf(slot: Slot, value: string): string {
  return slot.scalar?.codec === 'Bool' ? '1' : `size${slot.scalar?.codec}(${value})`;
}

function emitSize(name: string, slots: readonly Slot[], proto2: boolean): string {
  if (slots.length === 0)
    return `export function size${name}(_m: ${name}): number {\n  return 0;\n}\n\n`;
  let text = `export function size${name}(m: ${name}): number {\n  let size = 0;\n`;
  for (const slot of slots) {
    const { property, repeated, marks } = slot.field;
    const bytes = tagSize(slot.tag);
    if (marks.has('@zero')) {
      text += `  size += ${bytes + 1};\n`;
      continue;
    }
    const value = repeated ? 'item' : `m.${property}`;
    const add =
      slot.scalar === undefined
        ? `{\n    const inner = size${slot.field.type}(${value});\n` +
          `    size += ${bytes} + sizeUint32(inner) + inner;\n  }`
        : `size += ${bytes} + ${sizeOf(slot, value)};`;
    const guard = repeated ? `for (const item of m.${property}) ` : guardOf(slot, proto2);
    text += `  ${guard}${add}\n`;
  }
  return `${text}  return size;\n}\n\n`;
}

function guardOf(slot: Slot, proto2: boolean): string {
  const test = condition(slot, proto2);
  return test === undefined ? '' : `if (${test}) `;
}

function emitWrite(name: string, slots: readonly Slot[], proto2: boolean): string {
  if (slots.length === 0) {
    return (
      `export function write${name}(_m: ${name}, _out: Uint8Array, offset: number): number {\n` +
      '  return offset;\n}\n\n'
    );
  }
  let text = `export function write${name}(m: ${name}, out: Uint8Array, offset: number): number {\n`;
  text += '  let o = offset;\n';
  for (const slot of slots) {
    const { property, repeated, marks } = slot.field;
    const value = repeated ? 'item' : `m.${property}`;
    const guard = repeated ? `for (const item of m.${property}) ` : guardOf(slot, proto2);
    const write = marks.has('@zero') ? '    out[o++] = 0;\n' : writeOf(slot, value);
    text += `  ${guard}{\n${writeTag(slot.tag)}${write}  }\n`;
  }
  return `${text}  return o;\n}\n\n`;
}

function writeTag(tag: number): string {
  let text = '';
  let rest = tag;
  while (rest >= 0x80) {
    text += `    out[o++] = ${(rest & 0x7f) | 0x80};\n`;
    rest >>>= 7;
  }
  return `${text}    out[o++] = ${rest};\n`;
}

function writeOf({ field, scalar }: Slot, value: string): string {
  if (scalar === undefined) {
    return (
      `    o = writeUint32(size${field.type}(${value}), out, o);\n` +
      `    o = write${field.type}(${value}, out, o);\n`
    );
  }
  if (scalar.codec === 'Bool') return `    out[o++] = ${value} ? 1 : 0;\n`;
  return `    o = write${scalar.codec}(${value}, out, o);\n`;
}
