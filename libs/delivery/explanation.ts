import { Type, type Static, type TSchema } from 'typebox';

/** How much of long scripts an explanation holds. */
export const explanationLimits = { answers: 32, steps: 5_000, settings: 5_000 } as const;

const closed = { additionalProperties: false } as const;
const text = (description: string) => Type.String({ description });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

const access = Type.Object(
  {
    admitted: Type.Boolean({ description: 'Whether the address may have files of this tree' }),
    rule: Type.Enum(['open', 'list', 'closed'], {
      description: 'open: no list; list: who is in it; closed: a list that cannot be read',
    }),
    list: orNull(text('Name of the list that decided')),
    line: orNull(count('Line of it that names the address')),
    text: orNull(text('That line')),
    faults: Type.Array(
      Type.Object(
        { line: count('Line'), text: text('As it stands there'), why: text('What is wrong') },
        closed,
      ),
      { description: 'The first lines of the list that are ignored' },
    ),
    why: orNull(text('Why the list cannot be read')),
  },
  closed,
);

const file = Type.Object(
  {
    name: text('Name inside the tree, as spelled on disk'),
    path: text('The same with the folder of the tree'),
    size: count('Bytes'),
    modifiedAt: Type.String({ format: 'date-time', description: 'Last change' }),
    etag: text('Entity tag by HTTP'),
    sha256: text('Of its bytes, hexadecimal'),
  },
  closed,
);

const script = Type.Object(
  {
    steps: Type.Array(
      Type.Object(
        {
          line: count('Line'),
          text: text('As it stands there'),
          kind: Type.Enum(['set', 'goto', 'if', 'get', 'unclear']),
          holds: orNull(Type.Boolean({ description: 'Of a condition' })),
          note: orNull(text('What people should know about it')),
        },
        closed,
      ),
      { maxItems: explanationLimits.steps, description: 'Lines that the telephone comes to' },
    ),
    end: Type.Enum(['done', 'get', 'lost', 'undecided', 'endless'], {
      description:
        'done: its last line, or it stops there; get: another file takes over; lost: the rest is ignored, as there is no such tag; undecided: from there on it depends on what is not known',
    }),
    endLine: orNull(count('Line at which it ends before its last one')),
    why: orNull(text('Why it is undecided or lost')),
  },
  closed,
);

const answer = Type.Object(
  {
    asked: text('Name that the telephone asks for'),
    by: orNull(
      Type.Object({ file: text('Script that names it'), line: count('Line there') }, closed),
    ),
    outcome: Type.Enum(['file', 'substitute', 'refused']),
    code: orNull(text('Error code of a refusal')),
    sentence: orNull(text('The same for people')),
    file: orNull(file),
    script: orNull(script),
  },
  closed,
);

/** What a telephone would get, and why: the answer of `branchline explain --json` and of the status port. */
export const explanationSchema = Type.Object(
  {
    tree: Type.Enum(['TFTP', 'FTP', 'HTTP', 'HTTPS']),
    address: text('Address of the telephone'),
    variables: Type.Record(Type.String(), Type.String(), {
      description: 'What is known of it, by the names that scripts use',
    }),
    access,
    answers: Type.Array(answer, {
      maxItems: explanationLimits.answers,
      description: 'The file that was asked for, then those that scripts lead to, in turn',
    }),
    settings: Type.Array(
      Type.Object(
        {
          name: text('Name'),
          value: text('Value that counts in the end'),
          file: text('Script that sets it'),
          line: count('Line there'),
        },
        closed,
      ),
      { maxItems: explanationLimits.settings },
    ),
    notes: Type.Array(text('For people'), {
      maxItems: 8,
      description: 'What the server would also ask or do, and was not looked at here',
    }),
    complete: Type.Boolean({
      description: 'False when something is not known, or was too long to be followed to its end',
    }),
  },
  closed,
);

export type Explanation = Static<typeof explanationSchema>;
export type ExplainedAnswer = Explanation['answers'][number];
export type ExplainedScript = NonNullable<ExplainedAnswer['script']>;
