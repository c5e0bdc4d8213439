import { Option } from 'commander';
import { usualPlaces } from '#libs/settings';

/** `--config FILE` of the watchdog, whose file is not that of the server. */
export const watchdogOption = (): Option =>
  new Option('-c, --config <file>', 'settings file of the watchdog')
    .env('BRANCHLINE_WATCHDOG_CONFIG')
    .default(usualPlaces().watchdogConfig);
