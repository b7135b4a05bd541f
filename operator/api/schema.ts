// Owns structural schemas as data: small constructors that make a field without a description impossible, and the check
// of a value against a schema, for the operator's own validation.

export interface CelRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-list-type'?: 'map' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly CelRule[];
}

type Extra = Omit<Schema, 'type' | 'description' | 'properties' | 'items'>;

export function text(description: string, extra: Extra = {}): Schema {
  // A length for every string keeps the cost of CEL rules within the API server's budget.
  const bounded = extra.enum === undefined && extra.maxLength === undefined;
  return { type: 'string', description, ...(bounded ? { maxLength: 253 } : {}), ...extra };
}

export function whole(description: string, extra: Extra = {}): Schema {
  return { type: 'integer', description, ...extra };
}

export function flag(description: string, extra: Extra = {}): Schema {
  return { type: 'boolean', description, ...extra };
}

export function record(
  description: string,
  properties: Readonly<Record<string, Schema>>,
  extra: Extra = {},
): Schema {
  return { type: 'object', description, properties, ...extra };
}

/** A list that is replaced as a whole. */
export function list(description: string, items: Schema, maxItems: number): Schema {
  return { type: 'array', description, items, maxItems, 'x-kubernetes-list-type': 'atomic' };
}

/** A list whose items have a key, so that several writers can own items of it. */
export function keyedList(
  description: string,
  items: Schema,
  { key, maxItems }: { readonly key: string; readonly maxItems: number },
): Schema {
  return {
    type: 'array',
    description,
    items,
    maxItems,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [key],
  };
}

export function stringMap(description: string): Schema {
  return {
    type: 'object',
    description,
    additionalProperties: { type: 'string', maxLength: 4096 },
    maxProperties: 64,
  };
}

/** Kubernetes' own types, handed on to the Pod, where the API server checks them. */
export function passedOn(description: string): Schema {
  return { type: 'object', description, 'x-kubernetes-preserve-unknown-fields': true };
}

export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** Problems of a value with its schema; none for a value that is not there. */
export function checkSchema(schema: Schema, value: unknown, path: string): readonly Problem[] {
  if (value === undefined) return [];
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' ? checkText(schema, value, path) : [wrongType(schema, path)];
    case 'integer':
      return Number.isInteger(value)
        ? checkWhole(schema, Number(value), path)
        : [wrongType(schema, path)];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [wrongType(schema, path)];
    case 'array':
      return Array.isArray(value) ? checkList(schema, value, path) : [wrongType(schema, path)];
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? checkRecord(schema, value, path)
        : [wrongType(schema, path)];
    default:
      return [];
  }
}

function checkText(schema: Schema, value: string, path: string): readonly Problem[] {
  const problems: Problem[] = [];
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    problems.push({ path, message: `must be one of ${schema.enum.join(', ')}` });
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    problems.push({ path, message: `must match ${schema.pattern}` });
  }
  if (value.length > (schema.maxLength ?? value.length)) {
    problems.push({ path, message: `must have at most ${schema.maxLength} characters` });
  }
  if (value.length < (schema.minLength ?? 0)) {
    problems.push({ path, message: `must have at least ${schema.minLength} characters` });
  }
  return problems;
}

function checkWhole(schema: Schema, value: number, path: string): readonly Problem[] {
  const problems: Problem[] = [];
  if (value < (schema.minimum ?? value)) {
    problems.push({ path, message: `must be at least ${schema.minimum}` });
  }
  if (value > (schema.maximum ?? value)) {
    problems.push({ path, message: `must be at most ${schema.maximum}` });
  }
  return problems;
}

function checkList(schema: Schema, value: readonly unknown[], path: string): readonly Problem[] {
  const { items, maxItems = value.length } = schema;
  const tooLong =
    value.length > maxItems ? [{ path, message: `must have at most ${maxItems} items` }] : [];
  const inner = value.flatMap((item, index) =>
    items === undefined ? [] : checkSchema(items, item, `${path}[${index}]`),
  );
  return [...tooLong, ...inner];
}

function checkRecord(schema: Schema, value: object, path: string): readonly Problem[] {
  const problems: Problem[] = [];
  const fields = new Map<string, unknown>(Object.entries(value));
  for (const name of schema.required ?? []) {
    if (!fields.has(name)) problems.push({ path: `${path}.${name}`, message: 'is required' });
  }
  for (const [name, field] of fields) {
    const inner = schema.properties?.[name] ?? schema.additionalProperties;
    if (inner !== undefined) problems.push(...checkSchema(inner, field, `${path}.${name}`));
  }
  return problems;
}

function wrongType(schema: Schema, path: string): Problem {
  return { path, message: `must be of type ${schema.type}` };
}
