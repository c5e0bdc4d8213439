import { scriptDoors, plainDoors, startAvaya } from './avaya-start.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { StartingPhone } from './starting-phone.ts';
import type { WebManners } from './web-wire.ts';

/** Model, version and MAC stand in each request; the version is that of the firmware it runs. */
function manners({ self: { model, mac }, firmware }: StartingPhone): WebManners {
  const version = /R([0-9_]+)\.bin$/.exec(firmware)?.[1]?.replaceAll('_', '.') ?? '4.0.0.0.21';
  return {
    version: '1.1',
    host: true,
    agent: `Mozilla/4.0 (compatible; MSIE 6.0) AVAYA/${model}-${version} (MAC:${mac})`,
    more: ['Accept: */*'],
    keeps: true,
  };
}

/** J129 to J189; firmware lies in a folder, and the last GET is for a file that most phones do not have. */
export const avayaJ100: PhoneKind = {
  name: 'J100',
  models: ['J129', 'J139', 'J159', 'J169', 'J179', 'J189'],
  async start(phone) {
    await startAvaya(phone, {
      upgradeFile: 'J100Supgrade.txt',
      get scripts() {
        return { by: 'web', doors: scriptDoors(phone), manners: manners(phone) } as const;
      },
      get firmware() {
        return { by: 'web', doors: plainDoors(phone), manners: manners(phone) } as const;
      },
      missing: 'go on',
    });
  },
  /** One phone in ten has a file of its own. */
  own: ({ mac, extension }): Record<string, string> =>
    mac.endsWith('0') ? { [`${mac}.txt`]: `SET FORCE_SIP_EXTENSION ${extension}\r\n` } : {},
};

/** K155 and K175 do the same under another name. */
export const avayaK100: PhoneKind = {
  name: 'K100',
  models: ['K155', 'K175'],
  start: (phone) =>
    startAvaya(phone, {
      upgradeFile: 'K1xxSupgrade.txt',
      scripts: { by: 'web', doors: scriptDoors(phone), manners: manners(phone) },
      firmware: { by: 'web', doors: plainDoors(phone), manners: manners(phone) },
      missing: 'go on',
    }),
};
