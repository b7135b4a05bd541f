// Goal: values are checked as Helm's JSON Schema check does, for the keywords we use. Method: small schemas. A failure means
// that charts accept here what Helm refuses, or the other way round.
import { expect, it } from 'vitest';
import { type JsonSchema, schemaProblems } from '../../scripts/charts/json-schema.ts';

const SCHEMA: JsonSchema = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 3 },
    count: { type: 'integer', minimum: 1, maximum: 2 },
    mode: { type: ['string', 'null'], enum: ['on', 'off', null] },
    list: { type: 'array', maxItems: 1, items: { type: 'boolean' } },
    map: { type: 'object', maxProperties: 1, additionalProperties: { type: 'string' } },
    open: { type: 'object' },
  },
};

it.each([
  [{ name: 'ab', count: 2, mode: null, list: [true], map: { a: 'b' }, open: { x: [] } }, []],
  [{}, ['.: required']],
  [[], ['.: type']],
  [{ name: 'a' }, ['.name: minLength']],
  [{ name: 'abcd' }, ['.name: maxLength']],
  [{ name: 'A1' }, ['.name: pattern']],
  [{ name: 'ab', count: 1.5 }, ['.count: type']],
  [{ name: 'ab', count: 0 }, ['.count: minimum']],
  [{ name: 'ab', count: 3 }, ['.count: maximum']],
  [{ name: 'ab', mode: 'up' }, ['.mode: enum']],
  [{ name: 'ab', list: [1] }, ['.list[0]: type']],
  [{ name: 'ab', list: [true, true] }, ['.list: maxItems']],
  [{ name: 'ab', map: { a: 1 } }, ['.map.a: type']],
  [{ name: 'ab', map: { a: '', b: '' } }, ['.map: maxProperties']],
  [{ name: 'ab', other: 1 }, ['.other: additionalProperties']],
])('%j', (value, problems) => {
  expect(schemaProblems(SCHEMA, value)).toEqual(problems);
});

it('refuses a keyword it does not know', () => {
  const schema: JsonSchema = JSON.parse('{"oneOf": []}');
  expect(() => schemaProblems(schema, {})).toThrow('oneOf');
});
