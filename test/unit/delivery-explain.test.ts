import { createHash } from 'node:crypto';
import path from 'node:path';
import { Check } from 'typebox/value';
import { expect, it } from 'vitest';
import {
  explain,
  explanationSchema,
  readQuestion,
  TreeDelivery,
  type Explanation,
  type QuestionTexts,
} from '#libs/delivery';
import { tempTree, type Contents } from '../support/temp-tree.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function ask(
  files: Contents,
  question: Partial<QuestionTexts> & { readonly file: string },
): Promise<Explanation & { readonly root: string }> {
  const root = await tempTree(files);
  const delivery = new TreeDelivery({ trees: { HTTP: root, TFTP: root }, cacheBytes: 1_000_000 });
  const { request, facts } = readQuestion({ server: 'http', ip: '192.0.2.7', ...question });
  const explanation = await explain(delivery, request, facts);
  expect(Check(explanationSchema, explanation)).toBe(true);
  return { ...explanation, root };
}

/** Each file that is asked for, and the lines of it that count. */
const way = ({ answers }: Explanation): unknown[] =>
  answers.map(({ asked, outcome, script }) => [
    asked,
    outcome,
    script?.steps.filter(({ holds }) => holds !== false).map(({ line }) => line) ?? null,
  ]);

const upgrade = [
  '## upgrade',
  'IF $MODEL4 SEQ 1603 GOTO OLD',
  'SET APPNAME new.bin',
  'GOTO END',
  '# OLD',
  'SET APPNAME old.bin',
  '# END',
  'GET 46xxsettings.txt',
  'SET NEVER 1',
].join('\r\n');

it('tells the file, its version and its digest', async () => {
  const { answers, access, root } = await ask(
    { 'Firmware/A.bin': 'bytes' },
    { file: 'firmware\\a.BIN' },
  );
  expect(access).toEqual({
    ...{ admitted: true, rule: 'open', list: null, line: null, text: null },
    ...{ faults: [], why: null },
  });
  expect(answers).toMatchObject([
    {
      ...{ asked: 'firmware\\a.BIN', by: null, outcome: 'file', code: null, script: null },
      file: {
        ...{ name: 'Firmware/A.bin', path: path.join(root, 'Firmware/A.bin'), size: 5 },
        ...{ etag: expect.stringMatching(/^"[0-9a-f]{16}"$/) as string, sha256: sha256('bytes') },
      },
    },
  ]);
});

it('tells the digest of a file that is not held in memory', async () => {
  const text = 'x'.repeat(3_000_000);
  const { answers } = await ask({ 'a.bin': text }, { file: 'a.bin' });
  expect(answers[0]?.file).toMatchObject({ size: 3_000_000, sha256: sha256(text) });
});

it.each([
  ['192.0.2.7', { admitted: true, line: 2, text: '192.0.2' }],
  ['::ffff:192.0.2.7', { admitted: true, line: 2 }],
  ['198.51.100.9', { admitted: false, line: null, text: null }],
])('tells which line of which list decides about %s', async (ip, access) => {
  const files = { 'http_allow_ip.TXT': '# phones\n192.0.2\nall\n', 'a.bin': '' };
  const explained = await ask(files, { file: 'a.bin', ip });
  expect(explained.access).toMatchObject({ rule: 'list', list: 'http_allow_ip.TXT', ...access });
  expect(explained.access.faults).toMatchObject([{ line: 3, text: 'all' }]);
  expect(explained.answers[0]?.outcome).toBe(access.admitted ? 'file' : 'refused');
  expect(explained.answers[0]?.code).toBe(access.admitted ? null : 'ACCESS_DENIED');
});

it('tells why a list closes', async () => {
  const { access } = await ask({ 'allow_IP.txt': '\n'.repeat(300_000) }, { file: 'a.bin' });
  expect(access).toMatchObject({ admitted: false, rule: 'closed', list: 'allow_IP.txt' });
  expect(access.why).toMatch(/256 KiB/);
});

it('follows scripts from file to file, with the last value of each setting', async () => {
  const explained = await ask(
    {
      'J100Supgrade.txt': upgrade,
      '46xxsettings.txt':
        'SET A 1\nSET B 2\nIF $GROUP SEQ 5 GOTO five\nSET A 3\n# five\nGET $MACADDR.txt',
      'c81fea83e85a.txt': 'SET B 7',
    },
    { file: 'j100Supgrade.TXT', mac: 'C8-1F-EA-83-E8-5A', model: 'J179', group: '5' },
  );
  expect(way(explained)).toEqual([
    ['j100Supgrade.TXT', 'file', [3, 4, 8]],
    ['46xxsettings.txt', 'file', [1, 2, 3, 6]],
    ['c81fea83e85a.txt', 'file', [1]],
  ]);
  expect(explained.answers.map(({ by }) => by)).toEqual([
    null,
    { file: 'J100Supgrade.txt', line: 8 },
    { file: '46xxsettings.txt', line: 6 },
  ]);
  expect(explained.settings).toEqual([
    { name: 'APPNAME', value: 'new.bin', file: 'J100Supgrade.txt', line: 3 },
    { name: 'A', value: '1', file: '46xxsettings.txt', line: 1 },
    { name: 'B', value: '7', file: 'c81fea83e85a.txt', line: 1 },
  ]);
  expect(explained.complete).toBe(true);
});

