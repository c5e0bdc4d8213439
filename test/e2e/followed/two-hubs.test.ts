import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';
import { machinesOnSwitch } from '../../support/machines.ts';

const records = '/var/lib/branchline/data/CDRdata';
const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

// Answers that get lost, each hub that dies: hub-pair.test.ts.
follow('docs/how-to/two-hubs.md', [], async (page) => {
  const machines = await machinesOnSwitch(3);
  const [porto, faro, lisbon] = await Promise.all(
    machines.map((one) => InstalledMachine.make(one)),
  );
  if (porto === undefined || faro === undefined || lisbon === undefined) throw new Error('none');
  const all = [porto, faro, lisbon];
  for (const [at, hub] of [porto, faro].entries()) {
    const name = machines[at]?.address ?? '';
    await hub.must(`branchline hub init --name ${name} && systemctl start branchline`);
  }

  for (const [hub, part] of [
    [porto, "join 'STRING'"],
    [faro, '--secondary'],
  ] as const) {
    const STRING = lastLine(await page.run(hub, 'hub invite lisbon'));
    await page.run(lisbon, part, { STRING });
  }
  const ofPorto = lastLine(await page.run(porto, 'hub invite faro'));
  const ofFaro = lastLine(await page.run(faro, '--peer-hub porto', { STRING: ofPorto }));
  await page.run(porto, '--peer-hub faro', { STRING: ofFaro });
  const same = await page.settle(porto, 'CDRBackup=1');
  for (const server of [faro, lisbon]) await server.settle(same);
  const restart = await page.runAtEach(all, 'systemctl restart');
  expect(restart.length).toBe(3);

  const record = async (name: string): Promise<void> => {
    // A file goes up once it has stood still for two seconds.
    await lisbon.must(
      `sudo -u branchline sh -c 'echo ${name} > ${records}/${name}.txt'; sleep 2.2`,
    );
  };
  await record('S1');
  await lisbon.until('branchline sync cdr');
  await porto.until(`grep -x S1 ${records}/S1.txt`);
  expect(await faro.must(`ls ${records}`)).toBe('');

  await faro.must('systemctl stop branchline');
  await record('S2');
  await lisbon.until('branchline sync cdr');
  await porto.until('curl -s http://localhost:6090/api/v1/status | grep RECORDS_WAIT_FOR_HUB');
  await page.settle(porto, 'PeerHub=0');
  await page.run(porto, 'systemctl restart');
  await porto.until(`grep -x S2 ${records}/S2.txt`);

  // The collector has taken it away, and wants it again.
  await porto.must(`rm ${records}/S1.txt`);
  await page.run(porto, 'relay resend', { DATE: '2026-01-01', NAME: 'S1*' });
  await porto.until(`grep -x S1 ${records}/S1.txt`);

  // Offered again, and nothing of it twice: the hub has it.
  await page.run(lisbon, 'relay resend --since', { DATE: '2026-01-01' });
  await lisbon.until('branchline sync cdr');
  expect(await porto.must(`cat ${records}/*.txt | sort`)).toBe('S1\nS2\n');
});
