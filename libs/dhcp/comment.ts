/** Text that stays within the line of its comment, whatever it is. */
export const commentText = (text: string): string =>
  text
    .replace(/[^\x20-\x7e\u00a0-\ud7ff\ue000-\uffef]|[\u2028\u2029\u0085]/g, '?')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '?')
    // The end of a comment of C, and a backslash at the end of a line.
    .replace(/\*\//g, '* /')
    .replace(/\\/g, '/')
    .slice(0, 200);

/** What stands at the head of each file. */
export const headLines = (name: string, notes: readonly string[], check: string): string[] => [
  `DHCP for the telephones of ${commentText(name)}, printed by branchline dhcp`,
  `Check it: ${check}`,
  ...notes.map(commentText),
];
