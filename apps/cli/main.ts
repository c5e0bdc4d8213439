import { CommanderError } from 'commander';
import { buildProgram } from './program.ts';
import { reportFailure } from './report-failure.ts';

/** The `branchline` command: results on stdout, everything else on stderr, one exit code per kind of ending. */
try {
  const program = await buildProgram(process.argv[2]);
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = reportFailure(error);
}
