// Owns checking values with values.schema.json, as Helm does before it renders: the part of JSON Schema (draft 7) that our
// schemas use. A keyword it does not know is an error, not ignored.

export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
}

type Check = (schema: JsonSchema, value: unknown) => boolean;

const NOTES: ReadonlySet<string> = new Set(['$schema', 'title', 'description', 'default']);

const CHECKS: Readonly<Record<string, Check>> = {
  type: ({ type }, value) => [type ?? []].flat().some((name) => isOfType(value, name)),
  enum: (schema, value) => schema.enum?.includes(value) === true,
  pattern: ({ pattern = '' }, value) =>
    typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
  minLength: ({ minLength = 0 }, value) => typeof value !== 'string' || value.length >= minLength,
  maxLength: ({ maxLength = 0 }, value) => typeof value !== 'string' || value.length <= maxLength,
  minimum: ({ minimum = 0 }, value) => typeof value !== 'number' || value >= minimum,
  maximum: ({ maximum = 0 }, value) => typeof value !== 'number' || value <= maximum,
  maxItems: ({ maxItems = 0 }, value) => !Array.isArray(value) || value.length <= maxItems,
  maxProperties: ({ maxProperties = 0 }, value) =>
    !isRecord(value) || Object.keys(value).length <= maxProperties,
  required: ({ required = [] }, value) =>
    !isRecord(value) || required.every((name) => Object.hasOwn(value, name)),
};

/** What is wrong, as "path: keyword"; nothing when all is well. */
export function schemaProblems(schema: JsonSchema, value: unknown, path = ''): readonly string[] {
  const problems: string[] = [];
  for (const keyword of Object.keys(schema)) {
    if (NOTES.has(keyword) || /^(?:properties|additionalProperties|items)$/.test(keyword)) continue;
    const check = CHECKS[keyword];
    if (check === undefined) throw new Error(`${path}: the keyword ${keyword} is not known`);
    if (!check(schema, value)) problems.push(`${path === '' ? '.' : path}: ${keyword}`);
  }
  if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema;
    problems.push(...value.flatMap((item, i) => schemaProblems(items, item, `${path}[${i}]`)));
  }
  if (!isRecord(value)) return problems;
  for (const [name, field] of Object.entries(value)) {
    const inner = schema.properties?.[name] ?? schema.additionalProperties ?? true;
    const place = `${path}.${name}`;
    if (inner === false) problems.push(`${place}: additionalProperties`);
    else if (inner !== true) problems.push(...schemaProblems(inner, field, place));
  }
  return problems;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'object':
      return isRecord(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}
