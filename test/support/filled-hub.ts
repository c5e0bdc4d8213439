import path from 'node:path';
import { demoSite, type DemoSite } from '../../apps/demo/demo-site.ts';
import { Journal } from '#libs/journal';
import { makeHub } from '../../apps/joining/make-hub.ts';
import { makeFolder } from '#libs/files';
import { fillFleet } from './filled-fleet.ts';
import { tempFolder } from './temp-folder.ts';

/** A hub that does not run yet, with so many branches in its state; `change` may add to it. */
export async function filledHub(
  branches: number,
  change: (journal: Journal) => Promise<void> = () => Promise.resolve(),
): Promise<DemoSite> {
  const site = await demoSite(await tempFolder(), 'hub', true);
  await makeHub(site.config, undefined, { by: 'test', why: 'test' });
  const state = path.join(site.folder, 'state');
  await makeFolder(state);
  const journal = new Journal(path.join(state, 'branchline.db'));
  try {
    await fillFleet(journal, branches);
    await change(journal);
  } finally {
    journal.close();
  }
  return site;
}
