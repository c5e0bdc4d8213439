import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import {
  alarmMessageSchema,
  engineIdOf,
  Mail,
  Syslog,
  Trap,
  Webhook,
  type AlarmMessage,
  type Receiver,
} from '#libs/alarms';
import { Check } from 'typebox/value';
import { fakeMessage } from '../support/alarm-rig.ts';
import {
  startMailServer,
  startRsyslog,
  startSnmptrapd,
  startWebhook,
} from '../support/alarm-receivers.ts';
import { phoneCertificate } from '../support/phone-certificate.ts';
import { hasClient } from '../support/real-client.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { tlsListener } from '../support/tls-listener.ts';

const host = '127.0.0.1';
const unhurried = (): AbortSignal => AbortSignal.timeout(10_000);
const send = (receiver: Receiver, message: AlarmMessage = message1): Promise<string> =>
  receiver.send(message, unhurried());

/** What a branch could call itself, had nobody looked. */
const hostile = 'x"] [evil@1 a="b\\"\r\nBcc: evil@example.org\r\n\r\n<130>1 - forged ü\u2028y';
const message1 = fakeMessage({
  event: 'raised',
  severity: 'critical',
  condition: 'branch-overdue',
  text: 'lisbon hasn’t asked for updates.',
  alarms: [
    {
      ...{ id: 12, condition: 'branch-overdue', about: 'lisbon', severity: 'critical' },
      ...{ what: 'lisbon hasn’t asked for updates.', advice: 'Check the link.' },
      ...{ code: 'PEER_UNREACHABLE', since: '2026-11-26T14:07:00.000Z', clearedAt: null },
    },
  ],
});
const hostileMessage = fakeMessage({
  ...{ server: hostile, text: hostile, condition: hostile },
  alarms: [
    { ...message1.alarms[0], about: hostile, what: hostile, advice: hostile, code: hostile },
  ] as AlarmMessage['alarms'],
});

it.skipIf(!hasClient('rsyslogd'))(
  'rsyslog takes it apart as it was meant, by UDP and TCP (rsyslogd)',
  async () => {
    const { port, messages } = await startRsyslog();
    for (const transport of ['udp', 'tcp'] as const) {
      const syslog = new Syslog({
        host,
        port,
        transport,
        facility: 'local3',
        authorityFile: undefined,
      });
      await send(syslog);
      await send(syslog, hostileMessage);
    }
    await vi.waitUntil(async () => (await messages()).length >= 4, { timeout: 10_000 });
    const all = await messages();
    expect(all).toHaveLength(4);
    for (const good of all.filter(({ msgid }) => msgid === 'raised')) {
      expect(good).toMatchObject({
        pri: '154',
        hostname: 'files.example',
        'app-name': 'branchline',
      });
      expect(good['msg']).toContain('lisbon hasn’t asked for updates.');
      expect(good['structured-data']).toMatch(
        /^\[branchline@32473 .*condition="branch-overdue" alarm="12" about="lisbon"/,
      );
    }
    for (const bad of all.filter(({ msgid }) => msgid === 'test')) {
      expect(bad['hostname']).not.toMatch(/\s/);
      expect(bad['structured-data']).toMatch(
        /^\[branchline@32473(?: \w+="(?:[^"\\\]]|\\["\\\]])*")+\]$/,
      );
      expect(bad['msg']).toContain('forged ü');
    }
  },
);

it('syslog by TLS counts octets, and is refused by who shows another certificate', async () => {
  const pair = await phoneCertificate();
  const listener = await tlsListener({ ...pair });
  const folder = await tempFolder();
  const authorityFile = path.join(folder, 'ca.pem');
  await writeFile(authorityFile, pair.cert);
  const options = { port: listener.port, transport: 'tls', facility: 'local0' } as const;
  await send(new Syslog({ ...options, host: 'localhost', authorityFile }));
  await vi.waitUntil(() => listener.received().includes('asked for updates'), { timeout: 10_000 });
  const [, count = '', line = ''] = /^(\d+) (<130>1 .*)$/s.exec(listener.received()) ?? [];
  expect(Buffer.byteLength(line)).toBe(Number(count));
  await expect(
    send(new Syslog({ ...options, host: 'localhost', authorityFile: undefined })),
  ).rejects.toMatchObject({
    code: 'ALARM_RECEIVER_REFUSED',
  });
});

