import { scriptDoors, plainDoors, startAvaya, useWebBackup } from './avaya-start.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { WebManners } from './web-wire.ts';

const manners: WebManners = { version: '1.1', host: true, more: ['Accept: */*'] };

/** 1603, 1608 and 1616: HTTP and HTTPS only; backup by PUT under `EXT_16xxdata.txt`. */
export const avaya16xx: PhoneKind = {
  name: '16xx',
  models: ['1603', '1608', '1616'],
  async start(phone) {
    await startAvaya(phone, {
      upgradeFile: '16xxupgrade.txt',
      scripts: { by: 'web', doors: scriptDoors(phone), manners },
      firmware: { by: 'web', doors: plainDoors(phone), manners },
      missing: 'go on',
    });
    await useWebBackup(phone, `${phone.self.extension}_16xxdata.txt`, manners);
  },
};
