import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultLimits } from '#libs/archive';
import { Journal, PublicationsTable } from '#libs/journal';
import { systemClock } from '#libs/lifecycle';
import { silentLogger } from '#libs/observe';
import { Placement, TreePublisher, type FetchedFile } from '#libs/sync';

/**
 * Publishes one update in a process of its own, or rolls it back, or takes the files of the other server of a pair that the file
 * `name` lists, and ends it with SIGKILL at a chosen share of the renames;
 * rolling back also once all is staged and nothing decided (share 0).
 */
const [folder = '', name = '', sha256 = '', share = '2', way = 'forward'] = process.argv.slice(2);
const journal = new Journal(path.join(folder, 'branchline.db'));

const publisher = new TreePublisher({
  trees: {
    TFTP: path.join(folder, 'TFTPdata'),
    FTP: path.join(folder, 'FTPdata'),
    HTTP: path.join(folder, 'HTTPdata'),
    HTTPS: path.join(folder, 'HTTPSdata'),
  },
  placement: new Placement(['46xx*', '*.scr']),
  publications: new PublicationsTable(journal),
  limits: defaultLimits,
  reserveBytes: 0,
  keepPrevious: 2,
  clock: systemClock,
  log: silentLogger(),
  onSwitched: (done, overall) => {
    if (done / overall >= Number(share)) process.kill(process.pid, 'SIGKILL');
  },
});
if (way === 'back') {
  await publisher.rollBack(name, async () => {
    await Promise.resolve();
    if (share === '0') process.kill(process.pid, 'SIGKILL');
  });
} else if (way === 'pair') {
  const files = JSON.parse(await readFile(name, 'utf8')) as FetchedFile[];
  await publisher.publishFiles('HTTP', files, new AbortController().signal);
} else {
  await publisher.publish(
    { name, sha256, file: path.join(folder, 'Updates', name) },
    { at: () => undefined, ended: () => undefined },
    new AbortController().signal,
  );
}
