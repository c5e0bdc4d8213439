import { pathsOf } from '#libs/files';

/** How an operator's script is run. */
export interface ScriptCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** The arguments are one line for the command interpreter of Windows, quoted already. */
  readonly verbatim: boolean;
}

/** Scripts that are looked for beside the settings when none is named; the Guide's are the second and the third (p. 35). */
export const usualScripts = (platform: NodeJS.Platform = process.platform): readonly string[] =>
  platform === 'win32' ? ['mv_ipstel_alert.ps1', 'mv_ipstel_alert.bat'] : ['mv_ipstel_alert.sh'];

/** What a script needs of this process's environment to find other programs. */
export const passedOn = (platform: NodeJS.Platform = process.platform): readonly string[] =>
  platform === 'win32'
    ? ['SystemRoot', 'SystemDrive', 'ComSpec', 'PATH', 'PATHEXT', 'TEMP', 'TMP', 'ProgramData']
    : ['PATH', 'HOME', 'LANG', 'TZ', 'RUNTIME_DIRECTORY', 'STATE_DIRECTORY'];

const powershell = [
  ...['-NoLogo', '-NoProfile', '-NonInteractive'],
  ...['-ExecutionPolicy', 'Bypass', '-File'],
];

/**
 * The program that runs `file`: elsewhere than on Windows the file itself; there by its ending, as Node starts neither
 * batch files nor PowerShell's scripts by themselves. A string says why it cannot be run.
 */
export function commandOf(
  file: string,
  platform: NodeJS.Platform = process.platform,
): ScriptCommand | string {
  if (platform !== 'win32') return { command: file, args: [], verbatim: false };
  switch (pathsOf(platform).extname(file).toLowerCase()) {
    case '.exe':
      return { command: file, args: [], verbatim: false };
    case '.ps1':
      return { command: 'powershell.exe', args: [...powershell, file], verbatim: false };
    case '.bat':
    case '.cmd':
      // Within quotes the interpreter still replaces %NAME%, and a quote would end them.
      if (/["%]/.test(file)) return 'the path of a batch file must hold neither % nor "';
      return { command: 'cmd.exe', args: ['/d', '/s', '/c', `""${file}""`], verbatim: true };
    default:
      return 'on Windows a script ends with .ps1, .bat, .cmd or .exe';
  }
}
