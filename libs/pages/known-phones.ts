import { Type, type Static, type TSchema } from 'typebox';
import { transferDirections, transferOutcomes } from '#libs/observe';

const closed = { additionalProperties: false } as const;
const text = (description: string) => Type.String({ description });
const time = (description: string) => Type.String({ format: 'date-time', description });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** The most telephones of one page. */
export const maxPhonesPerPage = 200;

/** A fact of a telephone, and whether it was proven. */
const fact = (description: string) =>
  orNull(
    Type.Object(
      {
        value: text(description),
        proven: Type.Boolean({
          description: 'true: answered by SNMP at its address; false: only claimed',
        }),
      },
      closed,
    ),
  );

const knownPhone = Type.Object(
  {
    address: text('IP address'),
    mac: fact('MAC address, twelve hexadecimal digits'),
    model: fact('Model'),
    firmware: fact('Firmware that runs'),
    maker: orNull(text('Maker, as its User-Agent or its file names claim')),
    family: orNull(text('Family, by its sysObjectID')),
    extension: orNull(text('Extension that was logged in when it was asked last')),
    agent: text('User-Agent as it was sent; may be empty'),
    firstSeenAt: time('First request'),
    lastSeenAt: time('Last request'),
    askedAt: orNull(time('When it answered SNMP last')),
    backupAt: orNull(time('When it stored a backup here last')),
    files: Type.Array(
      Type.Object(
        {
          name: text('Name of the file'),
          direction: Type.Enum([...transferDirections]),
          outcome: Type.Enum([...transferOutcomes]),
          at: time('Last time'),
        },
        closed,
      ),
      { description: 'Its last files, newest first' },
    ),
  },
  closed,
);

/** The body of GET /api/v1/phones. No secrets in it. */
export const phoneListSchema = Type.Object(
  {
    total: Type.Integer({ minimum: 0, description: 'Telephones that are known' }),
    offset: Type.Integer({ minimum: 0, description: 'Telephones before the first of this page' }),
    phones: Type.Array(knownPhone, { maxItems: maxPhonesPerPage }),
  },
  closed,
);

export type PhoneList = Static<typeof phoneListSchema>;
export type ListedPhone = PhoneList['phones'][number];

/** The telephones that were seen, those seen last first. */
export type PhoneLister = (page: { readonly limit: number; readonly offset: number }) => PhoneList;
