import { Gauge, type Registry } from 'prom-client';

/** What /metrics says of the mirror of a pair; nothing where there is none. */
export class MirrorMetrics {
  readonly #behind: Gauge<'area'>;
  readonly #inStep: Gauge;

  constructor(registers: Registry[]) {
    this.#behind = new Gauge({
      name: 'branchline_mirror_behind_files',
      help: 'Files that are not yet as at the other server of the pair; none without PeerMirror',
      labelNames: ['area'],
      registers,
    });
    this.#inStep = new Gauge({
      name: 'branchline_mirror_in_step',
      help: '1 = the other server of the pair has what telephones save here, 0 = not; none without PeerMirror',
      registers,
    });
    // A zero would say of a server without a mirror that it has lost the other one.
    this.#inStep.remove();
  }

  stands({
    inStep,
    areas,
  }: {
    readonly inStep: boolean;
    readonly areas: readonly { readonly area: string; readonly behind: number }[];
  }): void {
    this.#inStep.set(inStep ? 1 : 0);
    for (const { area, behind } of areas) this.#behind.set({ area }, behind);
  }
}
