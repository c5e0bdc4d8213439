import { WrongAnswer, type WebDoor } from './file-request.ts';
import { runScript, type PhoneVariables, type ScriptRun } from './settings-script.ts';
import type { StartingPhone, Way } from './starting-phone.ts';

export interface AvayaStart {
  readonly upgradeFile: string;
  readonly scripts: Way;
  readonly firmware: Way;
  /** What a phone does whose script says GET of a file that is not there: 4600 stop, later ones go on. */
  readonly missing: 'go on' | 'stop';
}

const mostBoots = 5;
const mostGets = 20;

/** 411, then 81, then 80: a phone that was told a TLS server; firmware never goes through TLS. */
export const scriptDoors = ({ servers }: StartingPhone): WebDoor[] => [
  ...servers.https.slice(0, 1).map((port) => ({ protocol: 'https' as const, port })),
  ...plainDoors({ servers }),
];

export const plainDoors = ({ servers }: Pick<StartingPhone, 'servers'>): WebDoor[] =>
  servers.http.map((port) => ({ protocol: 'http' as const, port }));

/**
 * The upgrade file first; when it names other firmware than what runs: load it, boot, and ask for the upgrade file again;
 * then the settings file and whatever each script sends to.
 */
export async function startAvaya(phone: StartingPhone, start: AvayaStart): Promise<void> {
  for (let boot = 0; boot < mostBoots; boot += 1) {
    const upgrade = await phone.get(start.upgradeFile, start.scripts);
    if (upgrade === undefined) return;
    const run = apply(phone, upgrade);
    const wanted = phone.settings.get('APPNAME');
    if (wanted === undefined || wanted === phone.firmware) {
      await followGets(phone, start, run);
      return;
    }
    const firmware = await phone.get(wanted, start.firmware);
    if (firmware === undefined)
      throw new WrongAnswer(`${start.upgradeFile} names ${wanted}: not there`);
    phone.reboot(wanted);
  }
  throw new WrongAnswer(`${start.upgradeFile} named other firmware at each of ${mostBoots} boots`);
}

async function followGets(
  phone: StartingPhone,
  start: AvayaStart,
  first: ScriptRun,
): Promise<void> {
  let run = first;
  for (let gets = 0; run.get !== undefined; gets += 1) {
    if (gets === mostGets) throw new WrongAnswer('scripts that send a phone in circles');
    const bytes = await phone.get(run.get.file, start.scripts);
    if (bytes !== undefined) run = apply(phone, bytes);
    else if (start.missing === 'stop') return;
    else run = keep(phone, run.get.rest());
  }
}

const apply = (phone: StartingPhone, script: Buffer): ScriptRun =>
  keep(phone, runScript(script.toString('latin1'), variablesOf(phone)));

function keep(phone: StartingPhone, run: ScriptRun): ScriptRun {
  for (const [name, value] of run.set) phone.settings.set(name, value);
  return run;
}

const variablesOf = ({ self: { mac, model, group } }: StartingPhone): PhoneVariables => ({
  MACADDR: mac,
  MODEL: model,
  MODEL4: model.slice(0, 4),
  GROUP: String(group),
});

/** Restore what was saved, save something else, restore that: a log-in, a change in the menu, and a log-in elsewhere. */
export async function useWebBackup(
  phone: StartingPhone,
  name: string,
  manners: Extract<Way, { by: 'web' }>['manners'],
  { chunked = false, removes = false } = {},
): Promise<void> {
  const { backup } = phone.servers;
  if (backup === undefined) return;
  const way: Way = { by: 'web', doors: [backup], manners };
  const file = backup.folder === '' ? name : `${backup.folder}/${name}`;
  const body = backupOf(phone);
  await phone.restore(file, way);
  await phone.store(file, way, body, chunked);
  await phone.restore(file, way);
  if (!removes) return;
  await phone.remove(file, way);
  await phone.restore(file, way);
  await phone.store(file, way, body, chunked);
}

/** A phone's own data; what is not ASCII begins with a blank line (as 4600 phones write it). */
export const backupOf = ({ self }: StartingPhone): Buffer =>
  Buffer.from(
    [
      '',
      `ABKNAME001=Zoë at ${self.address}`,
      `ABKNUMBER001=${self.extension}`,
      'RINGTONE=3',
      `MACADDR=${self.mac}`,
      '',
    ].join('\r\n'),
  );
