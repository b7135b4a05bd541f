// Compiles the store's native addon where its npm package brings none: `node scripts/build-addon.ts`, with a Node that runs
// TypeScript, or after `npm run build` from dist/. Runs from the repository's root, after `npm ci --ignore-scripts`.
// `npm run image` does the same by itself; the Dockerfile does it apart, so that a change of our code compiles nothing again.
//
//   --arch amd64|arm64   for which machine (default: this one)
//
// CC, CXX, AR, CFLAGS, CXXFLAGS and LDFLAGS are used, JOBS says how many compilers run at a time (default: one per processor).
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureAddon } from './image/addon.ts';
import { parseArchitecture } from './image/image-config.ts';

const { values } = parseArgs({ options: { arch: { type: 'string' } } });
const architecture = parseArchitecture(values.arch ?? process.arch);
console.log(ensureAddon({ root: resolve('.'), cache: resolve('.cache/image'), architecture }));
