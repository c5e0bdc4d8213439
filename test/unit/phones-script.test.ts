import { describe, expect, it } from 'vitest';
import { isScriptName, Script, scriptReader, type PhoneFacts, type ScriptRun } from '#libs/phones';

const j179: PhoneFacts = { mac: 'C8:1F:EA:83:E8:5A', model: 'J179', group: 5 };

const run = (lines: readonly string[], facts = j179, file = 'J100Supgrade.txt'): ScriptRun =>
  new Script(lines.join('\r\n')).run(scriptReader(facts, file));

/** The lines that count, and with a minus those whose condition does not hold. */
const taken = ({ steps }: ScriptRun): string[] =>
  steps.map(({ line, holds }) => `${holds === false ? '-' : ''}${line}`);

describe('the lines of a script', () => {
  it.each<[string, string[], string[], ScriptRun['end']]>([
    ['nothing', [''], [], { kind: 'done' }],
    ['comments', ['## a', '#SET A 1', '# two words', '#'], [], { kind: 'done' }],
    ['settings', ['SET A 1', '', 'SET B 2'], ['1', '3'], { kind: 'done' }],
    ['a jump', ['GOTO end', 'SET A 1', '# end', 'SET B 2'], ['1', '4'], { kind: 'done' }],
    ['a jump to nowhere', ['GOTO x', 'SET A 1'], ['1'], { kind: 'lost', line: 1, tag: 'x' }],
    [
      'a tag in another case',
      ['GOTO END', '# end', 'SET A 1'],
      ['1'],
      { kind: 'lost', line: 1, tag: 'END' },
    ],
    ['a file', ['GET b.txt', 'SET A 1'], ['1'], { kind: 'get', line: 1, file: 'b.txt' }],
    ['a file in quotes', ['GET "b c.txt"'], ['1'], { kind: 'get', line: 1, file: 'b c.txt' }],
    [
      'its own file',
      ['GET $MACADDR.txt'],
      ['1'],
      { kind: 'get', line: 1, file: 'c81fea83e85a.txt' },
    ],
    [
      'a condition that holds',
      ['IF $MODEL4 SEQ J179 GOTO a', 'SET B 2', '# a', 'SET A 1'],
      ['1', '4'],
      { kind: 'done' },
    ],
    [
      'a condition that does not hold',
      ['IF $MODEL4 SEQ 1603 GOTO a', 'SET B 2', '# a', 'SET A 1'],
      ['-1', '2', '4'],
      { kind: 'done' },
    ],
    ['a group', ['IF $GROUP SEQ 5 GOTO a', 'SET B 2', '# a'], ['1'], { kind: 'done' }],
    [
      'a MAC address as people write it',
      ['IF $MACADDR SEQ c8:1f:ea:83:e8:5a GOTO a', 'SET B 2', '# a'],
      ['1'],
      { kind: 'done' },
    ],
    [
      'a value that was set before',
      ['SET SITE lisbon', 'IF $SITE SEQ lisbon GOTO a', 'SET B 2', '# a'],
      ['1', '2'],
      { kind: 'done' },
    ],
    [
      'a tag twice: the next one below',
      ['# a', 'SET A 1', 'GOTO a', '# a', 'SET B 2'],
      ['2', '3', '5'],
      { kind: 'done' },
    ],
    [
      'something unknown',
      ['SET A 1', 'IF $HWVERS SEQ 2 GOTO a', 'SET B 2', '# a'],
      ['1', '2'],
      { kind: 'undecided', line: 2, why: '$HWVERS is not known' },
    ],
    [
      'a file with something unknown in its name',
      ['GET $SERIAL.txt', 'SET A 1'],
      ['1'],
      { kind: 'undecided', line: 1, why: '$SERIAL is not known' },
    ],
  ])('with %s', (_, lines, steps, end) => {
    const result = run(lines);
    expect(taken(result)).toEqual(steps);
    expect(result.end).toEqual(end);
  });

  it('in a circle come to an end', () => {
    const { end, steps } = run(['# a', 'SET A 1', 'GOTO a']);
    expect(end).toEqual({ kind: 'endless', line: 3 });
    expect(steps.length).toBeLessThan(3_000);
  });

  it.each([
    ['set A 1', /capitals/],
    ['SET A', /SET/],
    ['SET A "1', /SET/],
    ['IF $GROUP SEQ 5 GOTO', /IF/],
    ['IF GROUP SEQ 5 GOTO a', /IF/],
    ['IF $GROUP EQ 5 GOTO a', /IF/],
    ['GOTO a b', /GOTO/],
    ['GET a b', /GET/],
    ['ADD X 1', /known word/],
  ])('say that %j is not understood, and go on', (line, why) => {
    const { steps, end } = run([line, 'SET B 2', '# a']);
    expect(steps).toMatchObject([
      { line: 1, kind: 'unclear', note: expect.stringMatching(why) as string },
      { line: 2, kind: 'set' },
    ]);
    expect(end).toEqual({ kind: 'done' });
  });
});

