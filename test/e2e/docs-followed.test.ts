import { mkdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { shellBlocks } from '../support/documents.ts';
import { hasClient, isRoot, runClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const able =
  isRoot() && (['bash', 'curl', 'ip', 'unshare', 'zip'] as const).every((name) => hasClient(name));

it.skipIf(!able)(
  'the tutorial does what it says, word for word (root, bash, curl, ip, unshare, zip)',
  async () => {
    const folder = await tempFolder();
    await mkdir(path.join(folder, 'docs'));
    await symlink(path.join(checkout, 'bin'), path.join(folder, 'bin'));
    const blocks = shellBlocks(await readFile('docs/tutorial.md', 'utf8'));
    expect(blocks.length).toBeGreaterThan(5);
    // A reader takes a breath between two blocks: servers have started by then.
    const ready =
      'for n in $(seq 200); do curl -sf http://127.0.0.1:1609$1/readyz >/dev/null && break; sleep 0.1; done';
    const script = [
      'set -eu',
      'ip link set lo up',
      `ready() { ${ready}; }`,
      ...blocks
        .map((block, at) => `echo "== block ${at + 1}"\n${block}\nready 0; ready 1`)
        .slice(0, -1),
      blocks.at(-1) ?? '',
    ].join('\n');
    const apart = ['--net', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child'];
    const { status, stdout, stderr } = await runClient('unshare', [...apart, 'bash'], {
      cwd: folder,
      input: script,
      timeoutMs: 120_000,
    });
    expect(status, `${stdout.toString()}${stderr}`).toBe(0);
    expect(stdout.toString()).toContain('in sync');
  },
);
