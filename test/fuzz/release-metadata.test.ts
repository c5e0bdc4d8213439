import fc from 'fast-check';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { BranchlineError } from '#libs/errors';
import { TrustedRelease } from '#libs/release';
import { ReleaseHub, target } from '../support/release-hub.ts';

const names = ['2.root.json', 'timestamp.json', '2.snapshot.json', '2.targets.json'] as const;

it('whatever a hub answers, its release arrives whole, or is refused with a code and the old one stays', async () => {
  const hub = await ReleaseHub.open();
  await hub.repository.publish([target('old')]);
  const branch = await hub.branch();
  await branch.refresh(hub.fetch);
  await hub.repository.publish([target('new')]);
  const real = new Map<string, Buffer>();
  for (const name of names.slice(1)) real.set(name, await hub.file(name));
  real.set('2.root.json', hub.repository.root());
  let runs = 0;
  const any = fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes));
  const json = fc.json().map((text) => Buffer.from(text));
  const wrong = fc
    .record({ signatures: fc.jsonValue(), signed: fc.jsonValue() })
    .map((value) => Buffer.from(JSON.stringify(value)));
  const damaged = fc
    .tuple(fc.constantFrom(...names), fc.nat(), fc.integer({ min: 1, max: 255 }))
    .map(([name, position, flip]) => {
      const bytes = Buffer.from(real.get(name) ?? Buffer.alloc(1));
      const at = position % bytes.length;
      bytes.writeUInt8(bytes.readUInt8(at) ^ flip, at);
      return bytes;
    });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.oneof(any, json, wrong, damaged),
      async (name, bytes) => {
        hub.instead.clear();
        hub.instead.set(name, bytes);
        const folder = path.join(hub.folder, `branch-${(runs += 1)}`);
        await cp(path.join(hub.folder, 'branch'), folder, { recursive: true });
        const fresh = await TrustedRelease.open(folder, { clock: hub.clock });
        const outcome = await fresh.refresh(hub.fetch).then(
          () => 'RELEASE_WHOLE',
          (error: unknown) => (error instanceof BranchlineError ? error.code : error),
        );
        expect(outcome).toMatch(/^RELEASE_/);
        // A letter of a signature may change its case and still be the signature.
        const expected = outcome === 'RELEASE_WHOLE' ? 'new' : 'old';
        expect(fresh.current()?.targets).toEqual([target(expected)]);
      },
    ),
    { numRuns: 300 },
  );
});
