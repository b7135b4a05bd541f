// Goal: the files generated from operator/api are those in the repository. Method: generate again and compare. A failure
// means that the API was changed without `npm run gen:crd`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generatedFiles } from '../../../scripts/crd/generated-files.ts';

const ROOT = join(import.meta.dirname, '../../..');

it.each([...generatedFiles()])('%s is up to date', (path, text) => {
  expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text);
});
