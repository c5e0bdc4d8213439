import { plainDoors, useWebBackup } from './avaya-start.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { Way } from './starting-phone.ts';
import type { WebManners } from './web-wire.ts';

const manners: WebManners = { version: '1.1', host: true };

/** Its command file, always with a query; the backup that the file asks for is a PUT without a length. */
export const innovaphone: PhoneKind = {
  name: 'innovaphone',
  models: ['ip800'],
  shared: ({ version }) => ({
    'update/update-ip800.htm': `mod cmd UP0 cfg backup/#m-#b10.txt ${version}\r\n`,
  }),
  async start(phone) {
    const { mac, model } = phone.self;
    const way: Way = { by: 'web', doors: plainDoors(phone), manners };
    await phone.get(`update/update-${model}.htm?ver=12-1150&mac=${mac}`, way);
    await useWebBackup(phone, `${mac}-b01.txt`, manners, { chunked: true });
  },
};
