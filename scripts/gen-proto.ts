// Writes server/proto/gen/*.ts from server/proto/*.proto. Runs from the repository's root: `npm run gen:proto`.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { emitFile } from './proto/emit.ts';
import { parseSchema } from './proto/schema.ts';

const SOURCES = 'server/proto';
const TARGET = `${SOURCES}/gen`;

const schemas = readdirSync(SOURCES)
  .filter((name) => name.endsWith('.proto'))
  .sort()
  .map((name) => parseSchema(name, readFileSync(`${SOURCES}/${name}`, 'utf8')));
mkdirSync(TARGET, { recursive: true });
for (const schema of schemas) {
  writeFileSync(`${TARGET}/${schema.file.replace('.proto', '.ts')}`, emitFile(schema, schemas));
}
