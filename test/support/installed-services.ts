import path from 'node:path';
import { expect } from 'vitest';
import type { BootedDebian } from './booted-debian.ts';
import { administrator } from './manager.ts';
import { tempFolder } from './temp-folder.ts';

/** Pages answer, nothing has failed, each program runs in its sandbox as its own user, and systemd finds no fault. */
export async function allRun(machine: BootedDebian): Promise<void> {
  for (const port of [6090, 6091, 6099]) await machine.pageAt(port);
  for (const unit of ['branchline', 'branchline-manager', 'branchline-watchdog']) {
    const status = await machine.run(`cd /proc/$(systemctl show --property=MainPID --value ${unit})
      stat -c %U . ; grep -E '^(NoNewPrivs|Seccomp):' status`);
    expect([unit, status]).toEqual([unit, 'branchline\nNoNewPrivs:\t1\nSeccomp:\t2\n']);
  }
  expect(await machine.run('systemctl --failed --no-legend')).toBe('');
  // Also of programs that a unit would run only later, and that are not there.
  const verify =
    'systemd-analyze verify $(systemctl show --property=FragmentPath --value branchline\\*)';
  expect(await machine.try(verify)).toEqual({ status: 0, stdout: '', stderr: '' });
  const said = await machine.run('journalctl --no-pager --boot');
  expect(said).not.toContain('without batched system calls');
  expect(said).not.toContain('mode is different');
}

/** Reload, stop, start; a server that hangs is restarted by systemd, or by our watchdog where systemd does not. */
export async function hangsAndIsRestarted(machine: BootedDebian): Promise<void> {
  await machine.run('systemctl reload branchline; systemctl stop branchline');
  expect(await machine.property('branchline', 'Result')).toBe('success');
  const drop = '/run/systemd/system/branchline.service.d';
  const hang = 'kill -STOP $(systemctl show --property=MainPID --value branchline)';
  await machine.run(`mkdir -p ${drop}; printf '[Service]\nWatchdogSec=5\n' >${drop}/test.conf
    systemctl daemon-reload; systemctl start branchline; ${hang}`);
  const restarts = (): Promise<string> => machine.property('branchline', 'NRestarts');
  await expect.poll(restarts, { timeout: 30_000 }).not.toBe('0');
  await machine.pageAt(6090);

  await machine.run(`printf '[Service]\nWatchdogSec=0\n' >${drop}/test.conf
    cd /etc/branchline; cp -p MV_WatchDog.ini /tmp
    sed -i 's/^\\(WatchDogTimer\\|CheckSeconds\\)=.*/\\1=2/; s/^FailureLimit=.*/FailureLimit=3/' MV_WatchDog.ini
    systemctl daemon-reload; systemctl restart branchline branchline-watchdog; ${hang}`);
  await machine.pageAt(6090);
  expect(await machine.run('journalctl --no-pager -u branchline-watchdog')).toContain('alert 1:');
  await machine.run(`rm ${drop}/test.conf; cp -p /tmp/MV_WatchDog.ini /etc/branchline
    systemctl daemon-reload; systemctl restart branchline branchline-watchdog`);
}

/** The user of the server may restart it, and nothing else. */
export async function mayRestartNothingElse(machine: BootedDebian): Promise<void> {
  const asServer = 'setpriv --reuid branchline --regid branchline --init-groups systemctl';
  await machine.run(`${asServer} restart branchline`);
  for (const words of ['stop branchline-manager', 'restart dbus', 'enable branchline-manager']) {
    expect([words, (await machine.try(`${asServer} ${words}`)).status]).toEqual([words, 1]);
  }
}

/** The first administrator signs in by the link, and presses the button on the page of the services. */
export async function restartsFromPage(machine: BootedDebian, token: string): Promise<void> {
  const before = await machine.property('branchline', 'MainPID');
  const jar = path.join(await tempFolder(), 'cookies');
  const ask = (page: string, fields: Readonly<Record<string, string>> = {}): Promise<string> =>
    machine.curl(
      ...['--cookie', jar, '--cookie-jar', jar, '--write-out', '%{http_code}'],
      ...Object.entries(fields).flatMap(([name, value]) => [
        '--data-urlencode',
        `${name}=${value}`,
      ]),
      `http://127.0.0.1:6099${page}`,
    );
  const { name, password } = administrator;
  expect(await ask('/set-up', { token, name, password, again: password })).toMatch(/303$/);
  const services = await ask('/services');
  const _csrf = /name="_csrf" value="([^"]+)"/.exec(services)?.[1] ?? '';
  expect(await ask('/services/server/restart', { _csrf })).toMatch(/303$/);
  await expect.poll(() => machine.property('branchline', 'MainPID')).not.toBe(before);
  await machine.pageAt(6090);
}
