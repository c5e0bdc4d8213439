import { Type, type Static } from 'typebox';
import { Catalogue } from './catalogue.ts';
import { hostForm } from './form.ts';
import { logSettings } from './log-settings.ts';
import { anyText, filePath, port, text, whole } from './setting.ts';

const settings = Type.Object({
  version: text(
    'Settings/Version',
    '',
    anyText,
    'Written by the installer of the former product; without effect.',
  ),
  hostAddress: text(
    'Settings/HostAddress',
    '127.0.0.1',
    hostForm,
    'Address of the server that is watched.',
    {
      changed:
        'with `127.0.0.1`, a server that is bound to an address of its own is asked at that one',
    },
  ),
  timerSeconds: whole(
    'Settings/WatchDogTimer',
    60,
    { from: 1, to: 86_400 },
    'Seconds from one round of fetching the check files to the next.',
  ),
  failureLimit: whole(
    'Settings/FailureLimit',
    5,
    { from: 1, to: 1000 },
    'Missed files of one server at which the alert script is run.',
  ),
  statusPort: port('Settings/StatusPort', 6091, 'TCP port of the status page.'),
  statusRefresh: whole(
    'Settings/StatusRefresh',
    10,
    { from: 0, to: 3600 },
    'Seconds after which the status page loads itself again; 0 for never.',
  ),
  bindAddress: text(
    'Settings/BindAddress',
    '0.0.0.0',
    hostForm,
    'Address that the status page is bound to; `::` adds IPv6.',
  ),
  logFile: filePath(
    'Settings/LogFile',
    'The log file; the log goes to standard output in any case.',
    { otherwise: 'no log file' },
  ),
  ...logSettings,
  serverSettings: filePath(
    'Settings/ServerSettings',
    'The settings file of the server that is watched; read anew for each round.',
    {
      otherwise:
        "`MV_IPTel.ini` beside this file; else the Guide's place, `../../MV_IPTel/bin/MV_IPTel.ini`",
    },
  ),
  checkSeconds: whole(
    'Settings/CheckSeconds',
    10,
    { from: 1, to: 600 },
    'Seconds in which a check file must have arrived; else it is missed.',
  ),
  checkDir: filePath(
    'Settings/CheckDir',
    'Folder with files of your own, `test.html` and `test.zip`, that the servers have to give out.',
    { otherwise: 'the files that come with the server, or those of the names in its trees' },
  ),
  alertScript: filePath(
    'Settings/AlertScript',
    'Program that is run when a server has reached FailureLimit.',
    { otherwise: '`mv_ipstel_alert.sh` beside this file (Guide p. 35), where there is one' },
  ),
  alertSeconds: whole(
    'Settings/AlertSeconds',
    60,
    { from: 1, to: 3600 },
    'Seconds that the alert script may take; then it is killed.',
  ),
});

/** MV_WatchDog.ini (Guide p. 35): settings of a program of its own. */
export const watchdogSchema = Type.Object({ watchdog: settings });

export type WatchdogValues = Static<typeof watchdogSchema>['watchdog'];

export const watchdogCatalogue = new Catalogue(watchdogSchema.properties, 'BRANCHLINE_WATCHDOG_');
