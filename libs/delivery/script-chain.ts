import type { Script, ScriptEnd, ScriptReader, ScriptRun } from '#libs/phones';
import {
  explanationLimits,
  type ExplainedAnswer,
  type ExplainedScript,
  type Explanation,
} from './explanation.ts';

/** What a telephone gets for one name, and the script in it. */
export interface Found {
  readonly answer: ExplainedAnswer;
  /** Undefined where there is no file, or one too long to be read line by line. */
  readonly script: Script | undefined;
}

/** Asks for a file that a line of a script names. */
export type AskBy = (file: string, by: NonNullable<ExplainedAnswer['by']>) => Promise<Found>;

/** Follows a telephone from script to script, and notes which lines count and what they set. */
export class ScriptChain {
  readonly answers: ExplainedAnswer[] = [];
  readonly #reader: ScriptReader;
  readonly #ask: AskBy;
  readonly #settings = new Map<string, Explanation['settings'][number]>();
  #steps = 0;
  #complete = true;

  constructor(reader: ScriptReader, ask: AskBy) {
    this.#reader = reader;
    this.#ask = ask;
  }

  /** Values that count in the end. */
  get settings(): Explanation['settings'] {
    return [...this.#settings.values()].slice(0, explanationLimits.settings);
  }

  /** False when it ended at something that is not known, or at a bound. */
  get complete(): boolean {
    return this.#complete && this.#settings.size <= explanationLimits.settings;
  }

  async follow(first: Found): Promise<void> {
    for (
      let found: Found | undefined = first;
      found !== undefined;
      found = await this.#read(found)
    );
  }

  /** Read one script to its end, or up to a file that takes over from it. */
  async #read({ answer, script }: Found): Promise<Found | undefined> {
    if (script === undefined) {
      this.#complete = false;
      return undefined;
    }
    const name = answer.file?.name ?? answer.asked;
    const seen: ExplainedScript = { steps: [], end: 'done', endLine: null, why: null };
    answer.script = seen;
    for (let after = 0; ;) {
      const run = script.run(this.#reader, after, this.#known());
      this.#note(run, seen, name);
      if (run.end.kind !== 'get') {
        this.#close(seen, run.end);
        return undefined;
      }
      const { line, file } = run.end;
      const barrier = this.#barrier(file);
      if (barrier !== undefined) {
        this.#close(seen, { kind: 'undecided', line, why: barrier });
        return undefined;
      }
      const next = await this.#ask(file, { file: name, line });
      this.answers.push(next.answer);
      if (next.answer.outcome !== 'refused') {
        this.#close(seen, run.end);
        return next;
      }
      const { failedGet } = this.#reader.manners;
      if (failedGet === 'stops' || script.endsAt(line)) {
        this.#close(seen, { kind: 'done' }, line);
        return undefined;
      }
      if (failedGet === undefined) {
        const why = 'it is not known whether this telephone reads on without that file';
        this.#close(seen, { kind: 'undecided', line, why });
        return undefined;
      }
      after = line;
    }
  }

  #known(): ReadonlyMap<string, string> {
    return new Map([...this.#settings.values()].map(({ name, value }) => [name, value]));
  }

  #note(run: ScriptRun, seen: ExplainedScript, file: string): void {
    const steps = run.steps.slice(0, explanationLimits.steps - this.#steps);
    if (steps.length < run.steps.length) this.#complete = false;
    this.#steps += steps.length;
    seen.steps.push(
      ...steps.map(({ holds = null, note = null, ...step }) => ({ ...step, holds, note })),
    );
    for (const setting of run.settings) {
      // The last one counts, and stands at its own place.
      this.#settings.delete(setting.name);
      this.#settings.set(setting.name, { ...setting, file });
    }
  }

  /** Why a file that a script names cannot be looked for here. */
  #barrier(file: string): string | undefined {
    if (/^[a-z]+:\/\//i.test(file)) return 'the file is on another server';
    return this.answers.length < explanationLimits.answers ? undefined : 'too many files to follow';
  }

  #close(seen: ExplainedScript, end: ScriptEnd, line?: number): void {
    seen.end = end.kind;
    seen.endLine = line ?? (end.kind === 'done' ? null : end.line);
    if (end.kind === 'undecided') seen.why = end.why;
    if (end.kind === 'lost') seen.why = `there is no tag ${end.tag}`;
    if (end.kind === 'undecided' || end.kind === 'endless') this.#complete = false;
  }
}
