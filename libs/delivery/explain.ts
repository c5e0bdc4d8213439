import { isScriptName, Script, scriptReader, type PhoneFacts } from '#libs/phones';
import type { Access } from './access-gate.ts';
import { describeFile } from './explained-file.ts';
import type { ExplainedAnswer, Explanation } from './explanation.ts';
import { ScriptChain, type Found } from './script-chain.ts';
import type { PhoneRequest } from './served-file.ts';
import type { TreeDelivery, Verdict } from './tree-delivery.ts';

/**
 * What a telephone would get for this request, and why; of upgrade and settings files also where they lead it.
 * Asks `delivery` for each file, as the servers do. What is not known is said, and ends the way there.
 */
export async function explain(
  delivery: TreeDelivery,
  request: PhoneRequest,
  facts: PhoneFacts,
): Promise<Explanation> {
  const reader = scriptReader(facts, request.name);
  const root = delivery.folderOf(request.tree);
  const chain = new ScriptChain(reader, async (file, by) => {
    const name = beside(request.name, file);
    return await foundIn(await delivery.judge({ ...request, name }), root, name, by);
  });
  const verdict = await delivery.judge(request);
  const first = await foundIn(verdict, root, request.name, null);
  chain.answers.push(first.answer);
  if (isScriptName(first.answer.file?.name ?? '')) await chain.follow(first);
  return {
    tree: request.tree,
    address: request.address,
    variables: Object.fromEntries(reader.variables),
    access: accessOf(verdict.access, request.address),
    answers: chain.answers,
    settings: chain.settings,
    notes: [],
    complete: chain.complete,
  };
}

async function foundIn(
  verdict: Verdict,
  root: string,
  asked: string,
  by: ExplainedAnswer['by'],
): Promise<Found> {
  const none = { asked, by, code: null, sentence: null, file: null, script: null };
  if ('refusal' in verdict) {
    const { code, message: sentence } = verdict.refusal;
    return { answer: { ...none, outcome: 'refused', code, sentence }, script: undefined };
  }
  const outcome = verdict.file.insteadOf === undefined ? 'file' : 'substitute';
  const { described, text } = await describeFile(verdict.file, root);
  const script = text === undefined ? undefined : new Script(text);
  return { answer: { ...none, outcome, file: described }, script };
}

/** Scripts name files as seen from the folder that the telephone was told to ask in. */
function beside(name: string, file: string): string {
  if (/^[\\/]/.test(file)) return file;
  return name.slice(0, name.search(/[^\\/]*$/)) + file;
}

function accessOf({ admitted, rule }: Access, address: string): Explanation['access'] {
  const none = { admitted, list: null, line: null, text: null, faults: [], why: null };
  switch (rule.kind) {
    case 'open':
      return { ...none, rule: 'open' };
    case 'closed':
      return { ...none, rule: 'closed', list: rule.name, why: rule.why };
    case 'list': {
      const { line = null, text = null } = rule.list.lineFor(address) ?? {};
      const faults = rule.list.faults.map((fault) => ({ ...fault }));
      return { ...none, rule: 'list', list: rule.name, line, text, faults };
    }
  }
}
