import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { freeTcpPort } from '../../apps/demo/free-port.ts';
import { accepts } from '../bench/support/running-peer.ts';
import type { Client } from './clients.ts';
import { freeUdpPort } from './free-udp-port.ts';
import type { Pair } from './phone-certificate.ts';
import { findClient } from './real-client.ts';
import { tempFolder } from './temp-folder.ts';

const host = '127.0.0.1';

/** Another Python in front of it would not have Debian's packages. */
const debianPython = '/usr/bin/python3';

/** A daemon in the foreground, ended with the test; what it writes to its standard output is kept. */
function daemon(name: Client, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = name === 'aiosmtpd' ? debianPython : findClient(name);
  if (program === undefined) throw new Error(`${name} is not installed`);
  const child: ChildProcess = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
  }
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { said: () => said };
}

/** Debian's rsyslog, which writes what it has understood: each message a line of JSON. */
export async function startRsyslog(): Promise<{
  port: number;
  messages: () => Promise<SyslogRecord[]>;
}> {
  const folder = await tempFolder();
  const port = await freeTcpPort();
  const file = path.join(folder, 'messages');
  const fields = ['pri', 'hostname', 'app-name', 'msgid', 'structured-data', 'msg'];
  const properties = fields.map(
    (name) => `property(outname="${name}" name="${name}" format="jsonf")`,
  );
  const template = [
    'constant(value="{")',
    properties.join(' constant(value=",") '),
    'constant(value="}\\n")',
  ];
  const conf = path.join(folder, 'rsyslog.conf');
  await writeFile(
    conf,
    `global(workDirectory="${folder}" maxMessageSize="16k")
module(load="imudp") module(load="imtcp")
input(type="imudp" address="${host}" port="${port}")
input(type="imtcp" address="${host}" port="${port}" supportOctetCountedFraming="on")
template(name="all" type="list") { ${template.join(' ')} }
action(type="omfile" file="${file}" template="all")\n`,
  );
  daemon('rsyslogd', ['-n', '-f', conf, '-i', path.join(folder, 'pid')]);
  await vi.waitUntil(() => accepts(port, host).catch(() => false), { timeout: 10_000 });
  const messages = async (): Promise<SyslogRecord[]> =>
    (await readFile(file, 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as SyslogRecord);
  return { port, messages };
}

export type SyslogRecord = Readonly<Record<string, string>>;

/** Debian's snmptrapd; `said` has each notification on a line, by numbers. `lines` are those of snmptrapd.conf(5). */
export async function startSnmptrapd(lines: readonly string[]) {
  const folder = await tempFolder();
  const port = await freeUdpPort(host);
  const conf = path.join(folder, 'snmptrapd.conf');
  const format = 'format2 NOTIFICATION %v\\n';
  await writeFile(conf, `${[...lines, format, 'format execute '].join('\n')}\n`);
  const args = [
    '-f',
    '-Lo',
    '-n',
    '-On',
    '-C',
    '-c',
    conf,
    '-F',
    'NOTIFICATION %v\n',
    `udp:${host}:${port}`,
  ];
  const env = { SNMP_PERSISTENT_DIR: folder, MIBS: '', SNMPCONFPATH: folder };
  const { said } = daemon('snmptrapd', args, env);
  await vi.waitUntil(() => said().includes('NET-SNMP version'), { timeout: 10_000 });
  return { port, said };
}

/** A mail server that prints each message it takes as one line of JSON. */
export const mailServer = `
import json, sys, ssl, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
host, port, tls, cert, key, user, password = sys.argv[1:8]
class Handler:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None or tls == "implicit",
            "user": session.auth_data and session.auth_data.login.decode(), "data": envelope.content.decode("utf-8", "replace")}), flush=True)
        return "250 taken by the test"
def check(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login.decode() == user and data.password.decode() == password, handled=False, auth_data=data)
context = None
if cert:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
options = dict(hostname=host, port=int(port), authenticator=check, auth_required=user != "", auth_require_tls=tls != "none")
if tls == "explicit":
    options["tls_context"] = context
    options["require_starttls"] = True
if tls == "implicit":
    options["ssl_context"] = context
    options["auth_require_tls"] = False
Controller(Handler(), **options).start()
print("ready", flush=True)
while True: time.sleep(3600)
`;

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly tls: boolean;
  readonly user: string | null;
  readonly data: string;
}

export async function startMailServer({
  tls = 'none',
  pair,
  user = '',
  password = '',
}: {
  tls?: 'none' | 'explicit' | 'implicit';
  pair?: Pair;
  user?: string;
  password?: string;
} = {}): Promise<{ port: number; mails: (count: number) => Promise<TakenMail[]> }> {
  const folder = await tempFolder();
  const files = { cert: '', key: '' };
  if (pair !== undefined) {
    files.cert = path.join(folder, 'cert.pem');
    files.key = path.join(folder, 'key.pem');
    await writeFile(files.cert, pair.cert);
    await writeFile(files.key, pair.key);
  }
  const port = await freeTcpPort();
  const { said } = daemon('aiosmtpd', [
    ...['-c', mailServer, host, `${port}`, tls, files.cert, files.key, user, password],
  ]);
  await vi.waitUntil(() => said().includes('ready'), { timeout: 10_000 });
  const lines = (): string[] =>
    said()
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'));
  const mails = async (count: number): Promise<TakenMail[]> => {
    await vi.waitUntil(() => lines().length >= count, { timeout: 10_000 });
    return lines().map((line) => JSON.parse(line) as TakenMail);
  };
  return { port, mails };
}

export interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A web server that takes what is posted; `status` is asked for each: undefined never answers. */
export async function startWebhook(status: (body: string) => number | undefined = () => 204) {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => {
      body += bytes.toString();
    });
    request.on('end', () => {
      const code = status(body);
      if (code === undefined) return;
      posted.push({ headers: request.headers, body });
      response.writeHead(code).end();
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host}:${port}/hook`, posted };
}
