import { expect, it, onTestFinished, vi } from 'vitest';
import { SupervisedProcess } from '#libs/lifecycle';

it('a supervised process does not speak to systemd in the name of this one', async () => {
  vi.stubEnv('NOTIFY_SOCKET', '/run/systemd/notify');
  vi.stubEnv('WATCHDOG_USEC', '60000000');
  onTestFinished(() => void vi.unstubAllEnvs());
  const child = new SupervisedProcess({
    name: 'a shell',
    command: '/bin/sh',
    args: ['-c', 'echo "${NOTIFY_SOCKET-none} ${WATCHDOG_USEC-none}" >&2; exit 2'],
    hopeless: [2],
  });
  await child.start();
  await expect.poll(() => child.look().state).toBe('failed');
  expect(child.look().reason).toContain('none none');
});
