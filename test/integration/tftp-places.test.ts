import { expect, it } from 'vitest';
import { ClientSlots } from '#libs/delivery';
import { tftpFetch } from '#libs/tftp';
import { tftpBranch } from '../support/tftp-branch.ts';
import { TftpClient } from '../support/tftp-client.ts';

/** A server with two places for a minute each, and phones at addresses of their own. */
async function twoPlaces() {
  const clock = { now: 0 };
  const slots = new ClientSlots({ maxClients: 2, sessionMs: 60_000, now: () => clock.now });
  const branch = await tftpBranch(
    { a: 'a', b: Buffer.alloc(2_000) },
    { address: '0.0.0.0', slots },
  );
  const phone = (n: number): Promise<TftpClient> => TftpClient.open('127.0.0.1', `127.0.0.${n}`);
  /** Fetch `a` to its end, without checking that it may. */
  const fetch = async (client: TftpClient): Promise<void> => {
    client.ask('a', branch.port);
    const { from } = await client.next();
    client.ack(1, from);
  };
  return { branch, clock, slots, phone, fetch };
}

it('a third phone gets nothing while two hold places, and its file when one is over', async () => {
  const { branch, clock, slots, phone, fetch } = await twoPlaces();
  const [first, second, third] = [await phone(1), await phone(2), await phone(3)];
  await fetch(first);
  await fetch(second);
  await branch.ended(2);
  third.ask('a', branch.port);
  expect((await branch.ended(3))[2]).toMatchObject({
    address: '127.0.0.3',
    name: 'a',
    outcome: 'refused',
    code: 'PHONES_TOO_MANY',
  });
  expect(slots.usage).toEqual({ taken: 2, maxClients: 2, turnedAway: 1 });

  // Those with a place get all their files.
  await fetch(first);
  clock.now = 59_999;
  await fetch(second);
  third.ask('a', branch.port);
  expect((await branch.ended(6))[5]).toMatchObject({ code: 'PHONES_TOO_MANY' });
  expect(third.waiting).toEqual([]);

  clock.now = 60_000;
  await fetch(third);
  expect((await branch.ended(7))[6]).toMatchObject({ address: '127.0.0.3', outcome: 'done' });
});

it('a phone counts once, from however many ports and for however many files it asks', async () => {
  const { branch, slots } = await twoPlaces();
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => tftpFetch('127.0.0.1', branch.port, n % 2 ? 'a' : 'b')),
  );
  expect(slots.usage).toEqual({ taken: 1, maxClients: 2, turnedAway: 0 });
});

it('an address that asks and never answers keeps no place', async () => {
  const { branch, slots, phone, fetch } = await twoPlaces();
  const [asks, only, third] = [await phone(1), await phone(2), await phone(3)];
  for (const client of [asks, only]) client.ask('a', branch.port, { tsize: '0' });
  const { from } = await only.next();
  await asks.next();
  expect(slots.usage.taken).toBe(2);
  // The answer of one whose address somebody else has used.
  only.send({ kind: 'error', code: 0, message: 'not I' }, from);
  await branch.ended(1);
  await fetch(third);
  expect((await branch.ended(2))[1]).toMatchObject({ address: '127.0.0.3', outcome: 'done' });
});

it('a name that is not there costs a phone nothing', async () => {
  const { branch, slots, phone } = await twoPlaces();
  for (let n = 1; n <= 5; n += 1) {
    const client = await phone(n);
    client.ask('001b4f3f7313.txt', branch.port);
    expect((await client.next()).packet).toMatchObject({ kind: 'error', code: 1 });
  }
  await branch.ended(5);
  expect(slots.usage).toMatchObject({ taken: 0, turnedAway: 0 });
});
