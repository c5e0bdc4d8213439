import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { branchline, command } from '../support/server-process.ts';

it('shows with "demo --once" firmware that comes down, and a backup that goes up and comes down elsewhere', async () => {
  const { status, stdout, stderr } = await command('demo', '--once');
  expect(status, stderr).toBe(0);
  const rows = stdout.split('\n').map((row) => row.trim().replace(/ +/g, ' '));
  const name = '4711_96xxdata\\.txt';
  for (const row of [
    /^porto HTTPS \S+ \d+\.\d \d+$/,
    new RegExp(`^lisbon HTTPS PUT ${name}: 201 .*\\(\\d+ ms\\)$`),
    new RegExp(`^head-office Backup/lisbon/HTTPbackup/${name}: .*\\(\\d+ ms\\)$`),
    new RegExp(`^porto HTTPS GET ${name}: .*head-office \\(\\d+ ms\\)$`),
  ]) {
    expect(rows).toContainEqual(expect.stringMatching(row));
  }
});

it('ends "demo --once" with an exit code that is not 0 when the backup does not go up', async () => {
  const env = { ...process.env, BRANCHLINE_BACKUP_SERVERS_REQUESTBACKUP: '0' };
  const demo = promisify(execFile)(branchline, ['demo', '--once'], { env });
  await expect(demo).rejects.toMatchObject({
    code: 2,
    stdout: expect.stringMatching(/PUT 4711_96xxdata\.txt: 201(?!.*Status pages)/s) as string,
    stderr: expect.stringContaining('[USAGE]') as string,
  });
});
