import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { loggerInto } from '#libs/observe';
import { phoneObjects, parseRanges, systemObject } from '#libs/phones';
import { phoneOfRow, type ScannedPhone } from '#libs/scan';
import { snmpReader, type SnmpAccess, type SnmpReader, type SnmpValue } from '#libs/snmp';
import { planOf } from '../../apps/server/compose.ts';
import { scanBySchedule } from '../../apps/server/scheduled-scan.ts';
import { phoneOf, type PhoneFacts } from '../support/phone-agent.ts';
import { hasClient } from '../support/real-client.ts';
import { startSnmpd } from '../support/real-snmpd.ts';
import { scannedPhones, scanRig, type ScanRig } from '../support/scan-rig.ts';
import { faultsOf, settingsOf } from '../support/settings-file.ts';
import { plant } from '../support/temp-tree.ts';

const sip = 'J100 and 96x1 SIP';
const h323 = '96x0 and 96x1 H.323';

const number = (value: number): SnmpValue => ({ kind: 'integer', value });
const j179 = (extension: string, facts: PhoneFacts) =>
  phoneOf(sip, extension, { type: 'J179D02A', ...facts });

/** A 9608 that says how its last load and script went. */
function h9608(firmware: string, load: number, script: number): Record<string, SnmpValue | string> {
  const objects = phoneObjects.find(({ family }) => family === h323);
  return {
    ...phoneOf(h323, '3001', { type: '9608D01A', firmware, mac: 'c81fea83e85a' }),
    [objects?.load ?? '']: number(load),
    [objects?.script ?? '']: number(script),
  };
}

const found = ({ table }: ScanRig, id: string): ScannedPhone[] =>
  table
    .phones(id, { limit: 1_000, offset: 0 })
    .phones.map((json) => phoneOfRow(json))
    .filter((phone) => phone !== undefined);

async function scan(rig: ScanRig, ranges: string): Promise<ScannedPhone[]> {
  const { id } = rig.scans.begin(parseRanges(ranges), 'command');
  await rig.scans.settled();
  return found(rig, id);
}

it('tells families apart, what they run, what they would get here and how their last load went', async () => {
  const { port } = await scannedPhones(
    { objects: j179('2001', { firmware: 'FW_S_J179_R4_1_3_0_6.bin', serial: 'S1' }) },
    { objects: j179('2002', { firmware: '4.0.9.0.1' }) },
    { objects: h9608('6.6604', 2, 1) },
    { objects: h9608('S9608_11HALBR6_8_5_02_V4r83.tar', 0, 0) },
    { objects: phoneOf('4600', '4001', { type: '4610D01A', firmware: 'a10d01b2_9.bin' }) },
    { objects: { [systemObject]: { kind: 'object', oid: '1.3.6.1.4.1.11.2.3.9.1' } } },
    { manner: 'silent' },
    { manner: 'late first', objects: j179('2003', { firmware: '4.2.0.0.1' }) },
  );
  const rig = await scanRig(port);
  const phones = await scan(rig, '127.31.0.1-127.31.0.8');
  const short = phones.map(({ address, family, firmware, offered, standing, load, outcome }) => [
    ...[address.slice(9), outcome, family, firmware, offered, standing, load],
  ]);
  const newest = 'FW_S_J179_R4_1_3_0_6.bin';
  const tar = 'S9608_11HALBR6_8_5_02_V4r83.tar';
  expect(short).toEqual([
    ['1', 'phone', sip, newest, newest, 'current', null],
    ['2', 'phone', sip, '4.0.9.0.1', newest, 'behind', null],
    ['3', 'phone', h323, '6.6604', tar, 'behind', 'failed'],
    ['4', 'phone', h323, tar, tar, 'current', 'ok'],
    ['5', 'phone', '4600', 'a10d01b2_9.bin', null, 'unknown', null],
    ['6', 'other', null, null, null, null, null],
    ['7', 'silent', null, null, null, null, null],
    ['8', 'phone', sip, '4.2.0.0.1', newest, 'ahead', null],
  ]);
  expect(phones[0]).toMatchObject({
    extension: '2001',
    model: 'J179D02A',
    serial: 'S1',
    note: null,
  });
  expect(phones[2]).toMatchObject({ mac: 'c81fea83e85a', script: 'not interpreted' });
  // It is named, and nobody could load it.
  expect(phones[3]?.note).toContain(`${tar}, which cannot be had`);
  expect(phones[4]?.note).toContain('46xxupgrade.scr');
  expect(rig.scans.find(rig.table.recent(1)[0]?.id ?? '')).toMatchObject({
    state: 'done',
    words:
      '2 phones are behind, 1 failed its last load, 1 did not get its script, 1 runs something newer, 1 cannot be compared, 1 is no telephone, 1 did not answer, 2 run what this server offers',
  });
});

