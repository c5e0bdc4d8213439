import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ReleaseTarget } from '#libs/release';
import { parse, ReleaseHub, resign } from '../support/release-hub.ts';
import { turnCost } from '../support/turn-cost.ts';

const blockedMs = 50;

const targets: readonly ReleaseTarget[] = Array.from({ length: 10_000 }, (_, n) => ({
  name: `a-firmware-release-with-a-name-of-usual-length-${n}.zip`,
  size: n * 1_000,
  sha256: createHash('sha256').update(`${n}`).digest('hex'),
  published: 1_700_000_000_000 + n,
}));
const [added] = targets;

describe('ten thousand files', () => {
  it('with one more are published in a moment, arrive whole, and hold up nobody', async () => {
    const hub = await ReleaseHub.open();
    await hub.repository.publish(targets.slice(1));
    const branch = await hub.branch();
    await branch.refresh(hub.fetch);
    const published = await turnCost(() => hub.repository.publish(targets));
    expect(published.result).toEqual({ version: 2, changed: true });
    expect(published.longestMs).toBeLessThan(blockedMs);
    const refreshed = await turnCost(() => branch.refresh(hub.fetch));
    expect(refreshed.result.targets).toHaveLength(targets.length);
    expect(refreshed.result.targets).toContainEqual(added);
    expect(new Set(refreshed.result.targets.map((one) => JSON.stringify(one)))).toEqual(
      new Set(targets.map((one) => JSON.stringify(one))),
    );
    expect(refreshed.longestMs).toBeLessThan(blockedMs);
    const again = await turnCost(() => hub.repository.publish(targets.toReversed()));
    expect(again.result).toEqual({ version: 2, changed: false });
    expect(again.longestMs).toBeLessThan(blockedMs);
    const reopened = await turnCost(() => hub.reopened());
    expect(reopened.result.current()?.targets).toHaveLength(targets.length);
    expect(reopened.longestMs).toBeLessThan(blockedMs);
  });

  it('are refused with the same codes as a few, though another thread looks at them', async () => {
    const hub = await ReleaseHub.open();
    await hub.repository.publish(targets);
    const { signed } = await hub.newest('targets');
    const attempt = async (bytes: Buffer, code: string): Promise<void> => {
      hub.instead.clear();
      await hub.plant('targets', bytes);
      const branch = await hub.branch();
      await expect(branch.refresh(hub.fetch)).rejects.toMatchObject({ code });
    };
    await attempt(resign({ ...signed, version: 2 }, []), 'RELEASE_UNSIGNED');
    await attempt(resign({ ...signed, version: 2 }, hub.keysOf('root')), 'RELEASE_STRANGE_KEY');
    const bad = { ...(signed['targets'] as object), '../x': {} };
    await attempt(resign({ ...signed, targets: bad }, hub.keysOf('targets')), 'RELEASE_MALFORMED');
    hub.instead.clear();
    const file = await hub.file('1.targets.json');
    hub.instead.set('1.targets.json', Buffer.concat([file.subarray(1), Buffer.from(' ')]));
    await hub.repository.publish(targets);
    const fresh = await hub.branch();
    await expect(fresh.refresh(hub.fetch)).rejects.toMatchObject({ code: 'RELEASE_MIXED' });
    hub.instead.clear();
    expect((await fresh.refresh(hub.fetch)).version).toBe(parse(file).signed.version);
  });
});
