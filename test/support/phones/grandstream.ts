import { plainDoors } from './avaya-start.ts';
import { WrongAnswer } from './file-request.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { Way } from './starting-phone.ts';

const image = 'gxp2130fw.bin';

/** Its file as text and as XML; firmware has the same name in every release, and is loaded once here. */
export const grandstream: PhoneKind = {
  name: 'Grandstream',
  models: ['GXP2130'],
  shared: ({ firmware }) => ({ [image]: firmware(image) }),
  own: ({ mac, extension }) => ({
    [`cfg${mac}.xml`]: `<gs_provision><config><P35>${extension}</P35></config></gs_provision>\r\n`,
  }),
  async start(phone) {
    const { mac } = phone.self;
    const agent = `Grandstream Model HW GXP2130 SW 1.0.7.25 DevId ${mac}`;
    const manners = { version: '1.1', host: true, agent, keeps: true } as const;
    const way: Way = { by: 'web', doors: plainDoors(phone), manners };
    for (;;) {
      await phone.get(`cfg${mac}`, way);
      if ((await phone.get(`cfg${mac}.xml`, way)) === undefined)
        throw new WrongAnswer('its own file is not there');
      if (phone.firmware === image) return;
      if ((await phone.get(image, way)) === undefined)
        throw new WrongAnswer(`${image} is not there`);
      phone.reboot(image);
    }
  },
};
