import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';
import { browserProgram } from '../support/browser.ts';
import { isClient } from '../support/clients.ts';
import { canMountTmpfs, hasClient, isRoot } from '../support/real-client.ts';
import { lackOf, type Tally } from './tally.ts';

/** The environment variable that names the file the tally is written to. */
export const tallyFile = 'BRANCHLINE_TEST_TALLY';

function isHere(name: string): boolean {
  if (isClient(name)) return hasClient(name);
  if (name === 'chromium') return browserProgram !== undefined;
  return name === 'tmpfs' ? canMountTmpfs() : isRoot();
}

/** Counts tests, files that could not be loaded and errors nobody caught; the runner prints the sum when vitest is gone. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const target = process.env[tallyFile];
    if (target !== undefined)
      writeFileSync(target, JSON.stringify(tally(modules, unhandledErrors)));
  }
}

function tally(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Tally {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string): TestCase[] =>
    tests.filter((test) => test.result().state === state);
  const skipped = inState('skipped');
  const wanting: Record<string, number> = {};
  for (const test of skipped) {
    const result = test.result();
    const note = result.state === 'skipped' ? result.note : undefined;
    for (const what of lackOf(test.fullName, isHere, note))
      wanting[what] = (wanting[what] ?? 0) + 1;
  }
  const broken = modules
    .flatMap((module) => [module, ...module.children.allSuites()])
    .filter(isBroken);
  return {
    passed: inState('passed').length,
    // A test that never came to an end has not passed.
    failed:
      inState('failed').length + inState('pending').length + broken.length + unhandledErrors.length,
    skipped: skipped.length,
    wanting,
    again: tests
      .filter((test) => test.diagnostic()?.flaky === true)
      .map(({ fullName }) => fullName),
  };
}

/** A file or suite whose own code failed: its tests may not even have been counted. */
const isBroken = (suite: TestModule | TestSuite): boolean => suite.errors().length > 0;
