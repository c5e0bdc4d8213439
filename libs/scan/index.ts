export { OfferedFirmware, type OfferTree } from './offered-firmware.ts';
export { phoneOfRow } from './phone-row.ts';
export { rangesOf, rangesOfFile, readRanges } from './range-file.ts';
export { isReportName, ScanFolder, reportName } from './scan-folder.ts';
export { csvReport, jsonReport, type Phones, type ReportHead } from './scan-report.ts';
export { runScan, type ScanRunOptions } from './scan-run.ts';
export { Scans, type ScansOptions } from './scans.ts';
export { maxVersions, scanSummarySchema, summaryText, type ScanSummary } from './scan-summary.ts';
export { ScanTargets } from './scan-targets.ts';
export { scanView, scanViewSchema, summaryOf, type ScanView } from './scan-view.ts';
export {
  scannedPhoneSchema,
  standings,
  type ScannedPhone,
  type Standing,
} from './scanned-phone.ts';
