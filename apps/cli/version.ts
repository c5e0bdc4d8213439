import { readFileSync } from 'node:fs';

const text = readFileSync(new URL(import.meta.resolve('#package')), 'utf8');
const parsed: unknown = JSON.parse(text);

/** The version of this Branchline, from its own package. */
export const version =
  typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : '0.0.0';
