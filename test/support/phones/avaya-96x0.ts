import { scriptDoors, plainDoors, startAvaya, useWebBackup } from './avaya-start.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { WebManners } from './web-wire.ts';

/** No phone of this age offers more than TLS 1.2 with RSA key exchange. */
const manners: WebManners = {
  version: '1.1',
  host: false,
  tls: { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:AES256-SHA' },
};

/** 9620 to 9670 with H.323. */
export const avaya96x0: PhoneKind = {
  name: '96x0',
  models: ['9620', '9640'],
  async start(phone) {
    await startAvaya(phone, {
      upgradeFile: '96xxupgrade.txt',
      scripts: { by: 'web', doors: scriptDoors(phone), manners },
      firmware: { by: 'web', doors: plainDoors(phone), manners },
      missing: 'go on',
    });
    await useWebBackup(phone, `${phone.self.extension}_96xxdata.txt`, manners);
  },
};
