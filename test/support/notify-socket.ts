import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { findClient } from './real-client.ts';
import { tempFolder } from './temp-folder.ts';

/** Node opens no Unix datagram socket. */
const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
`;

export interface NotifySocket {
  /** For the environment of a service. */
  readonly path: string;
  /** What services have told, oldest first. */
  readonly told: readonly string[];
}

/** The end of systemd's that services notify (sd_notify(3)); needs python3. */
export async function notifySocket(): Promise<NotifySocket> {
  const socket = path.join(await tempFolder(), 'notify');
  const child = spawn(findClient('python3') ?? 'python3', ['-c', receiver, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const told: string[] = [];
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  lines.on('line', (line) => told.push(line));
  return { path: socket, told };
}
