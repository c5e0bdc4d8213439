import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseIni } from '#libs/settings';

const windows = readFileSync('test/fixtures/guide-windows.ini', 'utf8');

/** The text after one change. */
function changed(text: string, change: (ini: ReturnType<typeof parseIni>) => void): string {
  const ini = parseIni(text);
  change(ini);
  return ini.toString();
}

describe('reading', () => {
  it.each([
    ['Key=value', 'value'],
    ['Key= value ', ' value '],
    ['Key = value', 'value'],
    ['Key =  value', ' value'],
    ['  Key=value', 'value'],
    ['KEY=value', 'value'],
    ['K ey=value', 'value'],
    ['Key=', ''],
    ['Key=a=b # c', 'a=b # c'],
    ['Key=first\nKey=second', 'first'],
    ['[other]\nKey=no\n[ s ] ; again\nKey=value', 'value'],
  ])('%j has %j', (lines, value) => {
    expect(parseIni(`[S]\n${lines}\n`).get('s', 'key')).toBe(value);
  });

  it('keeps the leading space that SNMP Params needs (Guide p. 26)', () => {
    const ini = parseIni('[SNMP]\r\nParams= -v2c -cpublic\r\n');
    expect(ini.get('SNMP', 'Params')).toBe(' -v2c -cpublic');
  });

  it.each(['#Key=value', ' # Key=value', '; Key=value', '#12= Key=value', ''])(
    'takes %j for no entry and for no mistake',
    (line) => {
      const ini = parseIni(`[S]\n${line}\n`);
      expect([ini.entries(), ini.strays()]).toEqual([[], []]);
    },
  );

  it.each([
    ['[S]\nKey value', 'unreadable', 2],
    ['[S]\n=value', 'unreadable', 2],
    ['[S\nKey=1', 'unreadable', 1],
    ['# comment\n[S\nKey=1', 'unreadable', 2],
    ['[a\u001B[2J]\nKey=1', 'unreadable', 1],
    ['# location of the\n  terminal backups', 'wrapped', 2],
    ['# 1 = min; 2\n  =hour, 3=day', 'wrapped', 2],
  ])('%j has a line that is %s', (text, kind, line) => {
    expect(parseIni(text).strays()).toMatchObject([{ kind, line }]);
  });

  it('counts lines from 1, whatever ends them', () => {
    const ini = parseIni('\uFEFF[S]\r\n\r\nA=1\rB=2\nC=3');
    expect(ini.entries().map(({ key, line }) => [key, line])).toEqual([
      ['A', 3],
      ['B', 4],
      ['C', 5],
    ]);
    expect(ini.sections()).toEqual([{ name: 'S', line: 1 }]);
  });
});

describe('changing', () => {
  it('touches one line of the Windows sample and nothing else', () => {
    const after = changed(windows, (ini) => {
      ini.set('HTTP', 'HTTPPort', '8081,8080');
    });
    expect(after).toBe(windows.replace('HTTPPort=81\r\n', 'HTTPPort=8081,8080\r\n'));
  });

  it('finds a key in the spelling of the sample', () => {
    const after = changed(windows, (ini) => {
      ini.set('ftp', 'FTP_TimeOut', '9');
    });
    expect(after).toBe(windows.replace('FTP_ TimeOut=5', 'FTP_ TimeOut=9'));
  });

  it.each([
    ['[S]\nA = 1\n', '[S]\nA = 2\n'],
    ['[S]\nA=1', '[S]\nA=2'],
    ['[S]\n\tA\t=\t1\n', '[S]\n\tA\t=\t2\n'],
    // At the end of the section: after its last key, before the rule and the blank line that close it.
    ['[S]\n# c\nB=1\n#===\n\n[T]\nA=9\n', '[S]\n# c\nB=1\nA=2\n#===\n\n[T]\nA=9\n'],
    ['[S]\n# c\n\n[T]\n', '[S]\n# c\nA=2\n\n[T]\n'],
    ['[S]\r\nB=1', '[S]\r\nB=1\r\nA=2'],
    ['[S]', '[S]\nA=2'],
    ['[S]\nB=1\n[T]\n[S]\nC=1\n', '[S]\nB=1\n[T]\n[S]\nC=1\nA=2\n'],
    ['', '[S]\nA=2\n'],
    ['\uFEFF', '\uFEFF[S]\nA=2\n'],
    ['[T]\r\nB=1\r\n', '[T]\r\nB=1\r\n\r\n[S]\r\nA=2\r\n'],
    ['[T]\nB=1', '[T]\nB=1\n\n[S]\nA=2'],
    ['[T]\n\n', '[T]\n\n[S]\nA=2\n'],
  ])('%j becomes %j', (before, after) => {
    const result = changed(before, (ini) => {
      ini.set('S', 'A', '2');
    });
    expect(result).toBe(after);
  });

  it('removes every line of a key', () => {
    const text = '[S]\nA=1\n# a\n[T]\nA=1\n[s]\na = 2\n';
    expect(changed(text, (ini) => ini.remove('S', 'A'))).toBe('[S]\n# a\n[T]\nA=1\n[s]\n');
    expect(parseIni(text).remove('S', 'B')).toBe(false);
  });

  it('comments a line out, with its own line end', () => {
    const after = changed('[S]\r\n A=1\r\nB=2\n', (ini) => {
      ini.commentOut(2);
    });
    expect(after).toBe('[S]\r\n#  A=1\r\nB=2\n');
  });

  it.each([
    ['S', 'A', 'one\nB=two'],
    ['S', 'A', 'one\r'],
    ['S', 'A=B', '1'],
    ['S', '#A', '1'],
    ['S', '', '1'],
    ['S]\n[T', 'A', '1'],
    ['', 'A', '1'],
  ])('refuses [%j] %j = %j, which would become something else', (section, key, value) => {
    const ini = parseIni('[S]\nA=0\n');
    expect(() => {
      ini.set(section, key, value);
    }).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }));
    expect(ini.toString()).toBe('[S]\nA=0\n');
  });
});
