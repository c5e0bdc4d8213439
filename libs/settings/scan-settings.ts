import { Type } from 'typebox';
import { parseRanges, sayRanges } from '#libs/phones';
import { choiceForm, type Form } from './form.ts';
import { setting, text, whole } from './setting.ts';

const noneRangesOrFileForm: Form = {
  expects:
    'ranges such as 10.0.0.1-10.0.0.50 or 10.1.0.0/24 with commas between them, or the name of a file of ranges in ScanDir',
  read: (value) => {
    const wanted = value.trim();
    if (!sayRanges(wanted)) return /^[\w][\w .-]{0,99}$/.test(wanted) ? wanted : undefined;
    try {
      parseRanges(wanted);
      return wanted;
    } catch {
      return undefined;
    }
  },
};

/** [SCAN]: which firmware the telephones run (Guide p. 42, where these are fields of a page). */
export const scanSettings = Type.Object({
  maxCount: whole(
    'SCAN/MaxCount',
    1000,
    { from: 1, to: 65_536 },
    'Addresses that one scan may ask; a larger range is refused.',
  ),
  ranges: text(
    'SCAN/Ranges',
    '',
    noneRangesOrFileForm,
    'What is scanned by schedule: ranges with commas between them, or a file of ranges in ScanDir.',
  ),
  interval: setting(
    Type.Union(
      [Type.Literal(0), Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4)],
      {
        default: 0,
        description:
          'How often that is scanned: 0 never, every 1 minute, 2 hour, 3 day, 4 month; at a time of its own.',
      },
    ),
    {
      ini: 'SCAN/Interval',
      form: choiceForm(
        { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4 },
        '0 (never), 1 (minute), 2 (hour), 3 (day) or 4 (month)',
      ),
    },
  ),
  atOnce: whole(
    'SCAN/AtOnce',
    1000,
    { from: 1, to: 4096 },
    'Addresses that are asked at a time; lower it where the telephones are in this very network and its switches are weak.',
  ),
  perSecond: whole(
    'SCAN/PerSecond',
    4000,
    { from: 10, to: 20_000 },
    'Addresses that are asked in a second where nobody answers; telephones that answer are asked faster.',
  ),
  keep: whole('SCAN/Keep', 30, { from: 1, to: 1000 }, 'Scans whose files stay in ScanDir.'),
});
