import { expect, it } from 'vitest';
import { command } from '../support/launched-server.ts';
import { settingsFile } from '../support/settings-file.ts';

it('manager link takes the settings that it is given, and prints a link for the first sign-in', async () => {
  const config = await settingsFile('[Settings]', 'DataDir=data');
  const { status, stdout } = await command('manager', 'link', '--config', config);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^https?:\/\/localhost:6099\/set-up\?token=\S+\n$/);
});
