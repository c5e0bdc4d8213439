import { Option } from 'commander';

/** Where the watchdog's settings are when nobody says. */
const usual = '/etc/branchline/MV_WatchDog.ini';

/** `--config FILE` of the watchdog, whose file is not that of the server. */
export const watchdogOption = (): Option =>
  new Option('-c, --config <file>', 'settings file of the watchdog')
    .env('BRANCHLINE_WATCHDOG_CONFIG')
    .default(usual);