it('asks no address outside the range, and none twice', async () => {
  const { port, agents } = await scannedPhones({}, {}, {}, {}, {});
  await scan(await scanRig(port), '127.31.0.2-127.31.0.4,127.31.0.3-127.31.0.4');
  expect(agents.map(({ questions }) => questions.length)).toEqual([0, 2, 2, 2, 0]);
});

it('refuses more than the maximum count, and a second scan beside the first', async () => {
  const { port, agents } = await scannedPhones({ manner: 'silent' });
  const { scans, table } = await scanRig(port, { maxCount: 4 });
  const begin = (ranges: string, max?: number) => () =>
    scans.begin(parseRanges(ranges), 'api', max);
  expect(begin('127.31.0.1-127.31.0.5')).toThrow(/5 addresses are more than the 4/);
  expect(begin('127.31.0.1-127.31.0.3', 2)).toThrow(
    expect.objectContaining({ code: 'SCAN_TOO_LARGE' }),
  );
  expect(table.recent(9)).toEqual([]);
  begin('127.31.0.1', 65_536)();
  expect(begin('127.31.0.1')).toThrow(expect.objectContaining({ code: 'ALREADY_RUNNING' }));
  await scans.settled();
  expect(agents[0]?.questions).toHaveLength(2);
  begin('127.31.0.1')();
});

it('takes nothing of an answer that is not in its form, and keeps what is', async () => {
  const hostile = '</td><script>alert(1)</script>\r\nSET-COOKIE: a=b';
  const { port } = await scannedPhones(
    { objects: j179(hostile, { type: hostile, firmware: hostile, serial: hostile }) },
    { objects: j179('2002', { firmware: `4.1.3.0.6\x1b[31m`, serial: '=1+1' }) },
    { manner: 'garbage' },
    { manner: 'wrong objects' },
    { manner: 'stranger' },
    { manner: 'wrong id' },
  );
  const rig = await scanRig(port);
  const phones = await scan(rig, '127.31.0.1-127.31.0.6');
  expect(phones.map(({ outcome }) => outcome)).toEqual([
    ...['phone', 'phone', 'silent', 'silent', 'silent', 'silent'],
  ]);
  expect(phones[0]).toMatchObject({
    ...{ model: null, extension: null, firmware: null, serial: null, standing: 'unknown' },
    note: 'it tells a strange model, extension, serial number, firmware',
  });
  expect(phones[1]).toMatchObject({ extension: '2002', firmware: null, serial: '=1+1' });
  const names = await readdir(rig.folder);
  const texts = await Promise.all(
    names.map((name) => readFile(path.join(rig.folder, name), 'utf8')),
  );
  expect(texts.join('')).not.toMatch(/<script|SET-COOKIE|\x1b/i);
});

