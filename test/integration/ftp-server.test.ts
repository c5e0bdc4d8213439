import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ftpBranch } from '../support/ftp-branch.ts';
import { FtpDialogue } from '../support/ftp-dialogue.ts';
import { RawConnection } from '../support/raw-connection.ts';

it('closes a session that is silent', async () => {
  const branch = await ftpBranch({}, { limits: { silenceMs: 50, checkMs: 10 } });
  const connection = await RawConnection.open(`ftp://127.0.0.1:${branch.port}`);
  expect(await connection.closed()).toMatch(/^220 .*\r\n421 /);
});

it('serves on while a thousand connections do nothing, and is rid of them in the end', async () => {
  const limits = { silenceMs: 1_500, checkMs: 50 };
  const branch = await ftpBranch({ '1001_4620data.txt': 'bytes' }, { limits });
  const idle = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => FtpDialogue.open(branch.port, `127.0.1.${n % 100}`)),
  );
  expect(branch.server.sessions).toBe(1_000);
  const phone = await FtpDialogue.loggedIn(branch.port);
  expect(String(await phone.retrieve('1001_4620data.txt'))).toBe('bytes');
  expect(await phone.store('1001_4620data.txt', 'more')).toMatch(/^226 /);
  expect(await readFile(path.join(branch.root, '1001_4620data.txt'), 'utf8')).toBe('more');
  await Promise.all(idle.map((each) => each.closed()));
});

it('speaks of itself, and understands old forms', async () => {
  const branch = await ftpBranch();
  const client = await FtpDialogue.loggedIn(branch.port);
  const codes = async (...commands: string[]): Promise<string[]> => {
    const answers: string[] = [];
    for (const command of commands) answers.push((await client.say(command)).slice(0, 3));
    return answers;
  };
  expect(await codes('SYST', 'FEAT', 'HELP', 'STAT', 'NOOP', 'OPTS UTF8 ON')).toEqual([
    ...['215', '211', '214', '211', '200', '200'],
  ]);
  expect(await codes('TYPE A', 'TYPE I', 'TYPE E', 'MODE S', 'MODE B', 'STRU F', 'STRU R')).toEqual(
    [...['200', '200', '504', '200', '504', '200', '504']],
  );
  expect(
    await codes('XPWD', 'XCUP', 'PBSZ 0', 'PROT P', 'ALLO 5', 'ABOR', 'FOO', 'REST x'),
  ).toEqual(['257', '250', '503', '503', '202', '226', '502', '501']);
  expect(await codes('RNTO x', 'EPSV ALL', 'PASV', 'EPSV 2', 'REIN', 'PWD', 'QUIT')).toEqual([
    ...['503', '200', '503', '522', '220', '530', '221'],
  ]);
});