it('keeps the settings in order, with the text between quotes', () => {
  const { settings } = run([
    ...['SET A "two words"', 'SET B ""', 'SET A 3 ## three', 'SET C 1.2.3.4,5.6.7.8'],
  ]);
  expect(settings).toEqual([
    { name: 'A', value: 'two words', line: 1 },
    { name: 'B', value: '', line: 2 },
    { name: 'A', value: '3', line: 3 },
    { name: 'C', value: '1.2.3.4,5.6.7.8', line: 4 },
  ]);
});

it('takes no GROUP and no model from a file', () => {
  const { settings, steps, end } = run([
    ...['SET GROUP 7', 'SET MODEL4 1603', 'IF $GROUP SEQ 5 GOTO a', 'SET B 2', '# a'],
    ...['IF $MODEL4 SEQ 1603 GOTO b', 'SET C 3', '# b'],
  ]);
  expect(settings.map(({ name }) => name)).toEqual(['MODEL4', 'C']);
  expect(steps[0]).toHaveProperty('note');
  expect(end).toEqual({ kind: 'done' });
});

it('goes on behind a file that was not there, with what was set before', () => {
  const script = new Script('GET a.txt\nIF $SITE SEQ x GOTO a\nSET B 2\n# a\n');
  const reader = scriptReader(j179, 'J100Supgrade.txt');
  expect(script.run(reader).end).toEqual({ kind: 'get', line: 1, file: 'a.txt' });
  const rest = script.run(reader, 1, new Map([['SITE', 'x']]));
  expect([taken(rest), rest.end]).toEqual([['2'], { kind: 'done' }]);
  expect([script.endsAt(1), script.endsAt(3)]).toEqual([false, true]);
});

it.each([
  ['as somebody calls it', 'J179', { MODEL4: 'J179' }],
  ['with its letter', '9611g', { MODEL4: '9611' }],
  ['as it calls itself', '9611D01a', { MODEL4: '9611', MODEL: '9611D01A' }],
])('knows of a model %s only what follows', (_, model, variables) => {
  expect(Object.fromEntries(scriptReader({ model }, '').variables)).toEqual(variables);
});

it.each([
  ['46xxupgrade.scr', undefined, 'stops', 'any case'],
  ['/phones\\46xxUPGRADE.SCR', undefined, 'stops', 'any case'],
  ['16xxupgrade.txt', undefined, 'goes on', 'any case'],
  ['96x1Hupgrade.txt', '4621', 'goes on', 'exact'],
  ['46xxsettings.txt', '4621', 'stops', 'any case'],
  ['46xxsettings.txt', '9641G', 'goes on', 'exact'],
  ['46xxsettings.txt', '9640', 'goes on', undefined],
  ['46xxsettings.txt', 'j179', 'goes on', undefined],
  ['46xxsettings.txt', 'Vantage', undefined, undefined],
  ['46xxsettings.txt', undefined, undefined, undefined],
])('%s asked for by a %s is read in its family’s manner', (file, model, failedGet, comparison) => {
  expect(scriptReader({ model }, file).manners).toEqual({ failedGet, comparison });
});

it('tells capitals from small letters as the family does, and says where that is not known', () => {
  const lines = ['IF $SITE SEQ LISBON GOTO a', 'SET B 2', '# a'];
  const facts = { variables: { SITE: 'Lisbon' } };
  expect(taken(run(lines, facts, '16xxupgrade.txt'))).toEqual(['1']);
  expect(taken(run(lines, facts, '96x1Supgrade.txt'))).toEqual(['-1', '2']);
  expect(run(lines, facts, 'J100Supgrade.txt').end).toMatchObject({ kind: 'undecided', line: 1 });
});

it.each([
  ['46xxupgrade.scr', true],
  ['phones/J100Supgrade.txt', true],
  ['46xxsettings.txt', true],
  ['46xxspecials.txt', true],
  ['fxd_settings.txt', true],
  ['FW_S_J179_R4_1_3_0_6.bin', false],
  ['upgrade/readme.txt', false],
  ['settings.ini', false],
])('%s is a script: %s', (name, script) => {
  expect(isScriptName(name)).toBe(script);
});
