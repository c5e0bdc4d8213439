import { Type, type Static, type TSchema } from 'typebox';

/** How what a telephone runs stands to what it would get here. */
export const standings = ['current', 'behind', 'ahead', 'unknown'] as const;
export type Standing = (typeof standings)[number];

/** phone: it answered as one; other: something that is no known telephone answered; silent: nothing came in time. */
export const outcomes = ['phone', 'other', 'silent'] as const;

const closed = { additionalProperties: false } as const;
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const fact = (description: string, maxLength = 128) =>
  orNull(Type.String({ maxLength, description }));

/** What a scan learned at one address. Nothing of it is believed that is not in its form. */
export const scannedPhoneSchema = Type.Object(
  {
    address: Type.String({ maxLength: 15 }),
    outcome: Type.Enum([...outcomes]),
    family: fact('Family that its sysObjectID names'),
    model: fact('As it calls itself'),
    extension: fact('Logged-in extension'),
    serial: fact('Serial number'),
    mac: fact('Twelve hexadecimal digits'),
    group: fact('Its GROUP'),
    firmware: fact('What it runs'),
    offered: fact('What the upgrade script here leads it to', 1_024),
    standing: orNull(Type.Enum([...standings], { description: 'Of telephones' })),
    load: orNull(
      Type.Enum(['ok', 'not stored', 'failed'], { description: 'Its last load of firmware' }),
    ),
    script: orNull(
      Type.Enum(['ok', 'not interpreted', 'not obtained'], {
        description: 'How it read its last upgrade script',
      }),
    ),
    note: fact('What people should know about it', 500),
  },
  closed,
);
export type ScannedPhone = Static<typeof scannedPhoneSchema>;

/** True when it could not take its last firmware. */
export const loadFailed = ({ load }: ScannedPhone): boolean => load !== null && load !== 'ok';

/** One address of which nothing is known but how it answered. */
export const unknownAt = (
  address: string,
  outcome: ScannedPhone['outcome'],
  note: string | null,
): ScannedPhone => ({
  address,
  outcome,
  family: null,
  model: null,
  extension: null,
  serial: null,
  mac: null,
  group: null,
  firmware: null,
  offered: null,
  standing: null,
  load: null,
  script: null,
  note,
});
