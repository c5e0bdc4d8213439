import type { Static, TSchema } from 'typebox';
import { Check, Errors } from 'typebox/value';
import { BranchlineError, type ErrorCode } from '#libs/errors';

/**
 * A value from the wire in the shape that was agreed, or a refusal that names the first fault.
 * Members that the shape does not know are let through: a newer peer may say more.
 */
export function parseShape<const Shape extends TSchema>(
  shape: Shape,
  value: unknown,
  code: ErrorCode,
  where: string,
): Static<Shape> {
  if (Check(shape, value)) return value;
  const fault = Errors(shape, value)[0];
  const detail = fault === undefined ? 'wrong shape' : `${fault.instancePath} ${fault.message}`;
  throw new BranchlineError(
    code,
    `${where}: ${detail.trim().slice(0, 200)}; check that both ends run a matching version`,
  );
}

/** The same from bytes of JSON. */
export function parseJson<const Shape extends TSchema>(
  shape: Shape,
  bytes: Buffer,
  code: ErrorCode,
  where: string,
): Static<Shape> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new BranchlineError(code, `${where}: what came is not JSON`, { cause: error });
  }
  return parseShape(shape, value, code, where);
}