it.each([
  ['J100Supgrade.txt', 'J179', [3, 4, 8, 9], 'done', true],
  ['46xxupgrade.scr', '4621', [3, 4, 8], 'done', true],
  ['K1xxSupgrade.txt', 'K175', [3, 4, 8], 'undecided', false],
] as const)(
  'knows what %s does without its settings',
  async (file, model, lines, end, complete) => {
    const explained = await ask({ [file]: upgrade }, { file, model });
    expect(way(explained)).toEqual([
      [file, 'file', lines],
      ['46xxsettings.txt', 'refused', null],
    ]);
    expect(explained.answers[1]).toMatchObject({ code: 'NOT_FOUND', by: { file, line: 8 } });
    expect(explained.answers[0]?.script?.end).toBe(end);
    expect(explained.complete).toBe(complete);
  },
);

it('stops where it depends on what nobody said', async () => {
  const explained = await ask({ 'J100Supgrade.txt': upgrade }, { file: 'J100Supgrade.txt' });
  expect(explained.answers[0]?.script).toMatchObject({
    ...{ end: 'undecided', endLine: 2, why: '$MODEL4 is not known' },
  });
  expect([explained.settings, explained.complete]).toEqual([[], false]);
});

it('follows the substitutes of who is refused', async () => {
  const explained = await ask(
    {
      ...{ 'allow_IP.txt': '10.0.0.1', 'J100Supgrade.txt': upgrade, 'a.txt': '' },
      ...{ 'fxd_upgrade.scr': 'GET 46xxsettings.txt', 'fxd_settings.txt': 'SET A 1\nGET a.txt' },
    },
    { file: 'phones/J100Supgrade.txt' },
  );
  expect(
    explained.answers.map(({ asked, outcome, code, file }) => [asked, outcome, file?.name ?? code]),
  ).toEqual([
    ['phones/J100Supgrade.txt', 'substitute', 'fxd_upgrade.scr'],
    ['phones/46xxsettings.txt', 'substitute', 'fxd_settings.txt'],
    ['phones/a.txt', 'refused', 'ACCESS_DENIED'],
  ]);
});

it('looks for files beside the first, and for others from the top', async () => {
  const explained = await ask(
    { 'a/46xxsettings.txt': 'GET b.txt\nGET /c.txt', 'a/b.txt/x': '', 'c.txt': 'SET C 1' },
    { file: 'a/46xxsettings.txt', model: 'J179' },
  );
  expect(way(explained).map((each) => (each as unknown[]).slice(0, 2))).toEqual([
    ['a/46xxsettings.txt', 'file'],
    ['a/b.txt', 'refused'],
    ['/c.txt', 'file'],
  ]);
});

it.each<[string, Contents, string]>([
  ['each other', { '46xxsettings.txt': 'GET a.txt', 'a.txt': 'GET 46xxsettings.txt' }, 'undecided'],
  ['themselves', { '46xxsettings.txt': 'GET 46xxsettings.txt' }, 'undecided'],
  ['another server', { '46xxsettings.txt': 'GET http://192.0.2.1/a.txt' }, 'undecided'],
])('comes to an end with scripts that name %s', async (_, files, end) => {
  const explained = await ask(files, { file: '46xxsettings.txt', model: 'J179' });
  expect(explained.answers.length).toBeLessThanOrEqual(32);
  expect(explained.answers.at(-1)?.script?.end).toBe(end);
  expect(explained.complete).toBe(false);
});

it('keeps to its measure with a script that is beyond it', async () => {
  const long = Array.from({ length: 6_000 }, (_, n) => `SET A${n} 1`).join('\n');
  const explained = await ask({ '46xxsettings.txt': long }, { file: '46xxsettings.txt' });
  expect(explained.answers[0]?.script?.steps).toHaveLength(5_000);
  expect([explained.settings.length, explained.complete]).toEqual([5_000, false]);
  const large = await ask(
    { '46xxsettings.txt': ' '.repeat(1_048_577) },
    { file: '46xxsettings.txt' },
  );
  expect([large.answers[0]?.script, large.complete]).toEqual([null, false]);
});

it('reads no script in a file that is none', async () => {
  const { answers, complete } = await ask({ 'a.bin': 'SET A 1' }, { file: 'a.bin' });
  expect([answers[0]?.script, complete]).toEqual([null, true]);
});

it.each<Partial<QuestionTexts>>([
  ...[{ ip: '192.0.2' }, { ip: 'phone' }, { mac: '001122' }, { group: '1000' }, { group: '-1' }],
  ...[
    { group: '' },
    { model: 'J' },
    { model: 'a b' },
    { variables: ['SIG'] },
    { variables: ['=1'] },
  ],
])('refuses a question with %j', (wrong) => {
  expect(() => readQuestion({ server: 'http', ip: '192.0.2.7', file: 'a', ...wrong })).toThrow(
    expect.objectContaining({ code: 'USAGE' }) as Error,
  );
});

it('takes further variables', async () => {
  const files = { '46xxsettings.txt': 'IF $SIG SEQ 2 GOTO a\nSET B 1\n# a' };
  const explained = await ask(files, {
    file: '46xxsettings.txt',
    variables: ['SIG=2', '$HWVERS=3'],
  });
  expect(explained.variables).toEqual({ SIG: '2', HWVERS: '3' });
  expect(way(explained)).toEqual([['46xxsettings.txt', 'file', [1]]]);
});
