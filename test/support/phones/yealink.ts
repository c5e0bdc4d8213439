import { createHash } from 'node:crypto';
import { scriptDoors } from './avaya-start.ts';
import { WrongAnswer } from './file-request.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { StartingPhone, Way } from './starting-phone.ts';

const image = (version: string): string => `T46-${version.replaceAll('_', '.')}.rom`;

const wayOf = (phone: StartingPhone): Way => ({
  by: 'web',
  doors: scriptDoors(phone),
  manners: {
    version: '1.1',
    host: true,
    keeps: true,
    agent: `Yealink SIP-T46G 28.83.0.50 ${phone.self.mac.replaceAll(/(..)(?!$)/g, '$1:')}`,
  },
});

/** Its boot file, else that for all, else the file of its model and its own; it keeps their MD5 and asks again after a boot. */
export const yealink: PhoneKind = {
  name: 'Yealink',
  models: ['T46G'],
  shared: ({ version, firmware }) => ({
    'y000000000028.cfg': `#!version:1.0.0.1\nfirmware.url = ${image(version)}\n`,
    [image(version)]: firmware(image(version)),
  }),
  own: ({ mac, extension }) => ({
    [`${mac}.cfg`]: `#!version:1.0.0.1\naccount.1.user_name = ${extension}\n`,
  }),
  async start(phone) {
    const { mac } = phone.self;
    const way = wayOf(phone);
    for (;;) {
      if ((await phone.get(`${mac}.boot`, way)) === undefined)
        await phone.get('y000000000000.boot', way);
      const common = await phone.get('y000000000028.cfg', way);
      if (common === undefined) throw new WrongAnswer('the file of its model is not there');
      const own = await phone.get(`${mac}.cfg`, way);
      const again = await phone.get(`${mac}.cfg`, way);
      if (own === undefined || again === undefined || md5(own) !== md5(again))
        throw new WrongAnswer('its own file is not there, or another one each time');
      const wanted = /firmware\.url = (\S+)/.exec(common.toString())?.[1];
      if (wanted === undefined || wanted === phone.firmware) return;
      if ((await phone.get(wanted, way)) === undefined)
        throw new WrongAnswer(`its model's file names ${wanted}: not there`);
      phone.reboot(wanted);
    }
  },
};

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');
