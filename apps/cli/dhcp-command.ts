import { Command, InvalidArgumentError } from 'commander';
import {
  dhcpNetwork,
  dnsmasqConfig,
  iscConfig,
  keaConfig,
  phoneOptions,
  type DhcpNetwork,
  type PhoneOptions,
} from '#libs/dhcp';
import { BranchlineError } from '#libs/errors';
import { loadSettings, type Settings } from '#libs/settings';
import { planOf } from '../server/compose.ts';
import { configOption } from './config-option.ts';

interface Options {
  readonly config: string;
  readonly server: readonly string[];
  readonly callServer: readonly string[];
  readonly set: readonly string[];
  readonly subnet?: string;
  readonly range?: string;
  readonly router: readonly string[];
  readonly dns: readonly string[];
  readonly lease: number;
  readonly interface: readonly string[];
}

interface Asked {
  readonly name: string;
  readonly options: PhoneOptions;
  readonly network: DhcpNetwork | undefined;
  readonly interfaces: readonly string[];
}

const kinds = {
  dnsmasq: ({ name, options, network }: Asked) => dnsmasqConfig(name, options, network),
  kea: ({ name, options, network, interfaces }: Asked) =>
    keaConfig(name, options, network, interfaces),
  isc: ({ name, options, network }: Asked) => iscConfig(name, options, network),
} as const;

export function dhcpCommand(): Command {
  const command = new Command('dhcp').description(
    'print a configuration of a DHCP server that tells telephones of this server',
  );
  for (const [kind, print] of Object.entries(kinds)) {
    command.addCommand(
      options(new Command(kind))
        .description(`print it for ${kind === 'isc' ? "ISC's dhcpd" : kind}`)
        .addHelpText(
          'after',
          `\nExample: branchline dhcp ${kind} --subnet 192.168.42.0/24 --router 192.168.42.1 --config /etc/branchline/MV_IPTel.ini`,
        )
        .action(async (asked: Options) => {
          process.stdout.write(print(await understand(asked)));
        }),
    );
  }
  return command;
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

const options = (command: Command): Command =>
  command
    .addOption(configOption())
    .option(
      '--server <hosts>',
      'names or addresses by which telephones reach this server, with commas; else IPAddress of the settings',
      list,
      [],
    )
    .option('--call-server <hosts>', 'call servers (MCIPADD), with commas', list, [])
    .option(
      '--set <name=value>',
      'one more setting for the telephones, such as L2QVLAN=5; as often as needed',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option('--subnet <network>', 'give out addresses of this network, such as 192.168.42.0/24')
    .option('--range <first-last>', 'those addresses of it; else all but the lowest ten')
    .option('--router <addresses>', 'routers of it, with commas', list, [])
    .option('--dns <addresses>', 'name servers, with commas', list, [])
    .option('--lease <seconds>', 'how long a telephone keeps its address', seconds, 86_400)
    .option('--interface <names>', 'interfaces to serve, with commas (kea)', list, []);

function seconds(text: string): number {
  const value = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (value < 60) throw new InvalidArgumentError('needs a whole number of at least 60');
  return value;
}

async function understand(asked: Options): Promise<Asked> {
  const settings = await loadSettings(asked.config, { env: process.env });
  const plan = planOf(settings);
  const { subnet, range, router: routers, dns: nameServers, lease: leaseSeconds } = asked;
  for (const name of asked.interface) {
    if (!/^[\w.:-]{1,15}$/.test(name)) {
      throw new BranchlineError('USAGE', `${JSON.stringify(name)} is no name of an interface`);
    }
  }
  return {
    name: plan.name,
    interfaces: asked.interface,
    options: phoneOptions({
      name: plan.name,
      servers: serversOf(asked, settings),
      tftp: plan.tftp,
      http: plan.http?.ports ?? [],
      https: plan.https?.ports ?? [],
      oldHttps: plan.https?.oldTls?.ports ?? [],
      callServers: asked.callServer,
      settings: asked.set.map(setting),
    }),
    network:
      subnet === undefined
        ? undefined
        : dhcpNetwork({ subnet, range, routers, nameServers, leaseSeconds }),
  };
}

function serversOf({ server }: Options, { values: { server: own } }: Settings): readonly string[] {
  const [known] = [own.ipAddress, own.bindAddress].filter(
    (one) => !/^(?:|0\.0\.0\.0|::|::1|localhost|127\..*)$/i.test(one),
  );
  if (server.length > 0) return server;
  if (known !== undefined) return [known];
  throw new BranchlineError(
    'USAGE',
    'nobody says how telephones reach this server: set [Settings] IPAddress, or give --server ADDRESS',
  );
}

function setting(text: string): readonly [string, string] {
  const end = text.indexOf('=');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
}
