/** Fewer files than this are purged whatever their share: a small site has no other. */
const harmless = 50;

/**
 * True when so many files may go at once. A clock that has jumped, or a ledger that is wrong, makes nearly everything due on one
 * day: that is stopped. `share` in percent.
 */
export const mayPurge = (due: number, all: number, share: number): boolean =>
  due <= harmless || due * 100 <= all * share;
