import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { publisherRig, type PublisherRig } from '../support/tree-publisher-rig.ts';
import { badArchives } from '../support/zip-corpus.ts';

async function put(
  { folder }: PublisherRig,
  name: string,
  bytes: Buffer,
): Promise<{ name: string; file: string; sha256: string }> {
  const file = path.join(folder, 'Updates', name);
  await writeFile(file, bytes);
  return { name, file, sha256: createHash('sha256').update(bytes).digest('hex') };
}

it.each(badArchives)(
  'refuses $title whole ($code): nothing of it is visible, nothing is left in staging',
  async ({ code, bytes }) => {
    const rig = await publisherRig();
    const bad = await put(rig, 'bad.zip', bytes());
    await expect(rig.publish(bad)).rejects.toMatchObject({ code });
    expect(await rig.visible()).toEqual({});
    expect(await rig.internal()).toEqual([]);
    expect(rig.publications.newest('bad.zip')).toMatchObject({ state: 'refused', code });
    expect(rig.publisher.outcomes().isPending('bad.zip', bad.sha256)).toBe(false);
  },
);

it.each(['inspecting', 'unpacking'])(
  'takes the next good archive, also under the same name, after one that was refused while %s',
  async (moment) => {
    const rig = await publisherRig();
    for (const { code, bytes } of badArchives
      .filter(({ noticed }) => noticed === moment)
      .slice(0, 3)) {
      await expect(rig.publish(await put(rig, 'a.zip', bytes()))).rejects.toMatchObject({ code });
    }
    await rig.publish(await rig.zip('a.zip', { 'good.txt': 'SET GOOD 1' }));
    await rig.publish(await rig.zip('b.zip', { 'more.txt': 'SET MORE 1' }));
    const expected = { 'good.txt': 'SET GOOD 1', 'more.txt': 'SET MORE 1' };
    expect(await rig.visible()).toEqual(
      Object.fromEntries(
        ['HTTP', 'HTTPS'].flatMap((tree) =>
          Object.entries(expected).map(([name, text]) => [`${tree}:${name}`, text]),
        ),
      ),
    );
  },
);
