import { expect, it } from 'vitest';
import { TreeDelivery, type ServedFile } from '#libs/delivery';
import { tempTree, type Contents } from '../support/temp-tree.ts';

const inside = '192.0.2.7';
const outside = '198.51.100.9';

async function closedSite(files: Contents): Promise<(name: string) => Promise<ServedFile>> {
  const root = await tempTree({ 'allow_IP.txt': inside, ...files });
  const delivery = new TreeDelivery({ trees: { TFTP: root }, cacheBytes: 1_000_000 });
  return async (name) => await delivery.find({ tree: 'TFTP', name, address: outside });
}

const upgrades = [
  ...['46xxupgrade.scr', '16xxupgrade.txt', '96xxupgrade.txt', '96x1Hupgrade.txt'],
  ...['96x1Supgrade.txt', 'J100Supgrade.txt', 'K1xxSupgrade.txt', '46xxUPGRADE.SCR'],
  ...['/j100supgrade.TXT', 'phones\\46xxupgrade.scr', '/a/b/96x1Hupgrade.txt'],
];
const settings = [
  ...['46xxsettings.txt', '46xxsettings.scr', '46XXSETTINGS.TXT', '\\46xxsettings.SCR'],
  ...['/phones/46xxsettings.txt', 'a\\b/46xxsettings.txt'],
];

it.each([
  ...upgrades.map((name) => [name, 'FXD_upgrade.scr', 'up'] as const),
  ...settings.map((name) => [name, 'fxd_settings.TXT', 'set'] as const),
])('who is refused gets for %j the substitute', async (name, substitute, text) => {
  const find = await closedSite({
    ...{ 'FXD_upgrade.scr': 'up', 'fxd_settings.TXT': 'set' },
    ...{ '46xxupgrade.scr': 'real', '46xxsettings.txt': 'real' },
  });
  const file = await find(name);
  expect(file).toMatchObject({ name: substitute, size: text.length, insteadOf: name });
  expect(file.bytes?.toString()).toBe(text);
});

it.each([
  ...['a.bin', 'fxd_upgrade.scr', 'fxd_settings.txt', '001b4f3f7313.txt', '46xxsettings.txt.bak'],
  ...[
    'x46xxsettings.txt',
    '../46xxsettings.txt',
    '.branchline/46xxsettings.txt',
    'c:46xxupgrade.scr',
  ],
])('who is refused gets nothing for %j', async (name) => {
  const find = await closedSite({
    'fxd_upgrade.scr': 'up',
    'fxd_settings.txt': 'set',
    'a.bin': '',
  });
  await expect(find(name)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
});

it.each([
  ['46xxupgrade.scr', { 'fxd_settings.txt': 'set' }],
  ['46xxsettings.txt', { 'fxd_upgrade.scr': 'up' }],
  ['46xxsettings.txt', { 'phones/fxd_settings.txt': 'set' }],
])('who is refused is refused %s without its substitute', async (name, files: Contents) => {
  const find = await closedSite({
    '46xxupgrade.scr': 'real',
    '46xxsettings.txt': 'real',
    ...files,
  });
  await expect(find(name)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
});

it('gives the substitute its own tag, the same as under its own name', async () => {
  const root = await tempTree({
    ...{ 'allow_IP.txt': inside, 'fxd_settings.txt': 'set', '46xxsettings.txt': 'real' },
  });
  const delivery = new TreeDelivery({ trees: { TFTP: root }, cacheBytes: 1_000_000 });
  const find = (address: string, name: string): Promise<ServedFile> =>
    delivery.find({ tree: 'TFTP', name, address });
  const substitute = await find(outside, '46xxsettings.txt');
  expect(substitute.etag).toBe((await find(inside, 'fxd_settings.txt')).etag);
  const real = await find(inside, '46xxsettings.txt');
  expect(real.etag).not.toBe(substitute.etag);
  expect([real.bytes?.toString(), real.insteadOf]).toEqual(['real', undefined]);
});

it('gives no substitute by FTP, whose log-in is refused already', async () => {
  const root = await tempTree({ 'allow_IP.txt': inside, 'fxd_settings.txt': 'set' });
  const delivery = new TreeDelivery({ trees: { FTP: root }, cacheBytes: 1_000_000 });
  await expect(
    delivery.find({ tree: 'FTP', name: '46xxsettings.txt', address: outside }),
  ).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
});
