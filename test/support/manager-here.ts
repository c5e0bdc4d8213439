import { onTestFinished } from 'vitest';
import type { AuditEntry } from '#libs/audit';
import { systemClock } from '#libs/lifecycle';
import { ManagerServer, type ManagerPage, type ManagerServerOptions } from '#libs/manager';
import { silentLogger } from '#libs/observe';
import { loadPlan } from '../../apps/server/compose.ts';
import { loadManagerPlan } from '../../apps/manager/manager-plan.ts';
import { managerPages } from '../../apps/manager/manager-pages.ts';
import type { DemoSite } from '../../apps/demo/demo-site.ts';
import { administrator, Visitor } from './manager.ts';
import { tempFolder } from './temp-folder.ts';

/** A manager in this very process: a test sees its routes and its audit, and has its clock. */
export interface ManagerHere {
  readonly server: ManagerServer;
  readonly base: string;
  readonly port: number;
  /** What was audited. */
  readonly acts: readonly AuditEntry[];
  /** Milliseconds that its clock is ahead. */
  ahead: number;
  /** A token of a one-time link. */
  token(): Promise<string>;
  /** The administrator, signed in by a link. */
  signedIn(): Promise<Visitor>;
}

/** Start it; it stops when the test is over. */
export async function managerHere(
  options: Partial<ManagerServerOptions> = {},
): Promise<ManagerHere> {
  const acts: AuditEntry[] = [];
  const here = { ahead: 0 };
  const server = new ManagerServer({
    address: '127.0.0.1',
    port: 0,
    folder: await tempFolder(),
    server: 'lisbon',
    version: 'test',
    pages: [],
    audit: {
      note: (entries) => void acts.push(...entries),
      commit: (entries) => {
        acts.push(...entries);
        return Promise.resolve();
      },
    },
    clock: { ...systemClock, now: () => systemClock.now() + here.ahead },
    log: silentLogger(),
    ...options,
  });
  await server.start();
  onTestFinished(() => server.stop());
  const port = server.port ?? 0;
  const base = `http://127.0.0.1:${port}`;
  const token = async (): Promise<string> =>
    new URL(await server.setUpPath(), base).searchParams.get('token') ?? '';
  return Object.assign(here, {
    ...{ server, base, port, acts, token },
    async signedIn() {
      const visitor = new Visitor(base);
      const { name, password } = administrator;
      const answer = await visitor.send('/set-up', {
        ...{ token: await token(), name, password, again: password },
      });
      if (answer.status !== 303) throw new Error(`set-up: ${answer.status}`);
      return visitor;
    },
  });
}

/** All pages of the product, as the manager of a site has them. */
export async function allPages({ config }: DemoSite): Promise<readonly ManagerPage[]> {
  const [plan, manager] = [await loadPlan(config), await loadManagerPlan(config)];
  const log = silentLogger();
  return managerPages(
    { plan, manager, config, version: 'test', log, withServer: false },
    undefined,
  );
}

/** A route's address with something in place of each `:NAME`. */
export const addressOf = (url: string): string =>
  url.replace(/:\w+/g, 'x').replace('*', 'x') || '/';
