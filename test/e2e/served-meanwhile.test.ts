import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { updatesOf } from '../../apps/demo/demo-site.ts';
import { buildFirmwareZip } from '../../apps/demo/firmware-set.ts';
import { fileIs } from '../support/file-state.ts';
import { relayedHub } from '../support/relayed-hub.ts';
import { ServerProcess } from '../support/server-process.ts';
import { drop, joinedSites, statusWhen } from '../support/site.ts';

it('answers every telephone while 60 MB are fetched, unpacked and published', async () => {
  const { hub, branch } = await joinedSites();
  // Two seconds for the fetch: on loopback alone it would be over between two looks.
  await relayedHub(hub, branch, 30_000_000);
  await ServerProcess.start(branch.config);
  const small = randomBytes(1_024);
  await drop(hub, 'small.bin', small);
  await statusWhen(branch, fileIs('small.bin', 'published'));
  // So many that publishing them takes longer than the events are apart.
  const building = path.join(updatesOf(hub), '.building.tmp');
  await buildFirmwareZip({ target: building, totalBytes: 60_000_000, files: 1_500 });

  let done = false;
  let answered = 0;
  const telephone = async (): Promise<void> => {
    while (!done) {
      const response = await fetch(`http://127.0.0.1:${branch.httpPort}/small.bin`);
      expect(response.status).toBe(200);
      expect(small.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
      answered += 1;
    }
  };
  const telephones = Promise.all([telephone(), telephone()]);
  try {
    const renamed = path.join(updatesOf(hub), 'firmware.zip');
    const seen = await statesUntilPublished(branch.statusPort, 'firmware.zip', () =>
      rename(building, renamed),
    );
    expect(seen).toEqual(expect.arrayContaining(['fetching', 'publishing', 'published']));
  } finally {
    done = true;
    await telephones;
  }
  expect(answered).toBeGreaterThan(50);
});

/** Every state of one file, as the events of a run tell them: the status itself may be half a second old. */
async function statesUntilPublished(
  port: number,
  name: string,
  begin: () => Promise<void>,
): Promise<string[]> {
  const { body } = await fetch(`http://127.0.0.1:${port}/api/v1/events`);
  await begin();
  const state = new RegExp(`"name":"${name}","state":"([a-z]+)"`, 'g');
  let text = '';
  for await (const piece of body ?? []) {
    text += Buffer.from(piece).toString('latin1');
    const states = [...text.matchAll(state)].map(([, found = '']) => found);
    // Leaving the loop ends the request.
    if (states.includes('published')) return states;
  }
  throw new Error('the events ended before the file was published');
}
