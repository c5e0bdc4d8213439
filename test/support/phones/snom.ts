import { scriptDoors } from './avaya-start.ts';
import { WrongAnswer } from './file-request.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { Way } from './starting-phone.ts';

/** A file for its model and address, else one for its address; both in capital letters. */
export const snom: PhoneKind = {
  name: 'Snom',
  models: ['370'],
  own: ({ mac, extension }) => ({
    [`${mac.toUpperCase()}.xml`]: `<settings><user_name idx="1">${extension}</user_name></settings>\r\n`,
  }),
  async start(phone) {
    const { mac, model } = phone.self;
    const agent = `Mozilla/4.0 (compatible; snom${model}-SIP 8.7.5.35)`;
    const manners = { version: '1.1', host: true, agent, keeps: true } as const;
    const way: Way = { by: 'web', doors: scriptDoors(phone), manners };
    await phone.get(`snom${model}-${mac.toUpperCase()}.htm`, way);
    if ((await phone.get(`${mac.toUpperCase()}.xml`, way)) === undefined)
      throw new WrongAnswer('its own file is not there');
  },
};
