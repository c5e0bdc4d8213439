import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Chromium where it is installed already; it is too large to be brought for a few tests. */
export const browserProgram = (process.env['PATH'] ?? '')
  .split(path.delimiter)
  .flatMap((folder) => ['chromium', 'google-chrome'].map((name) => path.join(folder, name)))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
