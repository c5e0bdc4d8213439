import type { Command } from 'commander';

/** Every sub-command, each in a file of its own. */
const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve-command.ts')).serveCommand(),
  dhcp: async () => (await import('./dhcp-command.ts')).dhcpCommand(),
  watchdog: async () => (await import('./watchdog-command.ts')).watchdogCommand(),
  manager: async () => (await import('./manager-command.ts')).managerCommand(),
  demo: async () => (await import('./demo-command.ts')).demoCommand(),
  config: async () => (await import('./config-command.ts')).configCommand(),
  hub: async () => (await import('./hub-command.ts')).hubCommand(),
  join: async () => (await import('./join-command.ts')).joinCommand(),
  sync: async () => (await import('./sync-command.ts')).syncCommand(),
  status: async () => (await import('./status-command.ts')).statusCommand(),
  phones: async () => (await import('./phones-command.ts')).phonesCommand(),
  scan: async () => (await import('./scan-command.ts')).scanCommand(),
  alarms: async () => (await import('./alarms-command.ts')).alarmsCommand(),
  audit: async () => (await import('./audit-command.ts')).auditCommand(),
  updates: async () => (await import('./updates-command.ts')).updatesCommand(),
  relay: async () => (await import('./relay-command.ts')).relayCommand(),
  backups: async () => (await import('./backups-command.ts')).backupsCommand(),
  explain: async () => (await import('./explain-command.ts')).explainCommand(),
  ha: async () => (await import('./ha-command.ts')).haCommand(),
  state: async () => (await import('./state-command.ts')).stateCommand(),
  gen: async () => {
    const { genCommand } = await import('./gen-command.ts');
    return genCommand(async () => (await import('./program.ts')).buildProgram(undefined));
  },
};

/** The one that is asked for by name, else all, for help and completion: loading is most of a short command's time. */
export async function subcommands(asked: string | undefined): Promise<Command[]> {
  const one = asked !== undefined && Object.hasOwn(loaders, asked) ? loaders[asked] : undefined;
  return await Promise.all(
    one === undefined ? Object.values(loaders).map((load) => load()) : [one()],
  );
}
