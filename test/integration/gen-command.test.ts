import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { knownCommands } from '../support/known-commands.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { command } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('has a manual page that names every command and every exit status', async () => {
  const { status, stdout } = await command('gen', 'man');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\.TH BRANCHLINE 1/);
  for (const name of await knownCommands()) expect(stdout).toContain(name.replaceAll('-', '\\-'));
  for (const code of [0, 1, 2, 3, 10, 11, 12, 13, 130]) expect(stdout).toContain(`.B ${code}\n`);
});

it.skipIf(!hasClient('bash'))('completes commands in bash (bash)', async () => {
  const script = path.join(await tempFolder(), 'completion.bash');
  await writeFile(script, (await command('gen', 'completion', 'bash')).stdout);
  const asking = (line: string): string => {
    const words = line.split(' ');
    return `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _branchline; echo "\${COMPREPLY[@]}"`;
  };
  const complete = async (line: string): Promise<string> =>
    (await runClient('bash', ['-c', asking(line)], { timeoutMs: 10_000 })).stdout.toString().trim();
  expect(await complete('branchline hub in')).toBe('init invite');
  expect(await complete('branchline sync --j')).toBe('--json');
});

it.each(['schema', 'openapi'])('prints %s as JSON', async (what) => {
  const { status, stdout } = await command('gen', what);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toBeTypeOf('object');
});

it('prints help with exit 0 and refuses what it does not know with exit 2', async () => {
  expect(await command('--help')).toMatchObject({ status: 0, stderr: '' });
  expect(await command('hub', 'invite', '--help')).toMatchObject({ status: 0 });
  expect(await command('--version')).toMatchObject({ status: 0 });
  expect(await command('nonsense')).toMatchObject({ status: 2, stdout: '' });
  expect(await command('hub', 'invite')).toMatchObject({ status: 2, stdout: '' });
  expect(await command('serve', '--nonsense')).toMatchObject({ status: 2, stdout: '' });
});
