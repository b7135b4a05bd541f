// Goal: server/proto/gen is what the sources say. Method: generate again in memory and compare. A failure means that
// somebody edited a generated file, or a .proto file without running `npm run gen:proto`.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emitFile } from '../../../scripts/proto/emit.ts';
import { parseSchema, propertyName } from '../../../scripts/proto/schema.ts';

const FOLDER = new URL('../../../server/proto/', import.meta.url);

const schemas = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.proto'))
  .map((name) => parseSchema(name, readFileSync(new URL(name, FOLDER), 'utf8')));

describe('generated codecs', () => {
  it.each(schemas.map((schema) => [schema.file, schema] as const))('%s', (file, schema) => {
    const generated = readFileSync(new URL(`gen/${file.replace('.proto', '.ts')}`, FOLDER), 'utf8');
    expect(generated).toBe(emitFile(schema, schemas));
  });

  it('has no file without a source', () => {
    const expected = schemas.map((schema) => schema.file.replace('.proto', '.ts')).sort();
    expect(readdirSync(new URL('gen/', FOLDER)).sort()).toEqual(expected);
  });
});

describe('property names', () => {
  it.each([
    ['ID', 'id'],
    ['grantedTTL', 'grantedTtl'],
    ['peerURLs', 'peerUrls'],
    ['memberID', 'memberId'],
    ['member_ID', 'memberId'],
    ['remaining_TTL', 'remainingTtl'],
    ['dbSizeInUse', 'dbSizeInUse'],
    ['prev_kv', 'prevKv'],
    ['Type', 'type'],
  ])('%s becomes %s', (name, property) => expect(propertyName(name)).toBe(property));
});

describe('sources', () => {
  it('refuses a line it does not know', () => {
    expect(() => parseSchema('x.proto', 'message A {\n  map<string, B> m = 1;\n}')).toThrow('map<');
    expect(() => parseSchema('x.proto', 'message A {')).toThrow('unclosed A');
  });
});
