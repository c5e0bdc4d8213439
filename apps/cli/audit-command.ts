import { Command, Option } from 'commander';
import { auditActs, readAudit, type AuditAct } from '#libs/audit';
import { NamePatterns } from '#libs/backups';
import { BranchlineError } from '#libs/errors';
import { uploadKinds, type UploadKind } from '#libs/journal';
import { loadPlan } from '../server/compose.ts';
import { configOption } from './config-option.ts';
import { sinceOf } from './since-option.ts';
import { table } from './table.ts';

interface Options {
  readonly config: string;
  readonly since?: string;
  readonly kind?: UploadKind;
  readonly act?: AuditAct;
  readonly name?: string;
  readonly limit: string;
  readonly json?: boolean;
}

export function auditCommand(): Command {
  return new Command('audit')
    .description('who stored, fetched, restored, delivered, purged and resent what')
    .option('--since <date>', 'since then: 2026-11-26')
    .addOption(new Option('--kind <kind>', 'of this kind').choices(uploadKinds))
    .addOption(new Option('--act <act>', 'of this act').choices(auditActs))
    .option('--name <pattern>', 'whose name is like this; * and ? stand for any characters')
    .option('--limit <count>', 'the last so many', '1000')
    .option('--json', 'for programs')
    .addOption(configOption())
    .action(async ({ config, since, kind, act, name, limit, json }: Options) => {
      const { audit } = await loadPlan(config);
      if (audit === undefined) {
        throw new BranchlineError(
          'SETTINGS_INVALID',
          `nothing is audited: in ${config} AuditLog is 0`,
        );
      }
      if (!/^[1-9]\d{0,5}$/.test(limit)) {
        throw new BranchlineError('USAGE', `--limit needs a whole number from 1, not "${limit}"`);
      }
      const names = name === undefined ? undefined : new NamePatterns([name, `*/${name}`]);
      const records = await readAudit(audit.folder, {
        since: sinceOf(since),
        limit: Number(limit),
        fits: (record) =>
          (kind === undefined || record.kind === kind) &&
          (act === undefined || record.act === act) &&
          (names === undefined || names.fit(record.name) !== undefined),
      });
      const lines = table(
        ['time', 'act', 'by', 'kind', 'name', 'bytes', 'result'],
        records.map((record) => [
          record.time,
          record.act,
          record.via === undefined ? record.by : `${record.by} (${record.via})`,
          record.kind,
          record.branch === undefined ? record.name : `${record.branch}: ${record.name}`,
          `${record.size ?? '–'}`,
          record.result,
        ]),
      );
      process.stdout.write(
        json === true ? `${JSON.stringify(records)}\n` : `${lines.join('\n') || 'nothing'}\n`,
      );
    });
}
