import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

const shown =
  'openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null | openssl x509 -noout -serial';

follow('docs/how-to/https.md', ['openssl'], async (page) => {
  const server = await InstalledMachine.make();
  await server.must('systemctl start branchline');
  await page.run(server, 'openssl req');
  await page.settle(server, 'CertFile');
  expect(await page.run(server, '--cacert authority.pem')).toContain('</html>');
  await page.run(server, 'updates publish authority.pem');
  await server.until('curl -sf http://127.0.0.1:81/authority.pem | cmp - authority.pem');

  const before = await server.must(shown);
  await page.run(server, 'systemctl reload');
  await server.until(`test "$(${shown})" != '${before.trim()}'`);

  await page.settle(server, 'IPTel=1');
  const old = await page.run(server, 'NULL-SHA');
  expect(old).toContain('NULL-SHA');
  // Newer telephones are served beside it as before.
  await server.must('curl -sfk https://127.0.0.1:411/test.html');

  await page.settle(server, 'ClientAuth=1');
  await server.must('cp authority.pem /etc/branchline/telephone-authorities.pem');
  await server.must('systemctl restart branchline');
  expect((await server.run('curl -sfk https://127.0.0.1:443/test.html')).status).not.toBe(0);
});
