// Owns running the TypeScript sources in processes that tests start: `node --import <this file> script.ts`. The floor,
// Node 20, cannot strip types itself; the transformer that comes with the test runner can.

import { register } from 'node:module';

register('./ts-hooks.mjs', import.meta.url);
