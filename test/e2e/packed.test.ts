import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { demoSite } from '../../apps/demo/demo-site.ts';
import { hasClient, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

async function run(folder: string, program: string, ...words: string[]): Promise<string> {
  const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  await once(child, 'close');
  expect(child.exitCode, `${program} ${words.join(' ')}`).toBe(0);
  return out;
}

it.skipIf(!hasClient('tar'))(
  'runs from the packed product, built and without its sources (tar)',
  async () => {
    const folder = await tempFolder();
    await run(checkout, 'npm', 'run', '--silent', 'build');
    await run(checkout, 'npm', 'pack', '--silent', '--pack-destination', folder);
    const [tarball = ''] = await readdir(folder);
    await runClient('tar', ['-xzf', path.join(folder, tarball), '-C', folder], {
      timeoutMs: 30_000,
    });
    const product = path.join(folder, 'package');
    await symlink(path.join(checkout, 'node_modules'), path.join(product, 'node_modules'));
    expect(await readdir(product)).not.toContain('apps');

    const branchline = path.join(product, 'bin', 'branchline');
    expect(await run(folder, branchline, '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
    const site = await demoSite(folder, 'hub', true);
    await run(folder, branchline, 'hub', 'init', '--config', site.config);
    await mkdir(path.join(site.folder, 'data'), { recursive: true });
    const server = spawn(branchline, ['serve', '--config', site.config], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      server.kill('SIGKILL');
    });
    for await (const line of createInterface({ input: server.stdout })) {
      if (line.includes('"msg":"ready"')) break;
    }
    const page = await fetch(`http://127.0.0.1:${site.statusPort}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('</html>');
    server.kill('SIGTERM');
    await once(server, 'exit');
    expect(server.exitCode).toBe(0);
  },
);
