import { onTestFinished } from 'vitest';
import { LaunchedServer } from './launched-server.ts';

export { branchline, command, type CommandResult, type LogLine } from './launched-server.ts';

/** One `branchline serve` of a test, killed when the test has ended. */
export const ServerProcess = {
  /** Resolves once it has logged `ready`; rejects with all it said when it ends before. */
  async start(config: string): Promise<LaunchedServer> {
    const server = await LaunchedServer.launch(config);
    onTestFinished(() => server.kill());
    return server;
  },
};
export type ServerProcess = LaunchedServer;
