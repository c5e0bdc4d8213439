import type { ErrorCode } from '#libs/errors';
import type { Digest } from '#libs/files';
import type { MemberOrder } from './unpack-member.ts';

/** What the unpacking thread is started with. */
export interface UnpackOrder {
  readonly path: string;
  readonly members: readonly MemberOrder[];
}

/** What it says. */
export type UnpackMessage =
  | { readonly kind: 'progress'; readonly bytes: number; readonly name: string }
  | { readonly kind: 'done'; readonly digests: readonly Digest[] }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };
