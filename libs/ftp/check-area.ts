import { checkFileOf, checkFiles } from '#libs/delivery';
import { BranchlineError } from '#libs/errors';
import type { FileArea, OpenFile } from './file-area.ts';
import type { Entry } from './listing.ts';
import { printPath, type VirtualPath } from './virtual-path.ts';

const root: Entry = { name: '/', folder: true, size: 0, modifiedMs: 0, writable: false };

const refuse = (): Promise<never> =>
  Promise.reject(new BranchlineError('WRITE_REFUSED', 'the check files are what they are'));

/** The check files and nothing else: what the watchdog sees, which is no telephone and answers nobody's SNMP. */
export const checkArea: FileArea = {
  owner: 'watchdog',
  patient: false,
  enter: () => Promise.resolve(),
  list: (path) =>
    path.length > 0
      ? checkArea.look(path).then((entry) => [entry])
      : Promise.resolve([...checkFiles.keys()].map((name) => entryOf(found([name])))),
  look: (path) => Promise.resolve().then(() => (path.length === 0 ? root : entryOf(found(path)))),
  open: (path) => Promise.resolve().then(() => found(path)),
  mayStore: refuse,
  save: refuse,
  remove: refuse,
  rename: refuse,
  makeFolder: refuse,
  removeFolder: refuse,
};

function found(path: VirtualPath): OpenFile & { readonly name: string } {
  const file = checkFileOf(path.join('/'));
  if (file !== undefined) return file;
  throw new BranchlineError(
    'NOT_FOUND',
    `there is no file ${JSON.stringify(printPath(path).slice(0, 200))} among the check files`,
  );
}

const entryOf = ({ name, size, modifiedMs }: OpenFile & { readonly name: string }): Entry => ({
  ...{ name, folder: false, size, modifiedMs, writable: false },
});
