import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** What axe finds that keeps somebody out: `rule: selector` of each serious or critical violation. */
export async function barriers(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the pages' own policy forbids that.
  await page.evaluate(axeSource);
  return await page.evaluate<
    string[]
  >(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => ['serious', 'critical'].includes(impact))
      .flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => id + ': ' + target.join(' ') + ' ' + failureSummary)))`);
}

/** By how many pixels the page is wider than its window, and what sticks out. */
export async function overflow(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const wide = [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > clientWidth + 1)
      .slice(-5)
      .map((element) => element.outerHTML.slice(0, 120));
    return [scrollWidth + ' in ' + clientWidth, ...wide];
  })()`);
}

/** Where in this server a page leads, without what follows `#`. */
export async function linksOf(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`[...document.querySelectorAll('a[href]')]
    .map(({ href }) => new URL(href))
    .filter(({ origin }) => origin === location.origin)
    .map(({ pathname, search }) => pathname + search)`);
}

/** Everything that the browser complains of from now on: errors, warnings, refused by policy, not loaded. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('requestfailed', (request) => {
    // What was under way when the page was left is no failure.
    const why = request.failure()?.errorText ?? '';
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${why}`);
  });
  return complaints;
}
