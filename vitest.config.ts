import { defineConfig } from 'vitest/config';

const source = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
};

/** One project per kind of test: `npx vitest run --project unit`. */
const project = (name: string, extra: object = {}) => ({
  ...source,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    execArgv: ['-C', 'source'],
    testTimeout: 15_000,
    // A machine of two cores that runs other tests beside may take its time; what never comes is still found.
    expect: { poll: { timeout: 10_000 } },
    ...extra,
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('contract', { testTimeout: 30_000 }),
      project('fuzz', { testTimeout: 60_000 }),
      project('integration', { testTimeout: 60_000 }),
      project('e2e', {
        testTimeout: 180_000,
        hookTimeout: 120_000,
        fileParallelism: false,
        expect: { poll: { timeout: 60_000 } },
      }),
    ],
    coverage: { provider: 'v8', include: ['apps/**', 'libs/**'] },
  },
});
