import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { BranchlineError } from '#libs/errors';
import { ifThere } from '#libs/files';
import { bytes, number, plural, type RollBackAnswer, type UpdateList } from '#libs/pages';
import { lookIntoUpdate, requireUpdateName } from '#libs/sync';
import { loadPlan } from '../server/compose.ts';
import { ServerClient } from '../server/server-client.ts';
import { servesPhones } from '../server/server-plan.ts';
import { UpdatesClient } from '../server/updates-client.ts';
import { operator } from './audited.ts';
import { configOption } from './config-option.ts';
import { ProgressLine } from './progress-line.ts';
import { printable, table } from './table.ts';
import { lookText, shown } from './update-text.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

/** `branchline updates …`: by the running server, which alone decides; only `inspect` needs none. */
export function updatesCommand(): Command {
  return new Command('updates')
    .description('look into updates, publish them, roll them back')
    .addCommand(listCommand())
    .addCommand(inspectCommand())
    .addCommand(publishCommand())
    .addCommand(discardCommand())
    .addCommand(rollBackCommand())
    .addCommand(withdrawCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('what is published from here, how many branches have it, and uploads that wait')
    .addOption(configOption())
    .option('--json', 'for programs: as GET /api/v1/updates')
    .action(async ({ config, json }: Options) => {
      const list = await whole(await clientOf(config));
      print(json, list, () => listText(list));
    });
}

function inspectCommand(): Command {
  return new Command('inspect')
    .description('what is in a file, where each part of it would go, and what that would change')
    .argument('<file>', 'a zip, or any file as it would be put into Updates')
    .addOption(configOption())
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nReads the settings and the folders on this machine; no server need run.',
    )
    .action(async (file: string, { config, json }: Options) => {
      const plan = await loadPlan(config);
      const name = requireUpdateName(path.basename(file));
      const published = path.join(plan.folders.updates, name);
      const look = await lookIntoUpdate({
        file: path.resolve(file),
        name,
        limits: plan.publishing.limits,
        patterns46xx: plan.publishing.patterns46xx,
        trees: plan.folders.trees,
        compareTrees: servesPhones(plan),
        published: (await ifThere(stat(published))) === undefined ? undefined : published,
        verify: true,
      });
      print(json, look, () => lookText(name, look));
    });
}

function publishCommand(): Command {
  return new Command('publish')
    .description('upload a file to the running server, have it looked into, and publish it')
    .argument('<file>', 'a zip, or any other file for telephones')
    .option('--name <name>', 'publish it under another name')
    .option('--replace', 'also when other bytes are published under that name')
    .option('--keep', 'do not publish it yet: keep it aside, to be looked at on the manager')
    .addOption(configOption())
    .option('--json', 'print what was found in it, for programs')
    .addHelpText(
      'after',
      '\nExample: branchline updates publish J100_4_1_5.zip --config /etc/branchline/MV_IPTel.ini',
    )
    .action(
      async (
        file: string,
        options: Options & { name?: string; replace?: boolean; keep?: boolean },
      ) => {
        const { config, json, replace, keep } = options;
        const name = requireUpdateName(options.name ?? path.basename(file));
        const client = await clientOf(config);
        const look = await client.upload({ name, by: operator(), body: await read(file, name) });
        const { draft, replaces } = look;
        const news = replaces?.sha256 === draft.sha256 ? undefined : (replaces ?? undefined);
        if (keep !== true) {
          if (news !== undefined && replace !== true) {
            await client.discard(draft.id, operator());
            throw new BranchlineError(
              'UPDATE_NAME_TAKEN',
              `${JSON.stringify(name)} is published already with other bytes, since ${news.publishedAt}: say --replace, or give it another name`,
            );
          }
          await client.publish(draft.id, news?.sha256, operator());
        }
        print(json, look, () => [
          ...lookText(name, look.look),
          keep === true
            ? `kept aside as ${draft.id}: nothing is published`
            : look.branches === null
              ? 'published'
              : `published: ${plural(look.branches.total, 'branch', 'branches')} will fetch it`,
        ]);
      },
    );
}

function discardCommand(): Command {
  return new Command('discard')
    .description('throw away an upload that is kept aside')
    .argument('<id>', 'as `updates list` shows it')
    .addOption(configOption())
    .action(async (id: string, { config }: Options) => {
      await (await clientOf(config)).discard(id, operator());
      process.stdout.write('discarded\n');
    });
}

