/** Keys whose values never reach a log, in any case: the Guide's passwords and our own secrets. */
export const secretNames = [
  'SUPassword',
  'CustomFTPPwd',
  'ProxyPassword',
  'password',
  'ApiToken',
  'token',
  'joinString',
  'privateKey',
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
] as const;

export const censored = '[secret]';

const secretKeys: ReadonlySet<string> = new Set(secretNames.map((name) => name.toLowerCase()));
const maxDepth = 5;

/** A copy of the facts of a log line with secrets replaced, or the same object when it holds none. */
export function redact(facts: Record<string, unknown>, depth = 0): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(facts)) {
    const safe = safeValue(key, value, depth);
    if (safe === value) continue;
    copy ??= { ...facts };
    copy[key] = safe;
  }
  return copy ?? facts;
}

function safeValue(key: string, value: unknown, depth: number): unknown {
  if (value !== undefined && secretKeys.has(key.toLowerCase())) return censored;
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    const safe = items.map((item) => safeValue('', item, depth + 1));
    return safe.some((item, n) => item !== items[n]) ? safe : value;
  }
  if (!isPlain(value)) return value;
  return depth >= maxDepth ? '[too deep]' : redact(value, depth + 1);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
