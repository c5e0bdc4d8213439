import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Check } from 'typebox/value';
import { Type } from 'typebox';
import type { BenchResult } from './support/bench-result.ts';
import { compiled } from './support/compiled.ts';
import { debianProgram } from './support/debian-program.ts';
import { withFreshDisk } from './support/fresh-disk.ts';
import { median } from './support/measure.ts';
import { accepts, pinned, RunningPeer } from './support/running-peer.ts';

export const name = 'http-put';

const execute = promisify(execFile);
const rounds = 5;
const connections = 50;
const requests = 5000;
const backupBytes = 65_536;
/** Telephones; after the first round each save replaces the one before, and keeps it as a version. */
const names = 1000;
const serverCpu = 0;
const loadCpu = 1;

const loadResult = Type.Object({
  perSecond: Type.Number(),
  p99Ms: Type.Number(),
  failed: Type.Number(),
});

/** Backups of telephones by PUT: ours synced to the disk with versions, nginx with neither, each on one core. */
export function run(): Promise<BenchResult> {
  return withFreshDisk(async (folder) => {
    const load = await compiled('http-put-load.c');
    const nginx = await debianProgram('nginx');
    const put = async (port: number): Promise<{ perSecond: number; p99Ms: number }> => {
      const words = [load, ...[port, connections, requests, backupBytes, names].map(String)];
      const [program = '', ...args] = pinned(loadCpu, words);
      const { stdout } = await execute(program, args, { timeout: 120_000 });
      const result: unknown = JSON.parse(stdout);
      if (!Check(loadResult, result) || result.failed > 0) throw new Error(`PUT failed: ${stdout}`);
      return result;
    };
    const [oursPort, peerPort] = [await freePort(), await freePort()];
    const ours = await startOurs(path.join(folder, 'ours'), oursPort);
    const peer = await startNginx(nginx, path.join(folder, 'nginx'), peerPort);
    try {
      const measured: { ours: number; peer: number; oursP99: number; peerP99: number }[] = [];
      for (let round = 0; round <= rounds; round += 1) {
        const mine = await put(oursPort);
        const theirs = await put(peerPort);
        measured.push({
          ...{ ours: mine.perSecond, peer: theirs.perSecond },
          ...{ oursP99: mine.p99Ms, peerP99: theirs.p99Ms },
        });
      }
      const of = (key: 'ours' | 'peer' | 'oursP99' | 'peerP99'): number =>
        median(measured.slice(1).map((round) => round[key]));
      const unit = '/s';
      return {
        title: `PUT of 64 KiB backups, ${connections} connections, ${names} telephones`,
        command: `${nginx.title}: dav_methods PUT; one worker`,
        figures: [
          { label: 'branchline, synced, with versions', value: of('ours'), unit },
          { label: 'nginx, not synced', value: of('peer'), unit },
          { label: 'branchline, 99th percentile', value: of('oursP99'), unit: 'ms' },
          { label: 'nginx, 99th percentile', value: of('peerP99'), unit: 'ms' },
          {
            label: 'branchline / nginx',
            value: of('ours') / of('peer'),
            unit: '×',
            limit: { kind: 'at least', value: 0.6 },
          },
        ],
      };
    } finally {
      await ours.stop();
      await peer.stop();
    }
  });
}

async function startOurs(folder: string, port: number): Promise<RunningPeer> {
  await mkdir(folder, { recursive: true });
  const config = path.join(folder, 'branchline.ini');
  const lines = [
    ...['[Settings]', 'DataDir=data', 'BindAddress=127.0.0.1', 'RunStatus=0', 'LogFile='],
    ...['[FTP]', 'RunFTP=0', '[TFTP]', 'RunTrivialFTP=0', '[HTTP]', `HTTPPort=${port}`],
    ...['[UPLOADS]', 'HTTPBackupProof=none'],
  ];
  await writeFile(config, lines.join('\n'));
  return await RunningPeer.start({
    program: fileURLToPath(new URL('../../bin/branchline', import.meta.url)),
    args: ['serve', '--config', config],
    cpu: serverCpu,
    silent: true,
    ready: () => accepts(port),
  });
}

async function startNginx(
  { program, env }: { program: string; env: Readonly<Record<string, string>> },
  folder: string,
  port: number,
): Promise<RunningPeer> {
  for (const part of ['root', 'temp', 'logs']) {
    await mkdir(path.join(folder, part), { recursive: true });
  }
  const temps = ['proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path temp/${kind};`,
  );
  const config = path.join(folder, 'nginx.conf');
  const text = `
    daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log logs/error.log;
    events { worker_connections 1024; }
    http {
      access_log off; keepalive_requests 1000000; client_max_body_size 2m;
      client_body_temp_path temp/body; ${temps.join(' ')}
      server { listen 127.0.0.1:${port}; root root; location / { dav_methods PUT; } }
    }`;
  await writeFile(config, text);
  return await RunningPeer.start({
    program,
    env,
    args: ['-p', folder, '-c', config],
    cpu: serverCpu,
    ready: () => accepts(port),
  });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.listen(0, '127.0.0.1', () => {
    resolve(undefined);
  });
  await promise;
  const bound = server.address();
  await new Promise((closed) => server.close(closed));
  return bound !== null && typeof bound === 'object' ? bound.port : 0;
}
