import { hostname } from 'node:os';
import path from 'node:path';
import {
  environmentAssignments,
  fileAssignments,
  overrideAssignments,
  type Assignments,
} from './assignments.ts';
import { knownSettings } from './catalogue.ts';
import { Findings } from './findings.ts';
import { checkAlarms } from './alarm-rules.ts';
import { parseIni, type IniFile } from './ini-file.ts';
import {
  noticeBackupProof,
  noticeWideNames,
  noticeEndlessPlaces,
  noticeWithoutEffect,
} from './notice-rules.ts';
import { foreignPaths, originOf, resolvePaths } from './paths.ts';
import { checkPorts } from './port-rules.ts';
import { checkRecords } from './record-rules.ts';
import { checkRoles, type UpstreamAddress } from './role-rules.ts';
import { RuleReport } from './rule-report.ts';
import { checkFolders, closeKnownDoors } from './safety-rules.ts';
import type { SettingsValues } from './schema.ts';
import { SettingsError, type SettingsFault, type Source } from './settings-error.ts';
import { bytesHash, encodeText, readSettingsText } from './settings-text.ts';
import { checkTls } from './tls-rules.ts';
import { parseSnmpParams, type SnmpAccess } from './snmp-params.ts';
import { assemble, readSecretFiles, readValues } from './values.ts';

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** What the operator asked for, complete, checked and frozen. It holds secrets: never log it whole. */
export interface Settings {
  readonly file: string;
  /** Of the file as it was read; empty for a text in memory. */
  readonly sha256: string;
  readonly values: DeepReadonly<SettingsValues>;
  /** The hubs to ask, in order. */
  readonly upstreams: readonly UpstreamAddress[];
  /** How telephones are asked by SNMP; undefined when they are not. */
  readonly snmpAccess: SnmpAccess | undefined;
  readonly warnings: readonly SettingsFault[];
  /** Where each value comes from, by `SECTION/Key`. */
  readonly sources: Readonly<Record<string, Source>>;
}

export interface LoadOptions {
  /** `BRANCHLINE_<SECTION>_<KEY>` and systemd's folders. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The strongest source: values as a file would say them, by `SECTION/Key`. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** For a program that is about to serve: paths of another system are faults then, not warnings. */
  readonly forServing?: boolean;
  readonly platform?: NodeJS.Platform;
  /** Name of this machine. */
  readonly host?: string;
}

/**
 * Read the settings: defaults < file < environment < overrides.
 * @throws SettingsError with everything that is wrong; BranchlineError SETTINGS_UNREADABLE.
 */
export async function loadSettings(file: string, options: LoadOptions): Promise<Settings> {
  const read = await readSettingsText(file);
  const settings = await understand(parseIni(read.text), file, options);
  return Object.freeze({ ...settings, sha256: bytesHash(encodeText(read)) });
}

/** `loadSettings` for a file that is in memory; `file` says where relative paths count from. */
export async function understand(
  ini: IniFile,
  file: string,
  options: LoadOptions,
): Promise<Settings> {
  const { settings, faults } = await interpret(ini, file, options);
  if (faults.length > 0) throw new SettingsError(file, faults, settings.warnings);
  return settings;
}

/** What a text says, its faults beside it: values that cannot be used have their default then. */
export interface Interpretation {
  readonly settings: Settings;
  readonly faults: readonly SettingsFault[];
  /** What each setting was given, and by whom. */
  readonly assignments: Assignments;
}

export async function interpret(
  ini: IniFile,
  file: string,
  options: LoadOptions,
): Promise<Interpretation> {
  const { env, overrides = {}, forServing = false, platform = process.platform } = options;
  const folder = path.dirname(path.resolve(file));
  const findings = new Findings();
  const written: Assignments = new Map([
    ...fileAssignments(ini, findings),
    ...environmentAssignments(env, findings),
    ...overrideAssignments(overrides, findings),
  ]);
  const { assignments, unread } = await readSecretFiles(written, folder, findings);
  const { given, misread } = readValues(assignments, findings);
  const report = new RuleReport(assignments, new Set([...unread, ...misread]), findings);
  for (const foreign of foreignPaths(assignments, given, platform)) {
    const sentence = `is a path of ${originOf(platform)}, which cannot be served on this system; "branchline config import" moves it`;
    if (forServing) findings.fault(foreign, sentence);
    else findings.warn(foreign, sentence);
  }

  const values = assemble(resolvePaths(given, { folder, env, platform }));
  nameThisServer(values, options.host ?? hostname());
  checkTls(values, report);
  closeKnownDoors(values, report);
  checkFolders(values, path.resolve(file), report);
  checkPorts(values, report);
  checkRecords(values, report);
  checkAlarms(values, report);
  const upstreams = checkRoles(values, report);
  noticeWithoutEffect(given, report);
  noticeEndlessPlaces(values, report);
  noticeBackupProof(values, report);
  noticeWideNames(values, report);

  const { faults, warnings } = findings;
  const sources = Object.fromEntries(
    knownSettings.map(({ ini: name }) => [name, assignments.get(name)?.source ?? byDefault]),
  );
  const settings = deepFreeze({
    file,
    sha256: '',
    values,
    upstreams,
    snmpAccess: accessBySnmp(values),
    warnings,
    sources,
  });
  return { settings, faults, assignments: written };
}

const byDefault: Source = { from: 'default' };

function accessBySnmp({ snmp }: SettingsValues): SnmpAccess | undefined {
  const access = snmp.enabled ? parseSnmpParams(snmp.params) : undefined;
  return typeof access === 'string' ? undefined : access;
}

/** `Unknown` is what the former installer wrote. */
function nameThisServer({ server, hub }: SettingsValues, host: string): void {
  if (server.serverName === '' || server.serverName === 'Unknown') server.serverName = host;
  if (hub.name === '') hub.name = server.ipAddress === '' ? host : server.ipAddress;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
