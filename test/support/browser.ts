import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { browserProgram } from './browser-program.ts';

export { browserProgram };

export interface Window {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  /** false = as with scripts switched off. */
  readonly scripts?: boolean;
}

let browser: Promise<Browser> | undefined;

/** A window of chromium, as a person has it; gone with the test. The browser stays for the tests after it. */
export async function openWindow(look: Window): Promise<Page> {
  browser ??= chromium.launch({
    executablePath: browserProgram ?? 'chromium',
    args: ['--no-sandbox'],
    env: { ...process.env, HOME: await mkdtemp(path.join(tmpdir(), 'branchline-browser-')) },
  });
  const context = await (
    await browser
  ).newContext({
    viewport: { width: look.width, height: look.height ?? 900 },
    colorScheme: look.scheme ?? 'light',
    javaScriptEnabled: look.scripts !== false,
  });
  onTestFinished(() => context.close());
  return await context.newPage();
}
