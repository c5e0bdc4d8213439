import { readFile } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { changeSettings } from '../../apps/cli/settings-file.ts';
import type { DemoSite } from '../../apps/demo/demo-site.ts';
import { Relay } from './relay.ts';

/** A relay in front of a hub, through which a branch that has joined reaches it. */
export async function relayedHub(
  hub: DemoSite,
  branch: DemoSite,
  bytesPerSecond = Infinity,
  key: 'PrimaryIP' | 'SecondaryIP' = 'PrimaryIP',
): Promise<Relay> {
  const hubPort = Number(/^HubPort=(\d+)$/m.exec(await readFile(hub.config, 'utf8'))?.[1]);
  const relay = await Relay.start(() => hubPort, bytesPerSecond);
  onTestFinished(() => relay.stop());
  await changeSettings(branch.config, { [`BACKUP_SERVERS/${key}`]: `127.0.0.1:${relay.port}` });
  return relay;
}
