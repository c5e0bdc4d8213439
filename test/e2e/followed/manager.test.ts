import { expect } from 'vitest';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';

const linkIn = (text: string): string => /https?:\/\/[^\s"]+set-up[^\s"]+/.exec(text)?.[0] ?? '';

/** What a browser sends when somebody opens the link and fills in the form. */
const setUp = (link: string, password: string): string => {
  const token = new URL(link).searchParams.get('token') ?? '';
  const fields = { token, name: 'ada', password, again: password };
  const data = Object.entries(fields).map(([name, value]) => `-d '${name}=${value}'`);
  return `curl -sk -o /dev/null -w '%{http_code}' ${data.join(' ')} ${new URL('/set-up', link).href}`;
};

// The pages themselves are a browser's: manager-pages.test.ts and its neighbours.
follow('docs/how-to/manager.md', ['openssl'], async (page) => {
  const server = await InstalledMachine.make();
  const first = linkIn(await page.run(server, 'enable --now branchline-manager'));
  expect(await server.must(`curl -sf '${first}'`)).toContain('password');
  expect(await server.must(setUp(first, 'correct horse battery'))).toBe('303');
  // It works once.
  expect(await server.must(setUp(first, 'other horse battery'))).not.toBe('303');

  const second = linkIn(await page.run(server, 'manager link'));
  expect(await server.must(setUp(second, 'newer horse battery'))).toBe('303');

  await page.settle(server, 'ManagerHTTPS=1');
  const mine = await page.run(server, 'openssl x509');
  const shown = await server.must(
    'openssl s_client -connect localhost:6099 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256',
  );
  expect(shown).toBe(mine);
  const http = await server.run('curl -sf -o /dev/null http://localhost:6099/');
  expect(http.status).not.toBe(0);
});
