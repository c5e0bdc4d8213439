export { historySteps, type HistoryStep } from './buckets.ts';
export {
  HistoryReader,
  maxBuckets,
  type HistoryAnswer,
  type HistoryLine,
  type HistoryQuestion,
} from './history-reader.ts';
export {
  HistoryRecorder,
  otherLabels,
  type CounterSource,
  type LevelSource,
} from './history-recorder.ts';
export { historySeries, seriesNames, type HistorySeries, type SeriesKind } from './series.ts';
