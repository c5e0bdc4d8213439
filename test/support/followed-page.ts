import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { codeBlocks, type CodeBlock } from './documents.ts';
import type { Client } from './clients.ts';
import type { InstalledMachine } from './installed-machine.ts';
import type { ShellRun } from './machine-shell.ts';
import { canMountTmpfs, hasClient } from './real-client.ts';

/** Words in capitals that a page leaves to its reader, such as STRING, and what this reader puts there. */
export type Filled = Readonly<Record<string, string>>;

const tools: readonly Client[] = ['bash', 'curl', 'ip', 'mount', 'tar', 'unshare'];

/**
 * A test that follows a page of the documentation, with what is given beforehand and what the page promises between its blocks.
 * It fails when a block is left that was neither followed nor left out by name.
 */
export function follow(
  file: string,
  needs: readonly Client[],
  how: (page: FollowedPage) => Promise<void>,
): void {
  const clients = [...tools, ...needs];
  const able = canMountTmpfs() && clients.every((name) => hasClient(name));
  it.skipIf(!able)(
    `${file} leads where it says, word for word (tmpfs, ${clients.join(', ')})`,
    async () => {
      const page = new FollowedPage(file);
      await how(page);
      expect(page.left, 'blocks that nobody has followed').toEqual([]);
    },
  );
}

/** The blocks of one page, in their order: `sh` is run, `ini` goes into the settings file; all others are only shown. */
export class FollowedPage {
  readonly #text: string;
  readonly #blocks: CodeBlock[];

  constructor(file: string) {
    this.#text = readFileSync(file, 'utf8');
    this.#blocks = codeBlocks(this.#text).filter(({ language }) =>
      ['sh', 'ini'].includes(language),
    );
  }

  get left(): readonly string[] {
    return this.#blocks.map(({ code }) => code);
  }

  /** Run the next block, which has to hold `part`, on a machine; returns its stdout. `typed` is what the reader types in. @throws when a command fails. */
  async run(
    machine: InstalledMachine,
    part: string,
    filled: Filled = {},
    typed?: string,
  ): Promise<string> {
    return await machine.must(this.#next('sh', part, filled), typed);
  }

  /** As `run`, of one block at each of some machines. */
  async runAtEach(machines: readonly InstalledMachine[], part: string): Promise<string[]> {
    const code = this.#next('sh', part, {});
    return await Promise.all(machines.map((machine) => machine.must(code)));
  }

  /** As `run`, for a block with a command that is to end with this status. */
  async fails(
    machine: InstalledMachine,
    status: number,
    part: string,
    filled: Filled = {},
  ): Promise<ShellRun> {
    const ran = await machine.run(this.#next('sh', part, filled));
    expect(ran.status, `${ran.stdout}${ran.stderr}`).toBe(status);
    return ran;
  }

  /** Write the next block, one of settings that holds `part`, into the settings file of a machine; returns it. */
  async settle(machine: InstalledMachine, part: string, filled: Filled = {}): Promise<string> {
    const lines = this.#next('ini', part, filled);
    await machine.settle(lines);
    return lines;
  }

  /** Leave the next block out, which is for another machine, another day or a person; `why` is for who reads the test. */
  leave(part: string, why: string): void {
    expect(why).not.toBe('');
    this.#take(part);
  }

  /** The first block of a language that is neither run nor settings, such as `python`. */
  shown(language: string): string {
    return codeBlocks(this.#text).find((block) => block.language === language)?.code ?? '';
  }

  /** The page says this, outside of blocks or in them. */
  says(words: string): void {
    expect(this.#text.replaceAll(/\s+/g, ' ')).toContain(words);
  }

  #next(language: string, part: string, filled: Filled): string {
    const block = this.#take(part);
    expect(block.language).toBe(language);
    return Object.entries(filled).reduce((code, [word, value]) => {
      expect(code).toContain(word);
      return code.replaceAll(word, value);
    }, block.code);
  }

  #take(part: string): CodeBlock {
    const block = this.#blocks.shift() ?? { language: '', code: '' };
    expect(block.code).toContain(part);
    return block;
  }
}
