import { access } from 'node:fs/promises';
import path from 'node:path';
import { ifThere } from '#libs/files';
import { faultLine, loadWatchdogSettings } from '#libs/settings';
import { usualScripts } from '#libs/watchdog';

const mebibyte = 1024 * 1024;

/** What the watchdog is to be. Times in milliseconds, sizes in bytes. */
export interface WatchdogPlan {
  readonly host: string;
  /** Settings file of the server that is watched. */
  readonly serverSettings: string;
  readonly everyMs: number;
  readonly failureLimit: number;
  readonly limitMs: number;
  readonly checkDir: string | undefined;
  readonly script: { readonly file: string | undefined; readonly limitMs: number };
  readonly page: { readonly address: string; readonly port: number; readonly refreshS: number };
  readonly log: {
    readonly file: string | undefined;
    readonly maxBytes: number;
    readonly files: number;
  };
  /** For people. */
  readonly warnings: readonly string[];
}

/** @throws SettingsError with every fault; BranchlineError SETTINGS_UNREADABLE. */
export async function loadWatchdogPlan(file: string): Promise<WatchdogPlan> {
  const { values, warnings } = await loadWatchdogSettings(file, { env: process.env });
  const beside = (...names: string[]): string =>
    path.resolve(path.dirname(path.resolve(file)), ...names);
  const usualServer = beside('MV_IPTel.ini');
  // The Guide's places: MV_IPTel/bin and MV_WatchDog/bin (p. 20).
  const places = [usualServer, beside('..', '..', 'MV_IPTel', 'bin', 'MV_IPTel.ini')];
  const script =
    values.alertScript || (await firstThere(usualScripts().map((name) => beside(name))));
  return {
    host: values.hostAddress,
    serverSettings: values.serverSettings || ((await firstThere(places)) ?? usualServer),
    everyMs: values.timerSeconds * 1_000,
    failureLimit: values.failureLimit,
    limitMs: values.checkSeconds * 1_000,
    checkDir: values.checkDir || undefined,
    script: { file: script, limitMs: values.alertSeconds * 1_000 },
    page: {
      address: values.bindAddress,
      port: values.statusPort,
      refreshS: values.statusRefresh,
    },
    log: {
      file: values.logFile || undefined,
      maxBytes: values.logMaxMB * mebibyte,
      files: values.logFiles - 1,
    },
    warnings: warnings.map((warning) => faultLine(file, warning)),
  };
}

async function firstThere(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    if ((await ifThere(access(file).then(() => true))) === true) return file;
  }
  return undefined;
}
