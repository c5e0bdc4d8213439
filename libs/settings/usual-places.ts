import { pathsOf } from '#libs/files';

/** Where things are when nobody says. */
export interface UsualPlaces {
  readonly config: string;
  readonly watchdogConfig: string;
  readonly dataDir: string;
}

/** As the packages lay them; on Windows below `%ProgramData%`, which no update of a program touches. */
export function usualPlaces(
  platform: NodeJS.Platform = process.platform,
  env: Readonly<Record<string, string | undefined>> = process.env,
): UsualPlaces {
  const paths = pathsOf(platform);
  const windows = platform === 'win32';
  const home = windows
    ? paths.join(env['ProgramData'] || 'C:\\ProgramData', 'Branchline')
    : undefined;
  const settings = home ?? '/etc/branchline';
  return {
    config: paths.join(settings, 'MV_IPTel.ini'),
    watchdogConfig: paths.join(settings, 'MV_WatchDog.ini'),
    dataDir: paths.join(home ?? '/var/lib/branchline', 'data'),
  };
}