it('ends when it is told to, and keeps what has answered', async () => {
  const { port } = await scannedPhones({}, {}, {}, { manner: 'silent' });
  const rig = await scanRig(port, { timeoutMs: 20_000 });
  const { id } = rig.scans.begin(parseRanges('127.31.0.1-127.31.0.9'), 'command');
  await expect.poll(() => rig.scans.current()?.summary.phones).toBe(3);
  expect(rig.scans.cancel('another')).toBe(false);
  expect(rig.scans.cancel(id)).toBe(true);
  expect(await rig.scans.settled()).toMatchObject({ state: 'cancelled', summary: { asked: 3 } });
  expect(found(rig, id).map(({ address }) => address)).toEqual([
    ...['127.31.0.1', '127.31.0.2', '127.31.0.3'],
  ]);
  expect(await readdir(rig.folder)).toHaveLength(4);
  expect(rig.scans.current()).toBeUndefined();
});

it('keeps the files of as many scans as it may, and touches no other', async () => {
  const { port } = await scannedPhones({});
  const rig = await scanRig(port);
  const ours = ['ranges.txt', 'scan_notes.txt', 'scan_2001-01-01_000000_abcd.txt'];
  for (const name of ours) await writeFile(path.join(rig.folder, name), '127.31.0.1\n');
  const old = ['scan_2001-01-01_000000_abcd', 'scan_2002-01-01_000000_abcd'];
  for (const name of old) await writeFile(path.join(rig.folder, `${name}.csv`), '');
  for (let scans = 0; scans < 3; scans += 1) await scan(rig, '127.31.0.1');
  const names = await readdir(rig.folder);
  expect(names).toEqual(expect.arrayContaining(ours));
  expect(names).toHaveLength(ours.length + 3 * 4);
});

it('does without its folder, keeps what it found, and says that the files are missing', async () => {
  const { port } = await scannedPhones({});
  const rig = await scanRig(port, { files: { Scan: 'this is no folder' } });
  const { id } = rig.scans.begin(parseRanges('127.31.0.1'), 'command');
  expect(await rig.scans.settled()).toMatchObject({
    state: 'done',
    files: null,
    code: 'WRITE_FAILED',
  });
  expect(found(rig, id)).toHaveLength(1);
});

it('has ended only when its files are there', async () => {
  const { port } = await scannedPhones({});
  const rig = await scanRig(port);
  const { id } = rig.scans.begin(parseRanges('127.31.0.1'), 'command');
  for (let scan = rig.scans.find(id); scan?.state !== 'done'; scan = rig.scans.find(id)) {
    expect(scan).toMatchObject({ state: 'running', endedAt: null });
    await nextTurn();
  }
  expect(rig.scans.find(id)?.files).toMatch(/^scan_/);
  await rig.scans.settled();
});

it('reads the scripts as they are at each scan', async () => {
  const { port } = await scannedPhones({ objects: j179('2001', { firmware: '4.1.3.0.6' }) });
  const rig = await scanRig(port);
  expect((await scan(rig, '127.31.0.1'))[0]?.standing).toBe('current');
  await plant(rig.root, { 'HTTPdata/J100Supgrade.txt': 'SET APPNAME FW_S_J179_R4_2_0_0_1.bin\n' });
  await expect.poll(async () => (await scan(rig, '127.31.0.1'))[0]?.standing).toBe('behind');
});

it('offers a telephone outside the access list what it would get: the substitute', async () => {
  const files = {
    'HTTPdata/HTTP_allow_IP.txt': '127.31.0.1\n',
    'HTTPdata/J100Supgrade.txt': 'SET APPNAME FW_S_J179_R4_1_3_0_6.bin\n',
    'HTTPdata/fxd_upgrade.scr': 'SET APPNAME FW_S_J179_R4_0_0_0_1.bin\n',
  };
  const phone = { objects: j179('2001', { firmware: '4.1.3.0.6' }) };
  const { port } = await scannedPhones(phone, phone);
  const phones = await scan(await scanRig(port, { files }), '127.31.0.1-127.31.0.2');
  expect(phones.map(({ standing }) => standing)).toEqual(['current', 'ahead']);
});