function rollBackCommand(): Command {
  return new Command('rollback')
    .description('go back to what was there before an update')
    .argument('<name>', 'as it is called in Updates')
    .option('--here', 'at a hub: for its own telephones only, not for the branches')
    .option('--to <sha256>', 'at a hub: to this version, as --dry-run shows them')
    .option('--dry-run', 'only say what would be done')
    .addOption(configOption())
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `
At a hub the earlier bytes are published again under the name: every branch fetches and publishes them as any update.
Elsewhere, and with --here, the files that the update replaced are put back, all or none; doing it again brings the
update back. Files that were new with the update stay: no telephone loses what it may be loading.`,
    )
    .action(
      async (
        name: string,
        options: Options & { here?: boolean; to?: string; dryRun?: boolean },
      ) => {
        const { config, json, here = false, to, dryRun } = options;
        const client = await clientOf(config);
        const choice = { name, here, to };
        const answer =
          dryRun === true
            ? await client.lookAtRollBack(choice)
            : await client.rollBack(choice, operator());
        print(json, answer, () => rollBackText(answer, dryRun === true));
      },
    );
}

function withdrawCommand(): Command {
  return new Command('withdraw')
    .description(
      'take an update out of Updates: what was made of it stays at telephones and branches',
    )
    .argument('<name>', 'as it is called in Updates')
    .addOption(configOption())
    .action(async (name: string, { config }: Options) => {
      const client = await clientOf(config);
      const known = (await whole(client)).updates.find((update) => update.name === name);
      if (known === undefined)
        throw new BranchlineError('NOT_FOUND', `there is no update ${JSON.stringify(name)} here`);
      await client.withdraw(name, known.sha256, operator());
      process.stdout.write(`${printable(name)} is withdrawn; branches that have it keep it\n`);
    });
}

const clientOf = async (config: string): Promise<UpdatesClient> =>
  new UpdatesClient(await ServerClient.open(await loadPlan(config)));

function print(json: boolean | undefined, answer: unknown, lines: () => string[]): void {
  process.stdout.write(
    json === true ? `${JSON.stringify(answer)}\n` : `${lines().map(printable).join('\n')}\n`,
  );
}

/** Every page of the list. */
async function whole(client: UpdatesClient): Promise<UpdateList> {
  const limit = 200;
  let list = await client.list({ limit, offset: 0 });
  while (list.updates.length < list.total) {
    const next = await client.list({ limit, offset: list.updates.length });
    if (next.updates.length === 0) break;
    list = { ...list, updates: [...list.updates, ...next.updates] };
  }
  return list;
}

/** The bytes of a file, with a bar on a terminal. */
async function read(file: string, name: string): Promise<AsyncIterable<Buffer>> {
  const found = await ifThere(stat(file));
  if (found?.isFile() !== true)
    throw new BranchlineError('NOT_FOUND', `${file} is not there, or no file`);
  const line = new ProgressLine(process.stderr);
  return (async function* () {
    let done = 0;
    for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) {
      yield chunk as Buffer; // No encoding is set.
      done += (chunk as Buffer).length;
      line.show({ label: `uploading ${printable(name)}`, done, overall: found.size });
    }
    line.clear();
  })();
}

function listText({ hub, branchesTotal, updates, withdrawn, drafts }: UpdateList): string[] {
  const lines = [
    ...table(
      ['update', 'size', 'published', ...(hub ? [`of ${branchesTotal} branches`] : []), 'here'],
      updates.map((update) => [
        update.name,
        bytes(update.size),
        update.publishedAt,
        ...(hub
          ? [
              `${update.branches?.have ?? 0} have it${update.branches?.refused ? `, ${update.branches.refused} refused it` : ''}`,
            ]
          : []),
        update.here.reason === null
          ? update.here.state
          : `${update.here.state}: ${update.here.reason}`,
      ]),
    ),
    ...table(
      ['kept aside', 'size', 'uploaded', 'by', 'id'],
      drafts.map(({ name, size, uploadedAt, by, id }) => [name, bytes(size), uploadedAt, by, id]),
    ),
    ...table(
      ['withdrawn', 'size', 'until'],
      withdrawn.map(({ name, size, endedAt }) => [name, bytes(size), endedAt]),
    ),
  ];
  return lines.length === 0 ? ['nothing is published here'] : lines;
}

function rollBackText(answer: RollBackAnswer, dry: boolean): string[] {
  const { name, scope, to, earlier, back, stays } = answer;
  if (scope === 'branches') {
    return [
      ...table(
        ['version', 'size', 'published', 'until'],
        earlier.map((version) => [
          version.sha256,
          bytes(version.size),
          version.publishedAt,
          version.endedAt,
        ]),
      ),
      `${name} ${dry ? 'would go' : 'goes'} back to ${to?.sha256.slice(0, 12) ?? ''}, at every branch; files that only the newer version has stay there`,
    ];
  }
  return [
    ...table(
      ['tree', 'file', 'bytes', ''],
      back.files.map((file) => [
        file.tree,
        file.name,
        number(file.size),
        file.edited ? 'changed by hand since' : '',
      ]),
    ),
    ...shown(back.total, back.files.length, 'file'),
    `${plural(back.total, 'file')} of ${name} ${dry ? 'would be' : 'are'} as before`,
    ...(stays.total === 0
      ? []
      : [`${plural(stays.total, 'file')} new with it stay: ${stays.names.slice(0, 5).join(', ')}`]),
  ];
}