it('a syslog server that is not there is unreachable, by UDP and TCP', async () => {
  for (const transport of ['udp', 'tcp'] as const) {
    const syslog = new Syslog({
      host,
      port: 9,
      transport,
      facility: 'local0',
      authorityFile: undefined,
    });
    await expect(send(syslog)).rejects.toMatchObject({ code: 'ALARM_RECEIVER_UNREACHABLE' });
  }
});

const community = { version: '2c', community: 'public' } as const;
const user = {
  version: '3',
  ...{ user: 'alarms', context: '' },
  auth: { protocol: 'SHA-256', passphrase: 'a pass phrase' },
  privacy: { protocol: 'AES', passphrase: 'another phrase' },
} as const;

it.skipIf(!hasClient('snmptrapd'))(
  'snmptrapd takes traps and informs of v2c and v3 (snmptrapd)',
  async () => {
    const create = 'alarms SHA-256 "a pass phrase" AES "another phrase"';
    const { port, said } = await startSnmptrapd([
      'authCommunity log public',
      `createUser -e ${engineIdOf('files.example')} ${create}`,
      `createUser ${create}`,
      'authUser log alarms priv',
    ]);
    const server = 'files.example';
    for (const [access, inform] of [
      [community, false],
      [community, true],
      [user, false],
      [user, true],
    ] as const) {
      const trap = new Trap({ host, port, access, inform, server });
      expect(await send(trap)).toMatch(inform ? /^acknowledged/ : /^sent/);
    }
    await send(new Trap({ host, port, access: community, inform: true, server }), hostileMessage);
    const notifications = (): string[] => said().split('NOTIFICATION ').slice(1);
    await vi.waitUntil(() => notifications().length >= 5, { timeout: 10_000 });
    expect(notifications()).toHaveLength(5);
    for (const one of notifications().slice(0, 4)) {
      expect(one).toContain('.1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.4.1.32473.1.0.1');
      expect(one).toContain('.1.3.6.1.4.1.32473.1.1.6.0 = STRING: "lisbon"');
      expect(one).toContain('.1.3.6.1.4.1.32473.1.1.4.0 = INTEGER: 1');
    }
  },
  20_000,
);

it('an inform that nobody answers is unreachable, and tells no pass phrase', async () => {
  const trap = new Trap({ host, port: 9, access: user, inform: true, server: 'x' });
  const error: unknown = await trap
    .send(message1, AbortSignal.timeout(1_000))
    .catch((thrown: unknown) => thrown);
  expect(String(error)).not.toMatch(/phrase|alarms/);
});

const noTls = { tls: 'none', authorityFile: undefined, user: '', password: '' } as const;
const addresses = { from: 'branchline@example.com', to: ['ops@example.com', 'night@example.com'] };

it.skipIf(!hasClient('aiosmtpd'))(
  'a mail server takes it, and no name becomes a header or an address (aiosmtpd)',
  async () => {
    const { port, mails } = await startMailServer();
    const mail = new Mail({ host, port, ...noTls, ...addresses });
    expect(await send(mail)).toMatch(/^taken: 250 taken by the test/);
    await send(mail, hostileMessage);
    const [good, bad] = await mails(2);
    expect(good).toMatchObject({ from: addresses.from, to: addresses.to, tls: false });
    expect(good?.data).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
    expect(good?.data).toContain(`Message-ID: <${message1.id}@example.com>`);
    expect(good?.data).toContain('What to do: Check the link.');
    expect(bad?.to).toEqual(addresses.to);
    const [headers = ''] = (bad?.data ?? '').split(/\r?\n\r?\n/);
    expect(headers).not.toMatch(/^Bcc:/im);
    expect(headers.match(/^Subject:/gim)).toHaveLength(1);
  },
);

