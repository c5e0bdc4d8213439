/** The version of the TUF specification that `@tufjs/models` writes; clients look at its first number (§ 4.3). */
export const SPEC_VERSION = '1.0.31';
