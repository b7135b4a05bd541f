// Owns how the tests run: sources directly, bounded time, one report per suite.
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
  },
});

// vitest reads the default export of its configuration file: the one place where the rule bends.
export default config;
