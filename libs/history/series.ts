/**
 * count: things that happened in a bucket; level: how it was at its end; span: durations, with how many there were and the
 * longest.
 */
export type SeriesKind = 'count' | 'level' | 'span';

/** Everything that is kept over time. Labels are for people, made of the words in `labels`. */
export const historySeries = {
  transfers: { kind: 'count', unit: 'files', says: 'Files of telephones: protocol and outcome' },
  'transfer-bytes': {
    kind: 'count',
    unit: 'bytes',
    says: 'Bytes of these: protocol and direction',
  },
  'sync-runs': { kind: 'span', unit: 'ms', says: 'How long sync runs took: how they ended' },
  'relay-files': { kind: 'count', unit: 'files', says: 'Backups and records: kind and way' },
  'relay-bytes': { kind: 'count', unit: 'bytes', says: 'Bytes of these: kind and way' },
  records: { kind: 'count', unit: 'records', says: 'Call records over the network: intake' },
  'record-bytes': { kind: 'count', unit: 'bytes', says: 'Bytes of these: intake' },
  firmware: { kind: 'level', unit: 'telephones', says: 'Telephones: model and firmware' },
  branches: { kind: 'level', unit: 'branches', says: 'Branches of this hub: state' },
} as const satisfies Record<
  string,
  { readonly kind: SeriesKind; readonly unit: string; readonly says: string }
>;

export type HistorySeries = keyof typeof historySeries;

const byName: Readonly<Record<string, { readonly kind: SeriesKind }>> = historySeries;

export const isHistorySeries = (name: string): name is HistorySeries => Object.hasOwn(byName, name);

export const seriesNames = Object.keys(historySeries).filter(isHistorySeries);
