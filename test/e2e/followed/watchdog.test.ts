import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

// systemd's own watch (WatchdogSec=) is systemd's: e2e/watchdog.test.ts tells it what the server says.
follow('docs/how-to/watchdog.md', [], async (page) => {
  const server = await InstalledMachine.make();
  await server.must('systemctl start branchline');
  // In seconds what otherwise takes minutes; and the shipped script looks whether systemd runs.
  const quick = '[Settings]\nWatchDogTimer=1\nCheckSeconds=5\nFailureLimit=2\n';
  await server.settle(quick, '/etc/branchline/MV_WatchDog.ini');
  await server.must('mkdir -p /run/systemd/system');

  const checked = await page.run(server, 'watchdog check');
  for (const name of ['tftp', 'ftp', 'http', 'https'])
    expect(checked.toLowerCase()).toContain(name);
  expect(await server.must('curl -sf http://localhost:6091/')).toContain('</html>');
  const metrics = await server.until('curl -s http://localhost:6091/metrics | grep watchdog_up');
  expect(metrics).toContain('protocol="http",port="81"');

  const pid = 'cat /run/stand-in/branchline';
  const before = await server.must(pid);
  await server.must(`kill -STOP $(${pid})`);
  await server.until(
    `test "$(${pid})" != ${before.trim()} && curl -sf http://localhost:6090/readyz`,
  );
  await server.until('branchline alarms list --json | grep watchdog-fired');

  expect(await page.run(server, 'test.html')).toContain('</html>');
});
