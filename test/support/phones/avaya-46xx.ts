import { backupOf, plainDoors, startAvaya } from './avaya-start.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { StartingPhone, Way } from './starting-phone.ts';
import type { WebManners } from './web-wire.ts';

/** As plain as a stack can be: HTTP/1.0 and not one header. */
const manners: WebManners = { version: '1.0', host: false };

const start = async (phone: StartingPhone, way: Way): Promise<void> => {
  await startAvaya(phone, {
    upgradeFile: '46xxupgrade.scr',
    scripts: way,
    firmware: way,
    missing: 'stop',
  });
  await useFtpBackup(phone);
};

/** 4610 phones have a file of their own, all later ones share the 4620's name; log-in reads it, Save writes it. */
async function useFtpBackup(phone: StartingPhone): Promise<void> {
  if (phone.servers.ftp === undefined) return;
  const { model, extension } = phone.self;
  const type = model.startsWith('4610') ? '4610' : '4620';
  const name = `${extension}_${type}data.txt`;
  const body = backupOf(phone);
  await phone.restoreByFtp(name, 'passive');
  await phone.storeByFtp(name, 'passive', body);
  await phone.restoreByFtp(name, 'active');
}

/** 4600 phones know TFTP without options and look for `46xxupgrade.scr` under that name and no other. */
export const avaya46xxByTftp: PhoneKind = {
  name: '46xx by TFTP',
  models: ['4610', '4620'],
  start: (phone) => start(phone, { by: 'tftp' }),
};

/** The same phones, told an HTTP server. */
export const avaya46xxByHttp: PhoneKind = {
  name: '46xx by HTTP',
  models: ['4620', '4610'],
  start: (phone) => start(phone, { by: 'web', doors: plainDoors(phone), manners }),
};
