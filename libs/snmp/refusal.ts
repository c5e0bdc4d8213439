import { BranchlineError } from '#libs/errors';

export const silent = (address: string, why: string, cause?: unknown): BranchlineError =>
  new BranchlineError('PHONE_SILENT', `the telephone ${address} cannot be asked by SNMP: ${why}`, {
    cause,
  });

export const interrupted = (address: string): BranchlineError =>
  new BranchlineError(
    'INTERRUPTED',
    `the telephone ${address} was not waited for, because this server stops`,
  );
