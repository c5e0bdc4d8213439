/** How many entries of each list the status holds; what falls off is counted where it matters. */
export const statusLimits = {
  listeners: 64,
  files: 500,
  branches: 2_000,
  disks: 32,
  certificates: 32,
  warnings: 50,
  faults: 20,
  recent: 50,
  models: 20,
  relayed: 500,
  mirrorFailures: 20,
} as const;
