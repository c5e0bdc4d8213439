import { Type } from 'typebox';
import { scanViewSchema } from '#libs/scan';
import {
  maxScanQuestion,
  maxScannedPerPage,
  maxScansListed,
  scanListSchema,
  scannedListSchema,
  scannedShows,
  scanReportFormats,
} from './scan-control.ts';

/** The bodies of scans that have a name in the API's description. */
export const scanSchemas = {
  Scan: scanViewSchema,
  Scans: scanListSchema,
  ScannedPhones: scannedListSchema,
};

const json = 'application/json';
const problem = (description: string) =>
  ({ description, type: 'application/problem+json', schema: 'Problem' }) as const;
const unauthorised = problem('The ApiToken is missing or wrong');
const unknown = problem('No such scan, or one of long ago');

const params = Type.Object({ scan: Type.String({ maxLength: 64 }) });

/** Scans of telephone firmware. They name people's extensions: all of it needs the ApiToken. */
export const scanRoutes = {
  startScan: {
    method: 'POST',
    url: '/api/v1/scans',
    summary: 'Scan the firmware of the telephones in some ranges',
    secured: true,
    querystring: Type.Object({
      what: Type.String({
        maxLength: maxScanQuestion,
        description:
          'Ranges such as 10.0.0.1-10.0.0.50 or 10.1.0.0/24 with commas between them, or the name of a file of ranges in the folder Scan',
      }),
      max: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 65_536,
          description: 'Addresses that it may ask; nothing = [SCAN] MaxCount',
        }),
      ),
    }),
    answers: {
      202: { description: 'The scan', type: json, schema: 'Scan' },
      400: problem('These are no ranges, or they hold too many addresses'),
      401: unauthorised,
      404: problem('There is no such file in the folder Scan'),
      409: problem('A scan is on'),
    },
  },
  scans: {
    method: 'GET',
    url: '/api/v1/scans',
    summary: 'The scans of this server, newest first, and one that is on',
    secured: true,
    querystring: Type.Object({
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: maxScansListed, description: 'Nothing = 20' }),
      ),
    }),
    answers: {
      200: { description: 'The scans', type: json, schema: 'Scans' },
      401: unauthorised,
    },
  },
  scan: {
    method: 'GET',
    url: '/api/v1/scans/:scan',
    summary: 'How far a scan is, or what it came to',
    secured: true,
    params,
    answers: {
      200: { description: 'The scan', type: json, schema: 'Scan' },
      401: unauthorised,
      404: unknown,
    },
  },
  cancelScan: {
    method: 'POST',
    url: '/api/v1/scans/:scan/cancel',
    summary: 'End a scan that is on; what it has learned is kept',
    secured: true,
    params,
    answers: {
      202: { description: 'The scan; it ends soon', type: json, schema: 'Scan' },
      401: unauthorised,
      404: unknown,
    },
  },
  scanPhones: {
    method: 'GET',
    url: '/api/v1/scans/:scan/phones',
    summary: 'What a scan found at each address',
    secured: true,
    params,
    querystring: Type.Object({
      show: Type.Optional(
        Type.Enum([...scannedShows], {
          description: 'failed: their last load of firmware; nothing = all',
        }),
      ),
      text: Type.Optional(
        Type.String({ maxLength: 100, description: 'Somewhere in what is known of it' }),
      ),
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: maxScannedPerPage, description: 'Nothing = 50' }),
      ),
      offset: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 100_000, description: 'Addresses to leave out' }),
      ),
    }),
    answers: {
      200: { description: 'One page of them', type: json, schema: 'ScannedPhones' },
      400: problem('limit or offset is out of bounds'),
      401: unauthorised,
      404: unknown,
    },
  },
  scanReport: {
    method: 'GET',
    url: '/api/v1/scans/:scan/report',
    summary: 'All that a scan found, as a file: CSV for spreadsheets, or JSON',
    secured: true,
    params,
    querystring: Type.Object({ format: Type.Enum([...scanReportFormats]) }),
    answers: {
      200: { description: 'The report', type: 'text/csv' },
      401: unauthorised,
      404: unknown,
    },
  },
} as const;
