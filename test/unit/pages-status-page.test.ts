import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { statusPage, type Status } from '#libs/pages';
import { mirrorFailing } from '../support/fake-mirror.ts';
import { branchStatus, fakeBranch, hubStatus, quietStatus } from '../support/fake-status.ts';

const assets = {
  css: '/assets/1/status.css',
  js: '/assets/2/status.js',
  icon: '/assets/3/icon.svg',
};
const pageOf = (status: Status, refreshS = 10): string =>
  statusPage(status, { refreshS, assets, zone: 'UTC' }).text;

const all = (page: string, pattern: RegExp): string[] =>
  [...page.matchAll(pattern)].map((match) => match[1] ?? match[0]);

/** Names of elements that were opened and not closed, or closed and not opened. */
function unbalanced(page: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, slash, name = '', own] of page.matchAll(
    /<(\/?)([a-z][a-z0-9]*)(?:\s[^<>]*?)?(\/?)>/g,
  )) {
    if (own || ['meta', 'link', 'hr', 'br'].includes(name)) continue;
    if (!slash) open.push(name);
    else if (open.at(-1) === name) open.pop();
    else wrong.push(name);
  }
  return [...wrong, ...open];
}

describe.each([
  ['a hub', hubStatus()],
  ['a branch in the middle of a sync', branchStatus()],
  ['a server on which nothing has happened', quietStatus()],
  ['a hub of a pair', { ...hubStatus(), mirror: mirrorFailing() }],
  ['hub and branch in one', { ...branchStatus(), hub: hubStatus().hub }],
])('the page of %s', (_name, status) => {
  const page = pageOf(status);

  it('has one main, one h1, a banner, a footer and a named navigation', () => {
    for (const name of ['main', 'h1', 'header', 'footer']) {
      expect(all(page, new RegExp(`<${name}[ >]`, 'g'))).toHaveLength(1);
    }
    expect(all(page, /<nav[^>]*aria-label="([^"]+)"/g)).toHaveLength(1);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('<html lang="en">');
    expect(page).toMatch(/<title>[^<]+<\/title>/);
  });

  it('names every section, table and column, and uses no id twice', () => {
    const ids = all(page, /\sid="([^"]+)"/g);
    expect(new Set(ids).size).toBe(ids.length);
    const sections = all(page, /<section[^>]*>/g);
    expect(all(page, /<section[^>]*aria-labelledby="([^"]+)"/g)).toHaveLength(sections.length);
    for (const id of all(page, /aria-labelledby="([^"]+)"/g)) expect(ids).toContain(id);
    expect(all(page, /<th(?=[ >])(?![^>]*scope=)/g)).toEqual([]);
    expect(all(page, /<table/g)).toHaveLength(
      all(page, /tabindex="0" role="region" aria-label="[^"]+"/g).length,
    );
    expect(all(page, /<progress(?![^>]*aria-label)/g)).toEqual([]);
    expect(all(page, /<svg(?![^>]*aria-hidden="true")/g)).toEqual([]);
  });

  it('closes what it opens', () => {
    expect(unbalanced(page)).toEqual([]);
  });

  it('speaks of changes politely, and first of what needs attention', () => {
    expect(page).toMatch(/role="status" aria-live="polite"/);
    const first = /<main[^>]*>\s*<section id="attention"/;
    expect(page).toMatch(first);
  });

  it('needs no script, no inline style and nothing from elsewhere', () => {
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="10"');
    expect(all(page, /\s(style|on\w+)=/g)).toEqual([]);
    expect(all(page, /<style|javascript:/g)).toEqual([]);
    expect(all(page, /<script(?![^>]*src="\/assets)/g)).toEqual([]);
    expect(all(page, /(?:src|href)="(?:https?:)?\/\//g)).toEqual([]);
  });

  it('has times for people and for programs', () => {
    expect(all(page, /<time(?![^>]*datetime="\d{4}-)/g)).toEqual([]);
  });
});

it('stays as it is when StatusRefresh is 0', () => {
  expect(pageOf(quietStatus(), 0)).not.toContain('http-equiv="refresh"');
});

it('shows names and agents from outside as text', () => {
  const hostile = '"><script>alert(1)</script>';
  const status = branchStatus();
  const page = pageOf({
    ...status,
    server: { ...status.server, name: hostile },
    hub: {
      ...(hubStatus().hub ?? expect.fail()),
      branches: [
        fakeBranch(hostile, {
          state: 'error',
          version: hostile,
          lastError: { code: hostile, sentence: hostile, advice: hostile, at: null },
        }),
      ],
    },
    warnings: [hostile],
    disks: [{ folder: hostile, freeBytes: 1, totalBytes: 2, level: 'ok' }],
  });
  expect(page).not.toContain('<script>');
  expect(page).not.toContain('"><script');
  expect(page).toContain('&quot;&gt;&lt;script&gt;');
});

it('stays small and quick with 2,000 branches', () => {
  const branches = Array.from({ length: 2_000 }, (_, n) => fakeBranch(`shop-${String(n)}`));
  const { hub } = hubStatus();
  const status = { ...hubStatus(), hub: hub && { ...hub, branches, branchesTotal: 5_000 } };
  const before = process.threadCpuUsage();
  const page = pageOf(status);
  expect(process.threadCpuUsage(before).user).toBeLessThan(200_000);
  expect(page.length).toBeLessThan(500_000);
  expect(page).toContain('4,700 more');
});

/** Contrast of WCAG 2.2 between two colours written #rrggbb. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number =>
    [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, n) => sum + c * ([0.2126, 0.7152, 0.0722][n] ?? 0), 0);
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const css = readFileSync('libs/pages/assets/status.css', 'utf8');
const themes = all(css.slice(0, css.indexOf('* {')), /:root \{([^}]*)\}/g).map((block) =>
  Object.fromEntries(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  ),
);

it.each([
  ['light', 0],
  ['dark', 1],
] as const)('every text colour reaches AA contrast in the %s theme', (_name, at) => {
  const theme = themes[at] ?? {};
  const colour = (name: string): string => theme[name] ?? expect.fail(`no --${name}`);
  const texts = ['ink', 'faint', 'ok', 'busy', 'warning', 'failed', 'off', 'link'];
  const low = ['ground', 'surface', 'hover', 'warning-wash', 'failed-wash'].flatMap((ground) =>
    texts
      .filter((text) => contrast(colour(text), colour(ground)) < 4.5)
      .map((text) => `${text} on ${ground}: ${contrast(colour(text), colour(ground)).toFixed(2)}`),
  );
  expect(low).toEqual([]);
  expect(contrast(colour('band-ink'), colour('band'))).toBeGreaterThan(4.5);
  expect(contrast(colour('band-faint'), colour('band'))).toBeGreaterThan(4.5);
});
