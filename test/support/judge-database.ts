import path from 'node:path';
import Database from 'better-sqlite3';
import type { ServerPlan } from '../../apps/server/server-plan.ts';

/** A server that has been stopped. */
export interface JudgedPlace {
  readonly site: { readonly name: string };
  readonly plan: Pick<ServerPlan, 'folders'>;
}

/** What its database says is wrong with it, in one sentence; nothing when it is whole. */
export function judgeDatabase({ site, plan }: JudgedPlace): string[] {
  const db = new Database(path.join(plan.folders.state, 'branchline.db'));
  try {
    const said: unknown = db.pragma('integrity_check', { simple: true });
    return said === 'ok' ? [] : [`${site.name}: the database says ${JSON.stringify(said)}`];
  } finally {
    db.close();
  }
}
