import { createHash } from 'node:crypto';
import { firmwareBytes } from '../../../apps/demo/firmware-bytes.ts';
import { planFirmware } from '../../../apps/demo/firmware-plan.ts';
import type { ReleaseOfFiles, TreeFiles } from './phone-kind.ts';
import type { Desk } from './phone-kinds.ts';
import type { KnownFiles } from './starting-phone.ts';

export interface TreeOptions {
  readonly version?: string;
  /** Of each firmware file of the other makers; the 46xx line's differ around it. */
  readonly firmwareBytes?: number;
}

const avayaFiles = 40;

/** Scripts, settings and firmware of the 46xx line, in one version. */
export function avayaTree(options: TreeOptions = {}): Record<string, Buffer> {
  const { version = '4_1_3_0_6', firmwareBytes: size = 100_000 } = options;
  const planned = planFirmware({ version, files: avayaFiles, totalBytes: avayaFiles * size });
  return Object.fromEntries(planned.map(({ name, bytes }) => [name, Buffer.concat([...bytes()])]));
}

/** What the phones of other makers need, and each phone's own files. */
export function otherTree(
  desks: readonly Desk[],
  options: TreeOptions = {},
): Record<string, Buffer> {
  const { version = '4_1_3_0_6', firmwareBytes: size = 100_000 } = options;
  const release: ReleaseOfFiles = {
    version,
    firmware: (name) => Buffer.concat([...firmwareBytes(version, name, size)]),
  };
  const files: Record<string, Buffer> = {};
  const add = (more: TreeFiles): void => {
    for (const [name, content] of Object.entries(more)) files[name] = Buffer.from(content);
  };
  for (const kind of new Set(desks.map((desk) => desk.kind))) add(kind.shared?.(release) ?? {});
  for (const { kind, self } of desks) add(kind.own?.(self, release) ?? {});
  return files;
}

/** What phones are to find, from trees of which a later one replaces an earlier one. */
export function knownFiles(...trees: readonly Readonly<Record<string, Buffer>>[]): KnownFiles {
  const known: Record<string, string[]> = {};
  for (const tree of trees) {
    for (const [name, bytes] of Object.entries(tree)) {
      const digest = createHash('sha256').update(bytes).digest('hex');
      const versions = (known[name.toLowerCase()] ??= []);
      if (!versions.includes(digest)) versions.push(digest);
    }
  }
  return known;
}
