import { plainDoors, useWebBackup } from './avaya-start.ts';
import { WrongAnswer } from './file-request.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { Way } from './starting-phone.ts';
import type { WebManners } from './web-wire.ts';

const manners: WebManners = {
  version: '1.1',
  host: true,
  agent: 'FileTransport PolycomVVX-VVX_410-UA/5.9.5.0614',
  more: ['Accept: */*'],
  keeps: true,
};

const image = (version: string): string => `${version}.2345-12600-001.sip.ld`;

/** Its own master file, else the one of all zeros; then firmware, settings, licence, directory; logs go back by PUT. */
export const poly: PhoneKind = {
  name: 'Poly',
  models: ['VVX410'],
  shared: ({ version, firmware }) => ({
    '000000000000.cfg': `<APPLICATION APP_FILE_PATH="${image(version)}" CONFIG_FILES="site.cfg, phone-features.cfg"/>\r\n`,
    'site.cfg': `<site release="${version}" device.sntp.serverName="ntp.example.com"/>\r\n`,
    'phone-features.cfg': '<features feature.corporateDirectory.enabled="1"/>\r\n',
    '000000000000-directory.xml': '<directory><item_list/></directory>\r\n',
    [image(version)]: firmware(image(version)),
  }),
  async start(phone) {
    const { mac } = phone.self;
    const way: Way = { by: 'web', doors: plainDoors(phone), manners };
    for (;;) {
      const master =
        (await phone.get(`${mac}.cfg`, way)) ?? (await phone.get('000000000000.cfg', way));
      const text = master?.toString() ?? '';
      const wanted = /APP_FILE_PATH="([^"]+)"/.exec(text)?.[1];
      const files = /CONFIG_FILES="([^"]+)"/.exec(text)?.[1]?.split(/,\s*/) ?? [];
      if (wanted !== undefined && wanted !== phone.firmware) {
        if ((await phone.get(wanted, way)) === undefined)
          throw new WrongAnswer(`a master file names ${wanted}: not there`);
        phone.reboot(wanted);
        continue;
      }
      for (const file of files) await phone.get(file, way);
      break;
    }
    await phone.get(`${mac}-license.cfg`, way);
    if ((await phone.get(`${mac}-directory.xml`, way)) === undefined)
      await phone.get('000000000000-directory.xml', way);
    await useWebBackup(phone, `${mac}-phone.cfg`, manners);
  },
};
