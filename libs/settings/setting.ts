import { Type, type TSchema } from 'typebox';
import { decimalForm, flagForm, listForm, textForm, wholeForm, type Form } from './form.ts';

/** Where a setting stands in the file: `SECTION/Key`, in the spelling that this server writes. */
export type IniName = `${string}/${string}`;

/** The folder of a path that nobody set: in `DataDir`, or in a folder beside it. */
export interface Place {
  readonly from: 'DataDir' | 'beside DataDir';
  readonly path: string;
}

/** What a setting says about itself beside its type, default and description. */
export interface SettingNotes {
  readonly ini: IniName;
  readonly form: Form;
  /** Other spellings of the key, of the Guide's Linux and Windows samples. */
  readonly aliases?: readonly string[];
  /** False when every command and every use reads it afresh; else a change counts after a restart. */
  readonly restart?: boolean;
  /** Never shown; may be given as `<Key>File=` with the path of a file that holds it. */
  readonly secret?: boolean;
  /** A secret's value without what is secret in it, where a part may be shown. */
  readonly mask?: (text: string) => string;
  /** A path on this machine: relative ones count from the folder of the settings file. */
  readonly path?: boolean;
  /** Default of a path. */
  readonly place?: Place;
  /** The default in words, where it is found out at the start. */
  readonly otherwise?: string;
  /** An empty value is a choice of its own; says which. Elsewhere an empty text is as good as none. */
  readonly empty?: string;
  /** Read and never acted on; says why. */
  readonly noEffect?: string;
  /** How it differs from the Guide. */
  readonly changed?: string;
}

export type Setting<S extends TSchema> = S & { readonly notes: SettingNotes };

type More = Omit<SettingNotes, 'ini' | 'form'>;

/** A setting says everything about itself once: reader, documentation and JSON Schema come from here. */
export function setting<S extends TSchema>(type: S, notes: SettingNotes): Setting<S> {
  return Object.assign(type, { notes });
}

export const flag = (ini: IniName, value: boolean, description: string, more: More = {}) =>
  setting(Type.Boolean({ default: value, description }), { ini, form: flagForm, ...more });

interface Bounds {
  readonly from: number;
  readonly to: number;
}

export const whole = (
  ini: IniName,
  value: number,
  { from, to }: Bounds,
  description: string,
  more: More = {},
) =>
  setting(Type.Integer({ default: value, minimum: from, maximum: to, description }), {
    ini,
    form: wholeForm(from, to),
    ...more,
  });

export const decimal = (
  ini: IniName,
  value: number,
  { from, to }: Bounds,
  description: string,
  more: More = {},
) =>
  setting(Type.Number({ default: value, minimum: from, maximum: to, description }), {
    ini,
    form: decimalForm(from, to),
    ...more,
  });

const portBounds = { minimum: 0, maximum: 65_535 };

/** 0 takes any free port. */
export const port = (ini: IniName, value: number, description: string, more: More = {}) =>
  setting(Type.Integer({ default: value, ...portBounds, description }), {
    ini,
    form: wholeForm(0, portBounds.maximum),
    ...more,
  });

const portListForm = listForm(
  wholeForm(0, portBounds.maximum),
  'one to eight ports with commas between them, each from 0 to 65535',
);

const noneOrPortsForm: Form = {
  expects: portListForm.expects,
  read: (text) => (text.trim() === '' ? [] : portListForm.read(text)),
};

/** Empty is allowed where none is the default. */
export const ports = (
  ini: IniName,
  value: readonly number[],
  description: string,
  more: More = {},
) => {
  const noneIsFine = value.length === 0;
  return setting(
    Type.Array(Type.Integer(portBounds), {
      default: value,
      minItems: noneIsFine ? 0 : 1,
      maxItems: 8,
      description,
    }),
    { ini, form: noneIsFine ? noneOrPortsForm : portListForm, ...more },
  );
};

export const text = (
  ini: IniName,
  value: string,
  form: Form,
  description: string,
  more: More = {},
) => setting(Type.String({ default: value, description }), { ini, form, ...more });

const maxText = /^.{0,1024}$/;
export const anyText = textForm('a text of at most 1024 characters', maxText);

export const secret = (ini: IniName, description: string, more: More = {}) =>
  text(ini, '', anyText, description, { secret: true, ...more });

const pathForm = textForm('a path of at most 1024 characters', /^.{1,1024}$/);

export const filePath = (ini: IniName, description: string, more: More = {}) =>
  setting(Type.String({ default: '', description }), { ini, form: pathForm, path: true, ...more });

/** `place` is its folder when nobody names one. */
export const folder = (ini: IniName, place: Place, description: string, more: More = {}) =>
  filePath(ini, description, { place, ...more });
