import { bytes, number, plural } from '#libs/pages';
import type { UpdateLook } from '#libs/sync';
import { table } from './table.ts';

/** On a terminal; --json has them all. */
const shownFiles = 40;

const against = {
  trees: 'beside what telephones get from here now',
  published: 'beside what is published under this name',
  nothing: 'nothing is published under this name',
} as const;

/** What is in an update, for people. */
export function lookText(name: string, look: Readonly<UpdateLook>): string[] {
  const { filesTotal, files, bytes: size, litter, trees, gone } = look;
  const some = files.slice(0, shownFiles);
  return [
    `${name}: ${plural(filesTotal, 'file')}, ${bytes(size)} unpacked; ${against[look.against]}`,
    ...table(
      ['file', 'bytes', 'goes to'],
      some.map((file) => [
        file.name,
        number(file.size),
        file.places
          .map(({ tree, change }) => (change === null ? tree : `${tree} (${change})`))
          .join(', '),
      ]),
    ),
    ...shown(filesTotal, some.length, 'file'),
    ...table(
      ['tree', 'files', 'new', 'changed', 'same'],
      trees.map((tree) => [
        tree.tree,
        `${tree.files}`,
        `${tree.new}`,
        `${tree.changed}`,
        `${tree.same}`,
      ]),
    ),
    ...(litter === 0 ? [] : [`${plural(litter, 'file')} of copying programs left out`]),
    ...(gone.total === 0
      ? []
      : [
          `${plural(gone.total, 'file')} of the published version no longer in it; they stay where they are`,
        ]),
  ];
}

/** What a list leaves out. */
export const shown = (total: number, here: number, what: string): string[] =>
  total > here ? [`… and ${plural(total - here, what)} more: --json`] : [];
