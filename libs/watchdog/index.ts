export { AlertScript, type AlertScriptOptions, type ScriptEnd } from './alert-script.ts';
export { usualScripts } from './script-command.ts';
export { checkServer, type Checked, type CheckOptions } from './check-server.ts';
export { runningListeners, type RunningListener } from './running-listeners.ts';
export {
  isWatched,
  originOf,
  serverId,
  type WatchedProtocol,
  type WatchedServer,
} from './watched-server.ts';
export { Watchdog, type Sensed, type WatchdogOptions } from './watchdog.ts';
export { watchdogPage, type WatchdogPageOptions } from './watchdog-page.ts';
export { WatchdogServer, type WatchdogServerOptions } from './watchdog-server.ts';
export {
  watchdogStatusSchema,
  type Alert,
  type ServerCheck,
  type WatchdogStatus,
} from './watchdog-status.ts';
export { watchdogMetrics } from './watchdog-metrics.ts';