it.skipIf(!hasClient('aiosmtpd'))(
  'logs in by STARTTLS and TLS, sends nothing without either, and says no password (aiosmtpd)',
  async () => {
    const pair = await phoneCertificate();
    const folder = await tempFolder();
    const authorityFile = path.join(folder, 'ca.pem');
    await writeFile(authorityFile, pair.cert);
    const login = { user: 'anna', password: 'geheim-4711' };
    for (const tls of ['explicit', 'implicit'] as const) {
      const { port, mails } = await startMailServer({ tls, pair, ...login });
      const options = { host: 'localhost', port, tls, authorityFile, ...login, ...addresses };
      await send(new Mail(options));
      expect(await mails(1)).toMatchObject([{ tls: true, user: 'anna' }]);
      const wrong = await send(new Mail({ ...options, password: 'falsch-0815' })).catch(
        (error: unknown) => error,
      );
      expect(wrong).toMatchObject({ code: 'ALARM_RECEIVER_REFUSED' });
      expect(String(wrong)).not.toContain('falsch-0815');
      await expect(send(new Mail({ ...options, authorityFile: undefined }))).rejects.toMatchObject({
        code: 'ALARM_RECEIVER_REFUSED',
      });
      expect(await mails(1)).toHaveLength(1);
    }
    const plain = await startMailServer();
    await expect(
      send(
        new Mail({
          host: 'localhost',
          port: plain.port,
          tls: 'explicit',
          authorityFile,
          ...login,
          ...addresses,
        }),
      ),
    ).rejects.toMatchObject({ code: 'ALARM_RECEIVER_REFUSED' });
    expect(await plain.mails(0)).toEqual([]);
  },
  20_000,
);

it('a webhook gets the documented JSON, signed', async () => {
  const { url, posted } = await startWebhook();
  const secret = 'a secret of some length';
  await send(new Webhook({ url, secret, authorityFile: undefined }), message1);
  await send(new Webhook({ url, secret: '', authorityFile: undefined }), hostileMessage);
  const [first, second] = posted;
  const body: unknown = JSON.parse(first?.body ?? '');
  expect(Check(alarmMessageSchema, body)).toBe(true);
  expect(body).toEqual(message1);
  const hmac = createHmac('sha256', secret)
    .update(first?.body ?? '')
    .digest('hex');
  expect(first?.headers['branchline-signature']).toBe(`sha256=${hmac}`);
  expect(second?.headers['branchline-signature']).toBeUndefined();
  expect(JSON.parse(second?.body ?? '')).toEqual(hostileMessage);
});

it.each([
  [500, 'ALARM_RECEIVER_UNREACHABLE'],
  [429, 'ALARM_RECEIVER_UNREACHABLE'],
  [401, 'ALARM_RECEIVER_REFUSED'],
  [302, 'ALARM_RECEIVER_REFUSED'],
])('a webhook that answers %i: %s', async (status, code) => {
  const { url } = await startWebhook(() => status);
  await expect(
    send(new Webhook({ url, secret: '', authorityFile: undefined })),
  ).rejects.toMatchObject({ code });
});

it('every receiver that accepts and then is silent is given up in time', async () => {
  const silent = createServer((socket) => {
    socket.on('error', () => undefined).resume();
  });
  silent.listen(0, host);
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const receivers = [
    new Webhook({ url: `http://${host}:${port}/`, secret: '', authorityFile: undefined }),
    new Mail({ host, port, ...noTls, ...addresses }),
    new Mail({ host, port, ...noTls, tls: 'implicit', ...addresses }),
    new Syslog({ host, port, transport: 'tls', facility: 'local0', authorityFile: undefined }),
  ];
  const started = performance.now();
  const ends = await Promise.allSettled(
    receivers.map((each) => each.send(message1, AbortSignal.timeout(300))),
  );
  expect(ends.map(({ status }) => status)).toEqual(receivers.map(() => 'rejected'));
  expect(performance.now() - started).toBeLessThan(5_000);
});
