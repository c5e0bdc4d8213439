import { describe, expect, it, onTestFinished } from 'vitest';
import { Journal, PhoneInventory, PhonesTable } from '#libs/journal';

function open(max?: number) {
  const journal = new Journal(':memory:');
  onTestFinished(() => {
    journal.close();
  });
  const table = new PhonesTable(journal, max);
  let now = 1_000;
  const failures: string[] = [];
  const inventory = new PhoneInventory({
    table,
    clock: { now: () => now },
    everyMs: 60_000,
    onFailure: ({ code }) => failures.push(code),
  });
  const at = (time: number): void => {
    now = time;
  };
  return { journal, table, inventory, failures, at };
}

const agent = 'Mozilla/4.0 (compatible; MSIE 6.0) AVAYA/J179-4.1.3.0.6 (MAC:c81fea83e85a)';
const fetched = (address: string, name: string) =>
  ({ address, name, direction: 'download', outcome: 'done' }) as const;
const proof = { extension: '2001', model: '4610D01A', mac: '00073be12233' };

describe('inventory', () => {
  it('learns what a telephone claims from its requests, and keeps when it was seen', async () => {
    const { table, inventory, at } = open();
    inventory.saw({ ...fetched('10.0.0.1', 'J100Supgrade.txt'), agent });
    at(2_000);
    inventory.saw({ ...fetched('10.0.0.1', 'c81fea83e85b.txt'), outcome: 'refused' });
    await inventory.stop();
    at(3_000);
    inventory.saw(fetched('10.0.0.1', 'J100Supgrade.txt'));
    await inventory.stop();
    expect(table.list(10, 0)).toEqual([
      {
        address: '10.0.0.1',
        firstSeen: 2_000,
        lastSeen: 3_000,
        agent,
        claim: { maker: 'Avaya', model: 'J179', firmware: '4.1.3.0.6', mac: 'c81fea83e85a' },
        proof: undefined,
        backupAt: undefined,
        files: [
          { name: 'J100Supgrade.txt', direction: 'download', outcome: 'done', at: 3_000 },
          { name: 'c81fea83e85b.txt', direction: 'download', outcome: 'refused', at: 2_000 },
        ],
      },
    ]);
  });

  it('keeps what was proven apart from what is claimed', async () => {
    const { table, inventory } = open();
    inventory.saw({ ...fetched('10.0.0.1', 'x'), agent });
    inventory.proved('10.0.0.1', proof);
    await inventory.stop();
    expect(table.list(1, 0)).toMatchObject([
      { claim: { mac: 'c81fea83e85a' }, proof: { ...proof, at: 1_000 } },
    ]);
  });

  it('lets a telephone move by proof, never by claim', async () => {
    const { table, inventory, at } = open();
    inventory.proved('10.0.0.1', proof);
    await inventory.stop();
    at(2_000);
    inventory.saw(fetched('10.0.0.2', `${proof.mac}.cfg`));
    await inventory.stop();
    expect(table.list(9, 0).map(({ address }) => address)).toEqual(['10.0.0.2', '10.0.0.1']);
    inventory.proved('10.0.0.3', proof);
    await inventory.stop();
    expect(
      table
        .list(9, 0)
        .map(({ address }) => address)
        .toSorted(),
    ).toEqual(['10.0.0.2', '10.0.0.3']);
  });

  it('knows the age of the last backup that was stored', async () => {
    const { table, inventory, at } = open();
    const upload = { address: '10.0.0.1', name: '2001_96xxdata.txt', direction: 'upload' } as const;
    inventory.saw({ ...upload, outcome: 'done' });
    await inventory.stop();
    at(2_000);
    inventory.saw({ ...upload, outcome: 'failed' });
    await inventory.stop();
    expect(table.list(1, 0)).toMatchObject([{ backupAt: 1_000, lastSeen: 2_000 }]);
  });

  it('keeps a bounded number of files of one telephone, the newest', async () => {
    const { table, inventory, at } = open();
    for (let round = 0; round < 5; round += 1) {
      at(round);
      for (let n = 0; n < 30; n += 1) inventory.saw(fetched('10.0.0.1', `${round}-${n}.bin`));
      await inventory.stop();
    }
    const [phone] = table.list(1, 0);
    expect(phone?.files).toHaveLength(24);
    expect(new Set(phone?.files.map(({ at: when }) => when))).toEqual(new Set([4]));
  });

  it('gives up the telephones that were seen longest ago', async () => {
    const { table, inventory, at } = open(3);
    for (let n = 1; n <= 5; n += 1) {
      at(n);
      inventory.saw(fetched(`10.0.0.${n}`, 'x'));
      await inventory.stop();
    }
    expect(table.list(9, 0).map(({ address }) => address)).toEqual([
      '10.0.0.5',
      '10.0.0.4',
      '10.0.0.3',
    ]);
    expect(table.totals(0).total).toBe(3);
  });

  it('drops what is beyond its queue, and counts it', () => {
    const { inventory } = open();
    for (let n = 0; n < 20_010; n += 1) inventory.saw(fetched(`10.${n >> 8}.${n & 255}.1`, 'x'));
    expect(inventory.dropped).toBe(10);
  });

  it('tells of a database that cannot be written, and goes on', async () => {
    const { journal, table, inventory, failures } = open();
    journal.run("create trigger t before insert on phones begin select raise(abort, 'full'); end");
    inventory.saw(fetched('10.0.0.1', 'x'));
    await inventory.stop();
    expect(failures).toEqual(['INTERNAL']);
    journal.run('drop trigger t');
    inventory.saw(fetched('10.0.0.1', 'x'));
    await inventory.stop();
    expect(table.list(9, 0)).toHaveLength(1);
  });

  it('takes hostile texts for text', async () => {
    const { table, inventory } = open();
    const name = `'; drop table phones; --\u0000\u001b[2J<script>`;
    inventory.saw({ ...fetched(`1'.2`, name), agent: `\u0017\u00ff'"); ${name}` });
    await inventory.stop();
    expect(table.list(1, 0)).toMatchObject([{ address: `1'.2`, files: [{ name }] }]);
  });
});

