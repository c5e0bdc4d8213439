import { pathsOf, type Paths } from '#libs/files';
import type { Assignments } from './assignments.ts';
import { knownSettings } from './catalogue.ts';
import type { Given } from './values.ts';
import type { IniName, Place } from './setting.ts';
import { usualPlaces } from './usual-places.ts';

export interface PathContext {
  /** Folder of the settings file: relative paths count from here. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** Trees whose folder tells where the others are, when nobody says; the Guide's samples name no `DataDir`. */
const leading: readonly IniName[] = [
  'HTTP/HTTPDir',
  'HTTPS/HTTPSDir',
  'TFTP/TFTPDir',
  'FTP/FTPDir',
];

/**
 * True for a path of the other kind of system: one with a drive or a backslash, and on Windows one that begins with a single
 * slash, which would be on whatever drive the program was started from.
 */
export const isForeign = (value: string, platform: NodeJS.Platform): boolean =>
  platform === 'win32'
    ? /^\/(?![\\/])/.test(value)
    : /^[a-z]:/i.test(value) || value.includes('\\');

/** The system that a foreign path comes from, for people. */
export const originOf = (platform: NodeJS.Platform): string =>
  platform === 'win32' ? 'Linux' : 'Windows';

/** Make every path absolute, and give every path that nobody set its place. Foreign paths stay as they are. */
export function resolvePaths(given: Given, context: PathContext): Given {
  const resolved: Given = new Map(given);
  for (const { ini, notes } of knownSettings) {
    const value = given.get(ini);
    if (notes.path !== true || typeof value !== 'string' || value === '') continue;
    if (!isForeign(value, context.platform)) {
      resolved.set(ini, flavour(value, context).resolve(context.folder, value));
    }
  }
  const { dataDir, logDir } = homeOf(resolved, context);
  resolved.set('Settings/DataDir', dataDir);
  if (logDir !== undefined && !resolved.has('Settings/LogFile')) {
    resolved.set('Settings/LogFile', pathsOf(context.platform).join(logDir, 'branchline.log'));
  }
  for (const { ini, notes } of knownSettings) {
    if (notes.place === undefined || resolved.has(ini)) continue;
    resolved.set(ini, placed(dataDir, notes.place, context));
  }
  return resolved;
}

interface Home {
  readonly dataDir: string;
  /** When it is not beside the data. */
  readonly logDir?: string | undefined;
}

function homeOf(resolved: Given, context: PathContext): Home {
  const [named, ...trees] = ['Settings/DataDir' as const, ...leading].map((ini) => {
    const value = resolved.get(ini);
    return typeof value === 'string' && value !== '' ? value : undefined;
  });
  if (named !== undefined) return { dataDir: named };
  const tree = trees.find((value) => value !== undefined);
  if (tree !== undefined) return { dataDir: flavour(tree, context).dirname(tree) };
  const state = firstFolder(context.env['STATE_DIRECTORY']);
  if (state === undefined) return { dataDir: usualPlaces(context.platform, context.env).dataDir };
  const dataDir = pathsOf(context.platform).join(state, 'data');
  return { dataDir, logDir: firstFolder(context.env['LOGS_DIRECTORY']) };
}

/** systemd gives several folders with colons between them (systemd.exec, "RuntimeDirectory="). */
const firstFolder = (folders = ''): string | undefined => folders.split(':')[0] || undefined;

/** Settings that name a path of another system, with that path. */
export function foreignPaths(assignments: Assignments, given: Given, platform: NodeJS.Platform) {
  return [...assignments.values()].filter(({ meaning: { setting } }) => {
    const value = given.get(setting.ini);
    return setting.notes.path === true && typeof value === 'string' && isForeign(value, platform);
  });
}

function placed(dataDir: string, place: Place, context: PathContext): string {
  const paths = flavour(dataDir, context);
  const home = place.from === 'DataDir' ? dataDir : paths.dirname(dataDir);
  return paths.join(home, ...place.path.split('/'));
}

/** How a path is to be read. */
export const flavour = (value: string, { platform }: Pick<PathContext, 'platform'>): Paths => {
  const foreign = isForeign(value, platform);
  return pathsOf((platform === 'win32') === foreign ? 'linux' : 'win32');
};
