import { BranchlineError } from '#libs/errors';
import { firmwareBytes, numbers } from './firmware-bytes.ts';
import { phoneFamilies } from './phone-families.ts';
import {
  certificateFile,
  languageFile,
  languages,
  settingsFile,
  upgradeScript,
} from './phone-texts.ts';

export interface FirmwareOptions {
  /** All files together, in bytes. Default: 67 MB, which makes a zip of some 60. */
  readonly totalBytes?: number;
  /** How many files. Default: 40. */
  readonly files?: number;
  /** Another seed gives other bytes under the same names. */
  readonly seed?: string;
  /** As it stands in the firmware's file names. */
  readonly version?: string;
}

export interface PlannedFile {
  readonly name: string;
  readonly size: number;
  /** The file's bytes in chunks of at most 256 KiB; the same at each call. */
  readonly bytes: () => Iterable<Buffer>;
}

/**
 * The files of a release in name order: settings, scripts, certificates and languages, and firmware for the rest.
 * @throws BranchlineError USAGE when so few files or bytes make no release.
 */
export function planFirmware(options: FirmwareOptions = {}): PlannedFile[] {
  const { totalBytes = 67_000_000, files = 40 } = options;
  const { seed = 'branchline', version = '4_1_3_0_6' } = options;
  // In a small set, too, two files of five are firmware.
  const texts = Math.min(textNames, Math.floor(files * 0.6));
  const names = firmwareNames(version, files - texts);
  const planned = textFiles(totalBytes, seed, version, new Set(names)).slice(0, texts);
  const left = totalBytes - planned.reduce((sum, { size }) => sum + size, 0);
  if (files < 2 || left < names.length)
    throw new BranchlineError(
      'USAGE',
      `no firmware set can be made of ${files} files and ${totalBytes} bytes: ask for 2 files and 50,000 bytes or more`,
    );
  const sizes = shares(left, names.length, `${seed}\0sizes`);
  for (const [index, name] of names.entries()) {
    const size = sizes[index] ?? 0;
    planned.push({ name, size, bytes: () => firmwareBytes(`${seed}\0${version}`, name, size) });
  }
  return planned.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const certificates = ['av_prca_pem_2033.txt', 'av_sipca_pem_2027.txt', 'av_csca_pem_2032.txt'];
const textNames = 1 + phoneFamilies.length + certificates.length + languages.length;

function textFiles(
  totalBytes: number,
  seed: string,
  version: string,
  firmware: ReadonlySet<string>,
): PlannedFile[] {
  const groups = Math.min(200, Math.floor(totalBytes / 20_000));
  const languageSize = Math.min(80_000, Math.floor(totalBytes / 100));
  return [
    textFile('46xxsettings.txt', settingsFile(version, groups)),
    ...phoneFamilies.map((family) =>
      textFile(family.script, upgradeScript(family, version, firmware)),
    ),
    ...certificates.map((name) => textFile(name, certificateFile(name, seed))),
    ...languages.map((name) =>
      textFile(`mlf_${name}.txt`, languageFile(name, `${seed}\0${version}`, languageSize)),
    ),
  ];
}

function textFile(name: string, text: string): PlannedFile {
  const bytes = Buffer.from(text);
  return { name, size: bytes.length, bytes: () => [bytes] };
}

/** One for each model, every family's first model first; beyond that, further builds of the same. */
function firmwareNames(version: string, count: number): string[] {
  const names: string[] = [];
  for (let build = 1; names.length < count; build++) {
    const suffix = build === 1 ? version : `${version}_b${build}`;
    const perFamily = phoneFamilies.map(({ models, binary }) =>
      models.map((model) => binary(model, suffix)),
    );
    const most = Math.max(...perFamily.map((of) => of.length));
    for (let rank = 0; rank < most; rank++)
      names.push(...perFamily.flatMap((of) => of[rank] ?? []));
  }
  return names.slice(0, count);
}

/** `total` split into parts that differ up to sixteenfold, as firmware sizes do. */
function shares(total: number, count: number, seed: string): number[] {
  const random = numbers(seed);
  const weights = Array.from({ length: count }, () => 1 + (random.next().value % 16));
  const sum = weights.reduce((a, b) => a + b, 0);
  const parts = weights.map((weight) => Math.floor((total * weight) / sum));
  const rest = total - parts.reduce((a, b) => a + b, 0);
  return parts.map((part, index) => (index === 0 ? part + rest : part));
}
