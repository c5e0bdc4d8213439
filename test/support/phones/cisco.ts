import { Unreachable, WrongAnswer } from './file-request.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { StartingPhone, Way } from './starting-phone.ts';
import type { WebManners } from './web-wire.ts';

const manners: WebManners = { version: '1.1', host: true };
const tftp: Way = { by: 'tftp', options: [['blksize', '1024']] };

/** Port 6970 first; where nobody listens there, TFTP. */
async function get(phone: StartingPhone, name: string): Promise<Buffer | undefined> {
  const { cisco } = phone.servers;
  if (cisco === undefined) return await phone.get(name, tftp);
  const web: Way = { by: 'web', doors: [{ protocol: 'http', port: cisco }], manners };
  try {
    return await phone.get(name, web);
  } catch (error) {
    if (error instanceof Unreachable) return await phone.get(name, tftp);
    throw error;
  }
}

/** Trust lists first, which a site without a secure cluster does not have; then its own file; then the load that it names. */
export const cisco: PhoneKind = {
  name: 'Cisco',
  models: ['7945'],
  shared: ({ version, firmware }) => ({
    'ITLFile.tlv': Buffer.from('\x01\x00\x02\x01\x01\x02\x00\x02', 'latin1'),
    [`SIP45.${version}.loads`]: firmware(`SIP45.${version}.loads`),
  }),
  own: ({ mac, extension }, { version }) => ({
    [`SEP${mac.toUpperCase()}.cnf.xml`]: `<device><line>${extension}</line><loadInformation>SIP45.${version}</loadInformation></device>\r\n`,
  }),
  async start(phone) {
    const sep = `SEP${phone.self.mac.toUpperCase()}`;
    for (;;) {
      await get(phone, `CTL${sep}.tlv`);
      if ((await get(phone, `ITL${sep}.tlv`)) === undefined) await get(phone, 'ITLFile.tlv');
      const own = await get(phone, `${sep}.cnf.xml`);
      const load = /<loadInformation>(.*?)</.exec(own?.toString() ?? '')?.[1];
      if (load === undefined) throw new WrongAnswer(`${sep}.cnf.xml is not there or names no load`);
      if (load === phone.firmware) return;
      if ((await get(phone, `${load}.loads`)) === undefined)
        throw new WrongAnswer(`${sep}.cnf.xml names ${load}: not there`);
      phone.reboot(load);
    }
  },
};

/** The soft phone asks with backslashes. */
export const ciscoCommunicator: PhoneKind = {
  name: 'Cisco Communicator',
  models: ['CIPC'],
  shared: () => ({ 'Communicator/AppDialRules.xml': '<DialRules/>\r\n' }),
  own: cisco.own ?? (() => ({})),
  async start(phone) {
    await phone.get(`SEP${phone.self.mac.toUpperCase()}.cnf.xml`, tftp);
    const rules = await phone.get('Communicator\\AppDialRules.xml', tftp);
    if (rules === undefined) throw new WrongAnswer('no file behind a backslash');
  },
};
