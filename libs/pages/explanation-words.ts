import type { ExplainedAnswer, ExplainedScript, Explanation } from '#libs/delivery';

/** Whether the access list lets it in, and which line of it says so. */
export function accessWords({
  admitted,
  rule,
  list,
  line,
  text,
  why,
}: Explanation['access']): string {
  switch (rule) {
    case 'open':
      return 'granted: there is no access list';
    case 'closed':
      return `refused: ${list ?? ''} cannot be read: ${why ?? ''}`;
    case 'list':
      return admitted
        ? `granted by line ${line ?? 0} of ${list ?? ''}: ${text ?? ''}`
        : `refused: no line of ${list ?? ''} names it`;
  }
}

/** What it gets for one name. */
export function outcomeWords({ asked, outcome, file, code, sentence }: ExplainedAnswer): string {
  switch (outcome) {
    case 'file':
      return file?.name ?? '';
    case 'substitute':
      return `${file?.name ?? ''} instead of ${asked}`;
    case 'refused':
      return `nothing: ${sentence ?? ''} [${code ?? ''}]`;
  }
}

/** Where the way through a script ends; empty when at its last line. `hint`: how to make known what is not. */
export function endWords(
  { end, endLine, why }: ExplainedScript,
  hint: (why: string) => string = () => '',
): string {
  const at = `line ${endLine ?? 0}`;
  switch (end) {
    case 'done':
      return endLine === null ? '' : `It stops at ${at}.`;
    case 'get':
      return '';
    case 'lost':
      return `The rest is ignored from ${at} on: ${why ?? ''}.`;
    case 'undecided':
      return `What follows ${at} cannot be told: ${why ?? ''}${hint(why ?? '')}.`;
    case 'endless':
      return `It goes in circles at ${at}.`;
  }
}
