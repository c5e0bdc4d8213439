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

// In CI a test of real servers, disks and clients beside others is tried once more, and then named: see `again` in the tally.
const again = process.env['CI'] === 'true' ? 1 : 0;

const wholeServers = {
  retry: again,
  testTimeout: 180_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
};

export default defineConfig({
  test: {
    projects: [
      // Pure code and memory: a process for every file would cost more than the tests.
      project('unit', { isolate: false }),
      project('contract', { testTimeout: 30_000, retry: again, isolate: false }),
      project('fuzz', { testTimeout: 60_000, isolate: false }),
      project('integration', { testTimeout: 60_000, retry: again, isolate: false }),
      project('e2e', wholeServers),
      // What is measured there counts on the machine for itself; and a disk whose power is cut would live on in the
      // namespaces of tests beside it. One file at a time, after all others.
      project('e2e-alone', { ...wholeServers, fileParallelism: false }),
    ],
    coverage: { provider: 'v8', include: ['apps/**', 'libs/**'] },
  },
});
