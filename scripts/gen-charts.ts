// Writes what is generated for charts and for a plain installation: `npm run gen:charts`, from the repository's root, after
// a change of operator/api or of charts/. test/charts/generated.test.ts fails when the files are old.
import { writeFileSync } from 'node:fs';
import { chartFiles, manifestFiles } from './charts/generated-files.ts';

for (const [path, text] of chartFiles()) writeFileSync(path, text);
for (const [path, text] of manifestFiles('.')) writeFileSync(path, text);
