// Writes what is generated from operator/api: manifests/crds/*.yaml and docs/operator/conditions.md. Runs from the
// repository's root: `npm run gen:crd`. test/operator/api/generated.test.ts fails when the files are old.
import { mkdirSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './crd/generated-files.ts';

mkdirSync('manifests/crds', { recursive: true });
mkdirSync('docs/operator', { recursive: true });
for (const [path, text] of generatedFiles()) writeFileSync(path, text);
