export { delayBefore, withRetry, type Backoff } from './backoff.ts';
export { systemClock, type Clock } from './clock.ts';
export { collectYoung } from './collect-young.ts';
export { listen } from './listen.ts';
export { FreshRuns } from './fresh-runs.ts';
export { notifySystemd } from './notify-systemd.ts';
export { reportEnd, reportProgress } from './report-end.ts';
export { pause } from './pause.ts';
export { runThread, type ThreadMessage, type ThreadRun } from './run-thread.ts';
export { ownProgram, type Program } from './own-program.ts';
export { pingSystemd } from './ping-systemd.ts';
export { SingleInstance } from './single-instance.ts';
export { startAll, type Service } from './service.ts';
export { signalsOf, StopRequest, type ProgramSignals } from './stop-request.ts';
export { Turns } from './turns.ts';
export { startThread, type ThreadOptions } from './start-thread.ts';
export {
  SupervisedProcess,
  type ProcessLook,
  type SupervisedProcessOptions,
} from './supervised-process.ts';
export { SystemdUnits, type SystemdOptions, type UnitAct, type UnitLook } from './systemd-units.ts';
