import { expect, it, vi } from 'vitest';
import { notifySystemd } from '#libs/lifecycle';
import { hasClient } from '../support/real-client.ts';
import { notifySocket } from '../support/notify-socket.ts';

it.skipIf(!hasClient('python3') || !hasClient('systemd-notify'))(
  'tells systemd, and stays until systemd has read it: who has ended is not known to it any more (python3, systemd-notify)',
  async () => {
    const systemd = await notifySocket();
    vi.stubEnv('NOTIFY_SOCKET', systemd.path);
    notifySystemd('READY=1', 'STATUS=ready, 7 listeners');
    const told = ['READY=1 STATUS=ready, 7 listeners', 'BARRIER=1'];
    await expect.poll(() => systemd.told).toEqual(told);
    vi.unstubAllEnvs();
  },
);
