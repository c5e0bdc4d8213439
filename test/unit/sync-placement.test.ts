import { expect, it } from 'vitest';
import { Placement, publishingRank } from '#libs/sync';

const placement = new Placement(['46xx*', 'a10*.bin', '*.scr']);

it.each([
  ['46xxupgrade.scr', ['TFTP', 'HTTP', 'HTTPS']],
  ['46XXSettings.txt', ['TFTP', 'HTTP', 'HTTPS']],
  ['A10D01B2_9.BIN', ['TFTP', 'HTTP', 'HTTPS']],
  ['J100Supgrade.txt', ['HTTP', 'HTTPS']],
  ['firmware/FW_S_J179_R4_1_3_0_6.bin', ['HTTP', 'HTTPS']],
  ['TFTP_allow_IP.txt', ['TFTP']],
  ['https_allow_ip.TXT', ['HTTPS']],
  ['FTP_allow_IP.txt', ['FTP']],
  ['allow_IP.txt', ['TFTP', 'FTP', 'HTTP', 'HTTPS']],
])('%s goes to %j', (name, trees) => {
  expect(placement.placesOf(name)).toEqual(trees.map((tree) => ({ tree, name, named: false })));
});

it.each([
  ['TFTPdata/J100Supgrade.txt', 'TFTP', 'J100Supgrade.txt'],
  ['httpsdata/firmware/x.bin', 'HTTPS', 'firmware/x.bin'],
  ['HTTP/a.txt', 'HTTP', 'a.txt'],
  ['FTPdata/2001_4620data.txt', 'FTP', '2001_4620data.txt'],
])('%s goes where its folder says: %s', (member, tree, name) => {
  expect(placement.placesOf(member)).toEqual([{ tree, name, named: true }]);
});

it('takes a file that is only called like a tree for a file', () => {
  expect(placement.placesOf('HTTPdata')).toEqual([
    { tree: 'HTTP', name: 'HTTPdata', named: false },
    { tree: 'HTTPS', name: 'HTTPdata', named: false },
  ]);
});

it.each([
  ['firmware/S96x1_SALBR7_1_15.bin', 0],
  ['46xxsettings.txt', 1],
  ['fxd_settings.txt', 1],
  ['96x1Supgrade.txt', 2],
  ['46xxupgrade.scr', 2],
  ['upgrade/readme.bin', 0],
])('%s appears at rank %i', (name, rank) => {
  expect(publishingRank(name)).toBe(rank);
});
