import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { joinedMachines } from '../../support/joined-machines.ts';

/** A zip from the maker, in the folder where the reader is. */
const fromTheMaker = (version: string): string =>
  `rm -rf set j100.zip; mkdir set; echo 'firmware ${version}' > set/j179.bin; echo 'SET APPNAME j179.bin' > set/J100Supgrade.txt
   (cd set && zip -qr ../j100.zip .); echo 'SET SNTPSRVR 192.0.2.1' > 46xxsettings.txt`;

// The pages: manager-updates.test.ts.
follow('docs/how-to/updates.md', ['zip'], async (page) => {
  const { hub, branch } = await joinedMachines();
  const served = (version: string): Promise<string> =>
    branch.until(
      `branchline sync updates && curl -sf http://localhost:81/j179.bin | grep -x 'firmware ${version}'`,
    );

  await hub.must(fromTheMaker('1'));
  expect(await page.run(hub, 'updates inspect')).toContain('J100Supgrade.txt');
  await served('1');
  await hub.must(fromTheMaker('2'));
  const listed = await page.run(hub, '--replace');
  expect(listed).toContain('j100.zip');
  expect(listed).toContain('46xxsettings.txt');
  await served('2');
  // Kept aside, and nobody has decided.
  const kept = await branch.run('curl -sf http://localhost:81/46xxsettings.txt');
  expect(kept.status).not.toBe(0);

  await page.run(hub, 'rollback');
  await served('1');
  await page.run(hub, 'withdraw');
  await served('1');
  const audited = await page.run(hub, 'audit');
  for (const act of ['uploaded', 'published', 'rolled-back', 'withdrawn'])
    expect(audited).toContain(act);
});
