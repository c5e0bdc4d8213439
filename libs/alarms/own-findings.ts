import { duration, number, plural, type Finding, type Times } from '#libs/pages';
import type { ReceiverTrouble, ScanFact, WatchdogReport } from './facts.ts';

const daySeconds = 86_400;
const receiverPatienceS = 15 * 60;

/** For a day after it had to act. */
export function watchdogFindings(
  report: WatchdogReport | null | undefined,
  times: Times,
): Finding[] | undefined {
  if (report === undefined) return undefined;
  if (report === null || times.ageS(report.firedAt) > daySeconds) return [];
  return [
    {
      about: '',
      level: 'failed',
      what: `The watchdog had to act at ${times.at(report.firedAt)}: ${report.reason} ${report.action}`,
      advice: 'See the logs of the server and of the watchdog from just before that time.',
    },
  ];
}

/** Worse than the scan before; neither better nor worse keeps an alarm that is on. */
export function scanFindings(scan: ScanFact | null | undefined): Finding[] | undefined {
  if (scan === undefined) return undefined;
  if (scan === null) return [];
  const { now, before } = scan;
  const worse = now.behind > before.behind || now.failed > before.failed;
  const same = now.behind === before.behind && now.failed === before.failed;
  if (!worse && !(same && now.behind + now.failed > 0)) return [];
  return [
    {
      about: '',
      near: !worse,
      level: 'warning',
      what: `${plural(now.behind, 'telephone')} ${now.behind === 1 ? 'is' : 'are'} behind (${number(before.behind)} before), ${number(now.failed)} failed in their last load (${number(before.failed)} before).`,
      advice: 'See the scan which ones; usually a file is missing or the phones cannot reach it.',
    },
  ];
}

/** Receivers that have taken nothing for some time, or for which something had to be dropped. */
export function receiverFindings(receivers: readonly ReceiverTrouble[], times: Times): Finding[] {
  return receivers.map(({ name, failingSince, error, waiting, dropped }) => {
    const failingS = times.ageS(failingSince);
    const lost = dropped === 0 ? '' : ` ${plural(dropped, 'message')} had to be dropped.`;
    return {
      about: name,
      near: failingS < receiverPatienceS && dropped === 0,
      level: 'warning',
      what: `The receiver ${name} has taken no alarm for ${duration(failingS)}, ${number(waiting)} wait: ${error}${lost}`,
      advice: 'Check its section in the settings and the way to it: `branchline alarms test`.',
    };
  });
}
