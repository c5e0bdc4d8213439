import { listValues, loadSettings, type Source } from '#libs/settings';

interface ShowOptions {
  readonly json?: boolean;
  readonly sources?: boolean;
}

/** Prints a settings file that says the same without any other source, secrets apart. */
export async function showSettings(file: string, { json, sources }: ShowOptions): Promise<void> {
  const rows = listValues(await loadSettings(file, { env: process.env }));
  const sections = Map.groupBy(rows, ({ section }) => section);
  if (json === true) {
    const shown = [...sections].map(([section, settings]): [string, object] => {
      const keys = settings.map(({ key, value, source }): [string, unknown] => [
        key,
        sources === true ? { value, source: inWords(source) } : value,
      ]);
      return [section, Object.fromEntries(keys)];
    });
    process.stdout.write(`${JSON.stringify(Object.fromEntries(shown))}\n`);
    return;
  }
  const lines = [...sections].flatMap(([section, settings]) => [
    `[${section}]`,
    ...settings.flatMap(({ key, written, source }) => [
      ...(sources === true ? [`# ${inWords(source)}`] : []),
      `${key}=${written}`,
    ]),
    '',
  ]);
  process.stdout.write(lines.join('\n'));
}

function inWords(source: Source): string {
  switch (source.from) {
    case 'default':
      return 'default';
    case 'file':
      return `line ${source.line}`;
    case 'environment':
      return `environment ${source.variable}`;
    case 'override':
      return 'command line';
  }
}
