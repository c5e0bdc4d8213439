import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';
import { machinesOnSwitch } from '../../support/machines.ts';

// A telephone that gets its options and loads: dhcp-client.test.ts.
follow('docs/how-to/dhcp.md', ['dnsmasq', 'kea-dhcp4', 'dhcpd'], async (page) => {
  const server = await InstalledMachine.make(...(await machinesOnSwitch(1)));

  await page.run(server, 'dhcp dnsmasq');
  const told = await server.must('cat telephones.conf');
  expect(told).toMatch(/^dhcp-option.*66,"?192\.168\.42\.2"?$/m);
  expect(told).toMatch(
    /242,.*HTTPSRVR=192\.168\.42\.2,HTTPPORT=80,TLSSRVR=192\.168\.42\.2,TLSPORT=411/,
  );
  await page.run(server, 'dhcp kea');
});