it('writes a storm of 2,000 telephones in turns that never hold the event loop', async () => {
  const { table, inventory, journal } = open();
  for (let n = 0; n < 2_000; n += 1) {
    for (const file of ['46xxupgrade.scr', '46xxsettings.txt', `${n}.cfg`]) {
      inventory.saw({ ...fetched(`10.1.${n >> 8}.${n & 255}`, file), agent });
    }
  }
  const turns: number[] = [];
  const record = table.record.bind(table);
  table.record = (sightings) => {
    turns.push(sightings.length);
    record(sightings);
  };
  await inventory.stop();
  expect(turns).toEqual(Array.from({ length: 20 }, () => 100));
  expect(journal.row('select count(*) as n from phone_files', [], ({ n }) => n)).toBe(6_000);
});

it('counts models of today, the most frequent first', async () => {
  const { table, inventory, at } = open();
  inventory.saw({ ...fetched('10.0.0.1', 'x'), agent: 'Fanvil X4 2.4.3 0c383e0718ff' });
  await inventory.stop();
  at(5_000);
  inventory.saw({ ...fetched('10.0.0.2', 'x'), agent });
  inventory.saw({ ...fetched('10.0.0.3', 'x'), agent });
  inventory.proved('10.0.0.4', proof);
  inventory.saw(fetched('10.0.0.5', 'x'));
  await inventory.stop();
  expect(table.totals(5_000)).toEqual({
    total: 5,
    today: 4,
    models: [
      { model: 'J179', phones: 2 },
      { model: '4610D01A', phones: 1 },
    ],
  });
});

describe('questions about it', () => {
  it('finds telephones by a part of what is known of them, and takes wildcards for text', async () => {
    const { table, inventory } = open();
    inventory.saw({ ...fetched('10.0.0.1', 'x'), agent });
    inventory.saw(fetched('10.0.0.2', 'y'));
    inventory.proved('10.0.0.2', proof);
    await inventory.stop();
    const addresses = (words: string): string[] =>
      table.search(words, 10, 0).phones.map(({ address }) => address);
    expect(addresses('0.0.')).toEqual(['10.0.0.2', '10.0.0.1']);
    expect(addresses('j179')).toEqual(['10.0.0.1']);
    expect(addresses('4.1.3')).toEqual(['10.0.0.1']);
    expect(addresses('2001')).toEqual(['10.0.0.2']);
    expect(addresses('00073BE1')).toEqual(['10.0.0.2']);
    for (const words of ['%', '_', '\\', "' or 1 --"]) expect(addresses(words)).toEqual([]);
    expect(table.search('10.0', 1, 1)).toMatchObject({
      total: 2,
      phones: [{ address: '10.0.0.1' }],
    });
    expect(table.one('10.0.0.2')?.proof?.extension).toBe('2001');
    expect(table.one('10.0.0.3')).toBeUndefined();
  });

  it('counts firmware, what was proven before what is claimed', async () => {
    const { table, inventory, at } = open();
    inventory.saw({ ...fetched('10.0.0.9', 'x'), agent });
    at(5_000);
    for (const last of [1, 2, 3]) inventory.saw({ ...fetched(`10.0.0.${last}`, 'x'), agent });
    inventory.proved('10.0.0.3', { ...proof, model: 'J179', firmware: '4.2' });
    inventory.saw(fetched('10.0.0.4', 'x'));
    await inventory.stop();
    expect(table.firmware(2_000)).toEqual([
      { model: 'J179', firmware: '4.1.3.0.6', phones: 2 },
      { model: 'J179', firmware: '4.2', phones: 1 },
    ]);
  });
});
