import { Option } from 'commander';
import { usualPlaces } from '#libs/settings';

/** `--config FILE`: the same option at every command, also from the environment. */
export const configOption = (): Option =>
  new Option('-c, --config <file>', 'settings file')
    .env('BRANCHLINE_CONFIG')
    .default(usualPlaces().config);
