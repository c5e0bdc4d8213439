import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { lockName } from '../../libs/lifecycle/single-instance.ts';
import { ownProgram, signalsOf, SupervisedProcess } from '#libs/lifecycle';
import { tempFolder } from '../support/temp-folder.ts';

it.each([
  ['by a channel, as on Windows', true],
  ['by a signal, as elsewhere', false],
])('a supervised program is asked %s to end, and ends in order', async (_, stopsWithChannel) => {
  const folder = await tempFolder();
  const [there, ended] = [path.join(folder, 'there'), path.join(folder, 'ended')];
  const child = new SupervisedProcess({
    name: 'child',
    command: process.execPath,
    args: ['-C', 'source', 'test/support/stops-when-asked.ts', there, ended],
    hopeless: [],
    stopMs: 20_000,
    stopsWithChannel,
  });
  await child.start();
  await expect
    .poll(() => readFile(there, 'utf8').catch(() => ''), { timeout: 15_000 })
    .not.toBe('');
  await child.stop();
  expect(await readFile(ended, 'utf8')).toBe('in order');
  expect(child.look()).toMatchObject({ state: 'stopped', restarts: 0 });
});

it('on Windows Ctrl+C, Ctrl+Break and the closing of the console end a program, and nothing reloads it', () => {
  expect(signalsOf('win32')).toEqual({ stop: ['SIGINT', 'SIGBREAK', 'SIGHUP'], reload: undefined });
  expect(signalsOf('linux')).toEqual({ stop: ['SIGTERM', 'SIGINT'], reload: 'SIGHUP' });
});

it('on Windows starts itself as it runs now, elsewhere by its script', () => {
  const now = {
    execPath: 'C:\\Program Files\\nodejs\\node.exe',
    execArgv: ['--heap-growing-percent=20'],
    argv: ['node', 'C:\\b\\dist\\apps\\cli\\main.js', 'manager'],
  };
  expect(ownProgram('win32', now)).toEqual({
    command: now.execPath,
    args: ['--heap-growing-percent=20', 'C:\\b\\dist\\apps\\cli\\main.js'],
  });
  expect(ownProgram('linux', now)).toEqual({ command: path.resolve('bin/branchline'), args: [] });
});

it('holds a folder by a pipe on Windows, by an abstract socket elsewhere', () => {
  expect(lockName('D:\\state', '', 'win32')).toMatch(/^\\\\\.\\pipe\\branchline-[0-9a-f]{32}$/);
  expect(lockName('/state', '', 'linux')).toMatch(/^\0branchline-[0-9a-f]{32}$/);
  expect(lockName('/state', 'a', 'linux')).not.toBe(lockName('/state', '', 'linux'));
});
