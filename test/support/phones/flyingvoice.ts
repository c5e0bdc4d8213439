import { WrongAnswer, type WebDoor } from './file-request.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { StartingPhone, Way } from './starting-phone.ts';
import type { WebManners } from './web-wire.ts';

const manners: WebManners = { version: '1.1', host: true, agent: 'Flyingvoice IP542N' };

/** `$NAME`, `$(NAME)`, `$(NAME:from)` and `$(NAME:from:length)`; `$$` is a dollar, an unknown name stays, nothing is expanded twice. */
export function expandMacros(text: string, values: Readonly<Record<string, string>>): string {
  const macro = /\$(?:\$|\(([A-Z]+)(?::(\d+))?(?::(\d+))?\)|([A-Z]+))/g;
  const expand = (
    all: string,
    braced?: string,
    from?: string,
    length?: string,
    bare?: string,
  ): string => {
    if (all === '$$') return '$';
    const value = values[braced ?? bare ?? ''];
    if (value === undefined) return all;
    const start = Number(from ?? 0);
    return value.slice(start, length === undefined ? undefined : start + Number(length));
  };
  return text.replaceAll(macro, expand);
}

const macros = ({ self: { mac, model, address } }: StartingPhone): Record<string, string> => ({
  MA: mac,
  MAU: mac.toUpperCase(),
  MAC: mac.replaceAll(/(..)(?!$)/g, '$1:'),
  PN: model,
  IP: address,
  SWVER: 'v3.3.8',
  HWVER: 'v1.0.1',
});

const valueOf = (conf: Buffer | undefined, key: string): string | undefined =>
  new RegExp(`^${key}=(.*?)\r?$`, 'm').exec(conf?.toString() ?? '')?.[1];

/**
 * DHCP option 66 sends it to TFTP for the file of its model; that holds the rules by which it goes on:
 * its own profile by HTTPS, firmware by HTTP (never by HTTPS), and after new firmware everything again.
 * The random delay of its start is left out: the herd is what is tested.
 */
export const flyingvoice: PhoneKind = {
  name: 'Flyingvoice',
  models: ['IP542N', 'G502'],
  shared: ({ version, firmware }) => ({
    'IP542N.conf': confOf(version, 'IP542N'),
    'G502.conf': confOf(version, 'G502'),
    [`IP542N_F107_${version}.bin`]: firmware(`IP542N_F107_${version}.bin`),
    [`G502_F107_${version}.bin`]: firmware(`G502_F107_${version}.bin`),
  }),
  own: ({ mac, extension }, { version }) => ({
    [`fv${mac.toUpperCase()}.conf`]: `DBID_DBASE_VERSION=${version}\r\nDBID_SIP_ACCOUNT=${extension}\r\n`,
  }),
  async start(phone) {
    for (;;) {
      const conf = await phone.get(`${phone.self.model}.conf`, { by: 'tftp' });
      const rule = valueOf(conf, 'DBID_PROFILE_RULE');
      const upgrade = valueOf(conf, 'DBID_UPGRADE_RULE');
      if (rule === undefined || upgrade === undefined)
        throw new WrongAnswer('a conf without rules');
      const profile = await phone.get(expandMacros(rule, macros(phone)), doors(phone, 'https'));
      if (profile === undefined) throw new WrongAnswer('its profile is not there');
      const firmware = expandMacros(upgrade, macros(phone));
      if (firmware === phone.firmware) return;
      if ((await phone.get(firmware, doors(phone, 'http'))) === undefined)
        throw new WrongAnswer(`the upgrade rule names ${firmware}: not there`);
      phone.reboot(firmware);
    }
  },
};

const confOf = (version: string, model: string): string =>
  [
    `DBID_DBASE_VERSION=${version}`,
    'DBID_PROFILE_RULE=fv$(MAU).conf',
    `DBID_UPGRADE_RULE=$(PN)_F107_${version}.bin`,
    `DBID_NAME=${model}`,
    '',
  ].join('\r\n');

function doors({ servers }: StartingPhone, protocol: WebDoor['protocol']): Way {
  const ports = servers[protocol];
  // Without HTTPS at the branch an administrator writes http into the rule.
  const chosen: WebDoor['protocol'] = ports.length > 0 ? protocol : 'http';
  return {
    by: 'web',
    doors: servers[chosen].map((port) => ({ protocol: chosen, port })),
    manners,
  };
}
