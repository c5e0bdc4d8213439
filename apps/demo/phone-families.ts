/** A family of telephones: the script it asks for first, and how the firmware files are called that it is sent to. */
export interface PhoneFamily {
  readonly script: string;
  /** The models that the script tells apart, as the phone gives them in `variable`. */
  readonly models: readonly string[];
  readonly variable: '$MODEL4' | '$MODEL';
  /** A firmware name for one model and version. */
  readonly binary: (model: string, version: string) => string;
}

/** Which script each family asks for, and that J100 firmware lies in a subfolder, is as seen at real sites. */
export const phoneFamilies: readonly PhoneFamily[] = [
  {
    script: '46xxupgrade.scr',
    models: ['4610', '4620'],
    variable: '$MODEL4',
    binary: (model, version) => `i${model.slice(2)}d01a${version}.bin`,
  },
  {
    script: 'J100Supgrade.txt',
    models: ['J129', 'J139', 'J159', 'J169', 'J179', 'J189'],
    variable: '$MODEL4',
    binary: (model, version) => `firmware/FW_S_${model}_R${version}.bin`,
  },
  {
    script: '96x1Supgrade.txt',
    models: ['9611', '9621'],
    variable: '$MODEL4',
    binary: (model, version) => `S${model}_SALBR${version}_V474.tar`,
  },
  {
    script: '96x1Hupgrade.txt',
    models: ['9608', '9641'],
    variable: '$MODEL4',
    binary: (model, version) => `S${model}_HALBR${version}_V452.tar`,
  },
  {
    script: '96xxupgrade.txt',
    models: ['9620', '9640'],
    variable: '$MODEL4',
    binary: (model, version) => `hb${model}ua${version}.bin`,
  },
  {
    script: '16xxupgrade.txt',
    models: ['1603', '1608', '1616'],
    variable: '$MODEL4',
    binary: (model, version) => `ha${model}ua${version}.bin`,
  },
  {
    script: 'K1xxSupgrade.txt',
    models: ['K155', 'K175'],
    variable: '$MODEL',
    binary: (model, version) => `firmware/FW_S_${model}_R${version}.bin`,
  },
];
