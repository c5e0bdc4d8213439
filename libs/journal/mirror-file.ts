/** What two servers of a pair hold alike; each area is one folder (docs/adr/021-mirror.md). */
export const mirrorAreas = [
  'phones-ftp',
  'phones-http',
  'devices',
  'passwords',
  'updates',
  'tftp',
  'http',
  'https',
] as const;
export type MirrorArea = (typeof mirrorAreas)[number];

/** A file of an area. */
export interface MirrorFile {
  /** Inside the folder, with `/`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Unix milliseconds; the same at both servers. */
  readonly modifiedMs: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** here; gone: somebody removed it; left: it is no longer of the area, forget what was said of it. */
export const mirrorStates = ['here', 'gone', 'left'] as const;
export type MirrorState = (typeof mirrorStates)[number];

/** Which changes have made a file what it is; 0 for none. Who knows of both has nothing newer to expect. */
export interface MirrorOrigin {
  /** The last change of the server that says so. */
  readonly mine: number;
  /** The last change of the other one. */
  readonly theirs: number;
}

/** What the other server is told of a file. */
export interface MirrorRow extends MirrorFile, MirrorOrigin {
  readonly area: MirrorArea;
  /** Unless it is here, `sha256` says what it was last, and `modifiedMs` when that was noticed. */
  readonly state: MirrorState;
  /** Grows with each change of any row. */
  readonly change: number;
}

/** Rows after a change, in the order of their changes. */
export interface MirrorPage {
  /** Id of the catalogue; another one counts anew. */
  readonly book: string;
  /** Id of the catalogue whose changes are `theirs`. */
  readonly of?: string | undefined;
  readonly rows: readonly MirrorRow[];
  /** Ask on from here. */
  readonly next: number;
  /** True when there was no more. */
  readonly complete: boolean;
}
