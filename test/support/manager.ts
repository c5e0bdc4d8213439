import { appendFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { DemoSite } from '../../apps/demo/demo-site.ts';
import { LaunchedServer } from './launched-server.ts';

export { openWindow } from './browser.ts';

export const administrator = { name: 'ada', password: 'correct horse battery' } as const;

/** A manager that runs beside the server of a site, or without it. */
export interface Manager {
  readonly base: string;
  /** The one-time link of its first start. */
  readonly link: string;
  readonly process: LaunchedServer;
}

/** Start `branchline manager` for a site on any free port; ended with the test. */
export async function startManager({ config }: Pick<DemoSite, 'config'>): Promise<Manager> {
  await appendFile(config, '[MANAGER]\nManagerPort=0\n');
  const process = await LaunchedServer.launch(config, 'manager');
  onTestFinished(() => process.kill());
  return await whenUp(process);
}

/** Start `branchline manager --with-server`; its settings file may be missing, then `env` says what it needs. */
export async function startManagerWithServer(
  config: string,
  env: Readonly<Record<string, string>>,
): Promise<Manager> {
  const process = await LaunchedServer.launch(config, 'manager', {
    args: ['--with-server'],
    env: { BRANCHLINE_MANAGER_MANAGERPORT: '0', ...env },
  });
  // Not killed: it would leave its server behind.
  onTestFinished(async () => {
    await process.stop();
  });
  return await whenUp(process);
}

async function whenUp(process: LaunchedServer): Promise<Manager> {
  const ready = await process.logged((line) => line['msg'] === 'ready' && 'port' in line);
  const { link } = await process.logged((line) => 'link' in line);
  const base = `http://127.0.0.1:${String(ready['port'])}`;
  return { base, link: String(link), process };
}

/** One browser without a screen: keeps cookies, follows no redirect. */
export class Visitor {
  readonly #base: string;
  #cookie = '';

  constructor(base: string) {
    this.#base = base;
  }

  get cookie(): string {
    return this.#cookie;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return await this.#ask(path, { headers });
  }

  /** Send a form with the token of the page `from`, as a browser would. */
  async post(path: string, fields: Record<string, string>, from = path): Promise<Response> {
    const _csrf = /name="_csrf" value="([^"]+)"/.exec(await (await this.get(from)).text())?.[1];
    return await this.send(path, { ...(_csrf !== undefined && { _csrf }), ...fields });
  }

  /** Send a form as it is. */
  async send(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return await this.#ask(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
  }

  async #ask(
    path: string,
    ask: { method?: string; headers: Record<string, string>; body?: URLSearchParams },
  ): Promise<Response> {
    const headers = new Headers(ask.headers);
    if (this.#cookie !== '') headers.set('cookie', this.#cookie);
    const { method = 'GET', body = null } = ask;
    const url = new URL(path, this.#base);
    const answer = await fetch(url, { method, body, redirect: 'manual', headers });
    const [set] = answer.headers.getSetCookie();
    if (set !== undefined) this.#cookie = set.split(';')[0] ?? '';
    return answer;
  }
}

/** The first administrator, signed in by the one-time link. */
export async function signedIn({ base, link }: Manager): Promise<Visitor> {
  const visitor = new Visitor(base);
  const token = new URL(link).searchParams.get('token') ?? '';
  const { name, password } = administrator;
  const answer = await visitor.send('/set-up', { token, name, password, again: password });
  if (answer.status !== 303) throw new Error(`set-up: ${answer.status} ${await answer.text()}`);
  return visitor;
}

/** Go through the one-time link in a window, and be at the overview. */
export async function enter(page: Page, { link }: Pick<Manager, 'link'>): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Name').fill(administrator.name);
  await page.getByLabel(/^Password/).fill(administrator.password);
  await page.getByLabel('The same again').fill(administrator.password);
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
}
