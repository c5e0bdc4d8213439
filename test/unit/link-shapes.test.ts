import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CheckIn, JoinAnswer, maxProblems, metadataName } from '#libs/link';
import { parseJson, parseShape } from '../../libs/link/parse.ts';

const report: CheckIn = {
  protocol: 1,
  version: '0.1.0',
  release: 7,
  state: 'in-sync',
  problems: [{ name: 'fw.zip', code: 'ARCHIVE_CRC_WRONG', message: 'fw.bin is damaged' }],
  freeBytes: 1_000_000,
  sentAt: 1_800_000_000_000,
};

const parse = (value: unknown): CheckIn =>
  parseShape(CheckIn, value, 'LINK_REQUEST_INVALID', 'a report');

it('takes a report as it was sent', () => {
  expect(parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
});

it('lets members through that a newer branch may send', () => {
  expect(parse({ ...report, temperature: 21 })).toMatchObject(report);
});

it.each([
  ['no object', 'report'],
  ['another protocol', { ...report, protocol: 2 }],
  ['a state that nobody knows', { ...report, state: 'happy' }],
  ['a release that is no number', { ...report, release: '7' }],
  ['a release below zero', { ...report, release: -1 }],
  ['a code that is no code', { ...report, problems: [{ code: 'a b', message: '' }] }],
  ['a message without an end', { ...report, problems: [{ code: 'A', message: 'x'.repeat(501) }] }],
  [
    'more problems than are read',
    { ...report, problems: Array(maxProblems + 1).fill({ code: 'A', message: '' }) },
  ],
])('refuses %s', (_, value) => {
  expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'LINK_REQUEST_INVALID' }));
});

it('refuses a root that is no base64, before anybody decodes it', () => {
  const answer = {
    certificate: 'c',
    authority: 'a',
    root: 'no base64!',
    hubId: 'h',
    hubPort: 4411,
    branch: 'lisbon',
  };
  expect(() => parseShape(JoinAnswer, answer, 'PEER_ANSWER_INVALID', 'the answer')).toThrow(
    expect.objectContaining({ code: 'PEER_ANSWER_INVALID' }),
  );
});

it('answers any bytes with a report or a refusal, never with anything else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        try {
          expect(parseJson(CheckIn, Buffer.from(bytes), 'LINK_REQUEST_INVALID', 'x').protocol).toBe(
            1,
          );
        } catch (error) {
          expect(error).toHaveProperty('code', 'LINK_REQUEST_INVALID');
        }
      },
    ),
    { numRuns: 300 },
  );
});

it.each([
  ['timestamp.json', true],
  ['1.root.json', true],
  ['4711.targets.json', true],
  ['root.json', false],
  ['0.root.json', false],
  ['1.root.json.bak', false],
  ['../1.root.json', false],
  ['1.timestamp.json', false],
])('a metadata file called %s: %s', (name, known) => {
  expect(metadataName.test(name)).toBe(known);
});