it('scans by schedule what the settings name, and says in the log why it could not', async () => {
  const { port } = await scannedPhones({});
  const rig = await scanRig(port, { maxCount: 2 });
  const told: string[] = [];
  const log = loggerInto('warn', { write: (line: string) => void told.push(line) });
  const schedule = { scans: rig.scans, folder: rig.folder, log };
  await plant(rig.folder, { 'floor2.txt': '127.31.0.1 127.31.0.1\n' });
  await scanBySchedule({ ...schedule, ranges: 'floor2.txt' });
  await scanBySchedule({ ...schedule, ranges: '127.31.0.1' });
  expect(await rig.scans.settled()).toMatchObject({ askedBy: 'schedule', summary: { asked: 1 } });
  await scanBySchedule({ ...schedule, ranges: 'gone.txt' });
  await scanBySchedule({ ...schedule, ranges: '127.31.0.0/24' });
  expect(told.map((line) => /"code":"(\w+)"/.exec(line)?.[1])).toEqual([
    ...['ALREADY_RUNNING', 'NOT_FOUND', 'SCAN_TOO_LARGE'],
  ]);
  expect(rig.table.recent(9)).toHaveLength(1);
});

it('is planned when there is something to scan, and how often', async () => {
  const planOfLines = async (...lines: string[]) =>
    planOf(await settingsOf(['[SNMP]', 'UseSNMP=0', '[SCAN]', ...lines])).scan;
  const { schedule, snmp, maxCount } = await planOfLines('Interval=3', 'Ranges=10.0.0.1 10.0.0.9');
  expect(schedule).toEqual({ interval: 3, ranges: '10.0.0.1 10.0.0.9' });
  // UseSNMP is about FTP.
  expect([snmp?.access.version, maxCount]).toEqual(['2c', 1_000]);
  expect((await planOfLines('Interval=3')).schedule).toBeUndefined();
  expect((await planOfLines('Ranges=10.0.0.1')).schedule).toBeUndefined();
  expect(await faultsOf(['[SCAN]', 'Ranges=10.0.0.9 10.0.0.1'])).toEqual(['2 [SCAN] Ranges']);
});

it.skipIf(!hasClient('snmpd')).each(['1', '2c', '3'] as const)(
  'scans a real agent by version %s, and with it one that answers and is no telephone (snmpd)',
  async (version) => {
    const objects = phoneObjects.find(({ family }) => family === h323);
    const lines = [
      ...['rocommunity public', 'rouser alice auth'],
      'createUser alice SHA "sesame sesame" AES "open the door"',
    ];
    const phone = [
      'sysObjectID 1.3.6.1.4.1.6889.1.69.2.1',
      `override ${objects?.type ?? ''} octet_str "9608D01A"`,
      `override ${objects?.extension[0] ?? ''} octet_str "3001"`,
      `override ${objects?.firmware ?? ''} octet_str "6.6604"`,
      `override ${objects?.load ?? ''} integer 2`,
    ];
    const { port } = await startSnmpd([...lines, ...phone], '127.31.1.1');
    await startSnmpd(lines, '127.31.1.2', port);
    const access: SnmpAccess =
      version === '3'
        ? {
            ...{ version, user: 'alice', context: '' },
            auth: { protocol: 'SHA', passphrase: 'sesame sesame' },
          }
        : { version, community: 'public' };
    const newReader = (): SnmpReader => snmpReader(access, { port, timeoutMs: 1_000, tries: 2 });
    const [first, second] = await scan(await scanRig(port, { newReader }), '127.31.1.1-127.31.1.2');
    expect(first).toMatchObject({
      ...{ outcome: 'phone', family: h323, model: '9608D01A', extension: '3001' },
      ...{ firmware: '6.6604', load: 'failed', standing: 'behind', serial: null },
    });
    expect(second).toMatchObject({ outcome: 'other', model: null, standing: null });
  },
);
