import { Option } from 'commander';

/** Where the settings are when nobody says. */
const usual = '/etc/branchline/MV_IPTel.ini';

/** `--config FILE`: the same option at every command, also from the environment. */
export const configOption = (): Option =>
  new Option('-c, --config <file>', 'settings file').env('BRANCHLINE_CONFIG').default(usual);
