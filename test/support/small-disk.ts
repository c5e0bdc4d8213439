import { onTestFinished } from 'vitest';
import { runClient } from './real-client.ts';
import { tempFolder } from './temp-folder.ts';

/** A disk of `bytes`, mounted until the test has ended. Ask `canMountTmpfs` before. */
export async function smallDisk(bytes: number): Promise<string> {
  const folder = await tempFolder('branchline-small-disk-');
  const { status, stderr } = await runClient('mount', [
    ...['-t', 'tmpfs', '-o', `size=${bytes}`],
    ...['branchline-small-disk', folder],
  ]);
  if (status !== 0) throw new Error(`mount: ${stderr}`);
  // Registered after the removal of the folder, hence run before it.
  onTestFinished(async () => {
    await runClient('umount', [folder]);
  });
  return folder;
}
