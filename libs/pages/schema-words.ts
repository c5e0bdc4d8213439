import { Type, type TSchema } from 'typebox';

/** What the schemas of the API are made of. */
export const closed = { additionalProperties: false } as const;
export const text = (description: string) => Type.String({ description });
export const time = (description: string) => Type.String({ format: 'date-time', description });
export const count = (description: string) => Type.Integer({ minimum: 0, description });
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const list = <T extends TSchema>(items: T, maxItems: number) =>
  Type.Array(items, { maxItems });

export const problem = Type.Object(
  {
    code: text('Error code, see docs/errors.md'),
    sentence: text('What happened, and where'),
    at: orNull(time('When')),
  },
  closed,
);
