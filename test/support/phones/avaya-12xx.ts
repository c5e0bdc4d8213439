import { plainDoors, scriptDoors } from './avaya-start.ts';
import { WrongAnswer } from './file-request.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { Way } from './starting-phone.ts';
import type { WebManners } from './web-wire.ts';

/** Bytes that belong into no header stand in its name, and it knows only RSA key exchange. */
const manners: WebManners = {
  version: '1.1',
  host: true,
  agent: 'AVAYA/SIP12x0\x17\xff/04.00.04.00',
  tls: { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:AES256-SHA' },
};

const firmwareName = (version: string): string => `SIP12x0${version.replaceAll('_', '.')}.bin`;

/** 1220 and 1230: first what is to be loaded, then settings for all, then its own. */
export const avaya12xx: PhoneKind = {
  name: '1220 and 1230',
  models: ['1220', '1230'],
  shared: ({ version, firmware }) => ({
    '1220.cfg': `[FW]\r\nVERSION ${version}\r\nFILENAME ${firmwareName(version)}\r\n`,
    '1230.cfg': `[FW]\r\nVERSION ${version}\r\nFILENAME ${firmwareName(version)}\r\n`,
    '1220SIP.cfg': `SIP_DOMAIN1 example.com\r\nVERSION ${version}\r\n`,
    '1230SIP.cfg': `SIP_DOMAIN1 example.com\r\nVERSION ${version}\r\n`,
    [firmwareName(version)]: firmware(firmwareName(version)),
  }),
  async start(phone) {
    const { model, mac } = phone.self;
    const way: Way = { by: 'web', doors: scriptDoors(phone), manners };
    for (;;) {
      const master = await phone.get(`${model}.cfg`, way);
      const wanted = /FILENAME (\S+)/.exec(master?.toString() ?? '')?.[1];
      if (wanted === undefined || wanted === phone.firmware) break;
      const plain: Way = { by: 'web', doors: plainDoors(phone), manners };
      if ((await phone.get(wanted, plain)) === undefined)
        throw new WrongAnswer(`${model}.cfg names ${wanted}: not there`);
      phone.reboot(wanted);
    }
    await phone.get(`${model}SIP.cfg`, way);
    await phone.get(`SIP${mac.toUpperCase()}.cfg`, way);
  },
  own: ({ mac, extension }): Record<string, string> =>
    mac.endsWith('0') ? { [`SIP${mac.toUpperCase()}.cfg`]: `SIP_USER ${extension}\r\n` } : {},
};
