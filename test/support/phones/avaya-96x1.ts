import { scriptDoors, plainDoors, startAvaya, useWebBackup } from './avaya-start.ts';
import type { PhoneKind } from './phone-kind.ts';
import type { WebManners } from './web-wire.ts';

const tls = { maxVersion: 'TLSv1.2' } as const;
const h323: WebManners = { version: '1.1', host: true, tls };
/** An old libcurl that is particular about what it is answered. */
const sip: WebManners = {
  version: '1.1',
  host: true,
  agent: 'AVAYA/96x1-IPT-SIP-R7_1_15_0_4-112020',
  more: ['Accept: */*'],
  keeps: true,
  tls,
};

const kind = (
  name: string,
  upgradeFile: string,
  models: readonly string[],
  manners: WebManners,
  backs: boolean,
): PhoneKind => ({
  name,
  models,
  async start(phone) {
    await startAvaya(phone, {
      upgradeFile,
      scripts: { by: 'web', doors: scriptDoors(phone), manners },
      firmware: { by: 'web', doors: plainDoors(phone), manners },
      missing: 'go on',
    });
    const file = `${phone.self.extension}_96xxdata.txt`;
    if (backs) await useWebBackup(phone, file, manners, { removes: true });
  },
});

/** Since R6.1 these also remove their backups. */
export const avaya96x1H323 = kind('96x1 H.323', '96x1Hupgrade.txt', ['9608', '9641'], h323, true);

/** SIP firmware keeps its data on Session Manager. */
export const avaya96x1Sip = kind('96x1 SIP', '96x1Supgrade.txt', ['9611', '9621'], sip, false);
