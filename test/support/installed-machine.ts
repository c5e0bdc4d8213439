import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { parseIni } from '#libs/settings';
import { layOutDeb } from '../../apps/pack/deb-tree.ts';
import { MachineShell, type ShellRun } from './machine-shell.ts';
import type { Machine } from './machines.ts';
import { runClient } from './real-client.ts';
import { ThrowAwayRoot } from './throw-away-root.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const standIns = fileURLToPath(new URL('stand-ins', import.meta.url));

/**
 * A machine on which the package is installed, and an administrator sits at it: user, units, settings and command lie where the
 * package puts them, the product itself is this checkout. For systemd and sudo there are stand-ins. Gone with the test.
 */
export class InstalledMachine {
  readonly root: string;
  readonly #shell: MachineShell;

  private constructor(root: string, shell: MachineShell) {
    this.root = root;
    this.#shell = shell;
  }

  /** Alone, or as one of the machines of a switch. `hosts` are lines of its /etc/hosts. */
  static async make(machine?: Machine, hosts: readonly string[] = []): Promise<InstalledMachine> {
    const { folder: root } = await ThrowAwayRoot.make({
      bound: { [checkout]: 'usr/lib/branchline' },
    });
    await layOut(root);
    const own = ['127.0.0.1 localhost', `${machine?.address ?? '127.0.0.1'} hostname`];
    await writeFile(path.join(root, 'etc/hosts'), `${[...own, ...hosts].join('\n')}\n`);
    const shell = await MachineShell.start(root, machine?.on);
    const made = new InstalledMachine(root, shell);
    await made.must('sh /run/followed/postinst configure && systemctl bus');
    return made;
  }

  /** A file of it, by its absolute name there. */
  file(name: string): string {
    return path.join(this.root, name);
  }

  async read(name: string): Promise<string> {
    return await readFile(this.file(name), 'utf8');
  }

  async run(script: string, typed?: string): Promise<ShellRun> {
    return await this.#shell.run(script, typed);
  }

  async must(script: string, typed?: string): Promise<string> {
    return await this.#shell.must(script, typed);
  }

  async until(script: string): Promise<string> {
    return await this.#shell.until(script);
  }

  /** Write lines of settings as a person with an editor does: a key that is there gets the new value. */
  async settle(lines: string, name = '/etc/branchline/MV_IPTel.ini'): Promise<void> {
    const ini = parseIni(await this.read(name));
    for (const { section, key, value } of parseIni(lines).entries()) ini.set(section, key, value);
    await writeFile(this.file(name), ini.toString());
  }
}

async function layOut(root: string): Promise<void> {
  const packed = await mkdtemp(path.join(tmpdir(), 'branchline-package-'));
  onTestFinished(() => rm(packed, { recursive: true, force: true }));
  const generated = { man: '', bash: '', zsh: '', fish: '' };
  await layOutDeb({ checkout, root: packed, version: '0', generated });
  const followed = path.join(root, 'run/followed');
  await mkdir(followed, { recursive: true });
  await cp(path.join(packed, 'DEBIAN/postinst'), path.join(followed, 'postinst'));
  await rm(path.join(packed, 'DEBIAN'), { recursive: true });
  await rm(path.join(packed, 'usr/lib/branchline'), { recursive: true });
  // As dpkg does: where a folder of this root is a link, it stays one.
  const unpack =
    'tar -C "$0" --owner=0 --group=0 --mode=u=rwX,go=rX -c . | tar -C "$1" -x --keep-directory-symlink --no-overwrite-dir';
  const { status, stderr } = await runClient('bash', ['-c', unpack, packed, root]);
  if (status !== 0) throw new Error(`unpacking the package: ${stderr}`);
  await cp(standIns, path.join(root, 'usr/local/bin'), { recursive: true });
}
