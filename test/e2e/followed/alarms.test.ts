import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { AlarmList } from '#libs/pages';
import { mailServer } from '../../support/alarm-receivers.ts';
import { follow } from '../../support/followed-page.ts';
import { InstalledMachine } from '../../support/installed-machine.ts';
import { machinesOnSwitch } from '../../support/machines.ts';

const names = ['example.com', 'syslog.example.com', 'mail.example.com', 'nms.example.com'];

/** Keeps what is posted: the signature in one file, the bytes in another. */
const webhook = `
import http.server, ssl
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        open('/root/signature', 'w').write(self.headers['Branchline-Signature'])
        open('/root/body', 'wb').write(body)
        open('/root/bodies', 'ab').write(body + b'\\n')
        self.send_response(204)
        self.end_headers()
server = http.server.ThreadingHTTPServer(('', 443), Hook)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('/root/cert.pem', '/root/key.pem')
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
`;

/** The receivers of the page, one machine for all: https, syslog over TLS, STARTTLS with a log-in, informs of SNMP v3. */
async function receivers(at: InstalledMachine): Promise<void> {
  await writeFile(at.file('/root/webhook.py'), webhook);
  await writeFile(at.file('/root/mail.py'), mailServer);
  await writeFile(
    at.file('/root/snmptrapd.conf'),
    'createUser branchline SHA-256 PASSPHRASE AES PASSPHRASE\nauthUser log branchline priv\n',
  );
  const alternatives = names.map((name) => `DNS:${name}`).join(',');
  await at.must(`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \\
      -keyout key.pem -out cert.pem -subj /CN=example.com -addext subjectAltName=${alternatives}
    /usr/bin/python3 webhook.py 2>webhook.log &
    /usr/bin/python3 mail.py 0.0.0.0 587 explicit cert.pem key.pem branchline 'mail password' >mails 2>mail.log &
    sleep 1000 | openssl s_server -quiet -accept 6514 -cert cert.pem -key key.pem >syslog 2>&1 &
    snmptrapd -C -c snmptrapd.conf -Lf traps -On udp:162
    for port in 443 587 6514; do until (: >/dev/tcp/127.0.0.1/$port) 2>/dev/null; do sleep 0.1; done; done`);
}

follow('docs/how-to/alarms.md', ['aiosmtpd', 'openssl', 'python3', 'snmptrapd'], async (page) => {
  const [one, two] = await machinesOnSwitch(2);
  const others = await InstalledMachine.make(two);
  await receivers(others);
  const server = await InstalledMachine.make(one, [`${two?.address ?? ''} ${names.join(' ')}`]);
  await writeFile(
    server.file('/etc/branchline/authority.pem'),
    await others.read('/root/cert.pem'),
  );

  await page.settle(server, 'WebhookURL');
  // Public ones need none of this.
  const trusted = ['Webhook', 'Syslog', 'Mail'].map(
    (name) => `${name}CAFile=/etc/branchline/authority.pem`,
  );
  await server.settle(`[ALARMS]\n${trusted.join('\n')}\n`);
  await page.run(server, 'read -rs', {}, 'mail password\n');
  const answers = await page.run(server, 'alarms test');
  expect(answers).not.toContain('NOT TAKEN');
  for (const name of ['webhook', 'syslog', 'mail', 'trap']) expect(answers).toContain(name);
  await others.until(
    'test -s body && grep -q \'"user": "branchline"\' mails && test -s syslog && test -s traps',
  );

  // The signature, as the page says how.
  const secret = await server.read('/etc/branchline/webhook-secret');
  const given = `secret = b'${secret.trim()}'
body = open('/root/body', 'rb').read()
headers = {'Branchline-Signature': open('/root/signature').read()}
`;
  const check = page
    .shown('python')
    .trim()
    .replace(/^(hmac\.compare_digest.*)$/m, 'print($1)');
  await writeFile(others.file('/root/check.py'), `${given}${check}\n`);
  expect(await others.must('/usr/bin/python3 check.py')).toBe('True\n');

  expect(await page.run(server, 'mute all')).toContain('All alarms');
  const fired = { firedAt: new Date().toISOString(), reason: 'It was silent.', action: 'None.' };
  const file = '/var/lib/branchline/state/watchdog-fired.json';
  await writeFile(server.file(file), JSON.stringify(fired));
  await server.until('branchline alarms list --json | grep watchdog-fired');
  const { active, mutes } = JSON.parse(
    await server.must('branchline alarms list --json'),
  ) as AlarmList;
  const [ALARM, MUTE] = [String(active[0]?.id), String(mutes[0]?.id)];
  // Nobody is told until the end of a mute; then, that it is over and what is on.
  const told = 'grep watchdog-fired bodies';
  expect((await others.run(told)).status).not.toBe(0);
  await page.run(server, 'unmute', { ALARM, MUTE });
  await others.until(told);
});
