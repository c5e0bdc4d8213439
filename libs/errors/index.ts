export { errorCodes, type ErrorCode, type ErrorMeaning, type Fault } from './error-code.ts';
export { asBranchlineError, BranchlineError, isErrorCode, systemCode } from './branchline-error.ts';
