import { isIP } from 'node:net';
import { BranchlineError } from '#libs/errors';
import { parseMac, plainAddress, type PhoneFacts } from '#libs/phones';
import type { PhoneRequest, TreeName } from './served-file.ts';

/** The servers that may be asked about, and the tree that each reads from. */
export const explainableServers = {
  http: 'HTTP',
  https: 'HTTPS',
  tftp: 'TFTP',
  ftp: 'FTP',
  ftps: 'FTP',
} as const satisfies Record<string, TreeName>;

export type ExplainableServer = keyof typeof explainableServers;

/** A question as people put it. */
export interface QuestionTexts {
  readonly server: ExplainableServer;
  readonly ip: string;
  readonly file: string;
  readonly mac?: string | undefined;
  readonly model?: string | undefined;
  readonly group?: string | undefined;
  /** Each `NAME=VALUE`. */
  readonly variables?: readonly string[] | undefined;
}

export interface Question {
  readonly request: PhoneRequest;
  readonly facts: PhoneFacts;
}

/** @throws BranchlineError USAGE. */
export function readQuestion(texts: QuestionTexts): Question {
  const { server, ip, file, mac, model, group } = texts;
  if (isIP(ip) === 0) throw usage(`${quoted(ip)} is no IP address`);
  if (mac !== undefined && parseMac(mac) === undefined) {
    throw usage(`${quoted(mac)} is no MAC address`);
  }
  if (group !== undefined && !/^\d{1,3}$/.test(group)) {
    throw usage(`${quoted(group)} is no group: they are 0 to 999`);
  }
  if (model !== undefined && !/^[\w.-]{2,20}$/.test(model)) {
    throw usage(`${quoted(model)} is no model, such as J179 or 9611G`);
  }
  const variables = (texts.variables ?? []).map((variable) => {
    const [, name, value] = /^\$?([A-Za-z0-9_]{1,64})=(.{0,200})$/.exec(variable) ?? [];
    if (name === undefined || value === undefined) {
      throw usage(`${quoted(variable)} is no variable: NAME=VALUE`);
    }
    return [name, value] as const;
  });
  return {
    request: { tree: explainableServers[server], name: file, address: plainAddress(ip) },
    facts: {
      mac,
      model,
      group: group === undefined ? undefined : Number(group),
      variables: Object.fromEntries(variables),
    },
  };
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 100));
const usage = (sentence: string): BranchlineError => new BranchlineError('USAGE', sentence);
