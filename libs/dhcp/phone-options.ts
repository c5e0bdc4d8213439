import { isIP, isIPv4 } from 'node:net';
import { BranchlineError } from '#libs/errors';

/** What a server gives out, and where: what telephones have to be told. */
export interface ServedTo {
  /** For a comment: may hold anything. */
  readonly name: string;
  /** Names or addresses by which telephones reach it, the first one first. */
  readonly servers: readonly string[];
  readonly tftp: { readonly port: number } | undefined;
  /** Ports of HTTP. */
  readonly http: readonly number[];
  /** Ports that speak TLS 1.2 and 1.3. */
  readonly https: readonly number[];
  /** Ports that speak TLS 1.0 and 1.1. */
  readonly oldHttps: readonly number[];
  /** Call servers: `MCIPADD`. */
  readonly callServers: readonly string[];
  /** More of the telephones' settings, such as `L2QVLAN`. */
  readonly settings: readonly (readonly [name: string, value: string])[];
}

/** The options of DHCP that telephones read; undefined where there is nothing to tell. */
export interface PhoneOptions {
  /** 66 (RFC 2132 § 9.4): one name or address. */
  readonly tftpName: string | undefined;
  /** 150 (RFC 5859): IPv4 addresses. */
  readonly tftpAddresses: readonly string[];
  /** 176: telephones of the 4600 and 5600 series. */
  readonly old: string;
  /** 242: those of the 1600, 9600 and J100 series. */
  readonly modern: string;
  /** Why something is not told, for comments. */
  readonly notes: readonly string[];
}

/** Bytes of one option (RFC 2132 § 2). */
const maxOption = 255;

/**
 * The options, in the words of the telephones: `NAME=value` with commas between them, lists with commas, no spaces.
 * @throws BranchlineError USAGE for what no telephone could read.
 */
export function phoneOptions(served: ServedTo): PhoneOptions {
  const { servers, tftp, http, https, oldHttps } = served;
  for (const host of [...servers, ...served.callServers]) requireHost(host);
  const addresses = servers.filter(isIPv4);
  const byTftp = tftp?.port === 69;
  const web = (secured: readonly number[], usualPort: number): Pair[] => [
    ...(http.length === 0 ? [] : pair('HTTPSRVR', servers, 'HTTPPORT', preferred(http, 80))),
    ...(secured.length === 0
      ? []
      : pair('TLSSRVR', servers, 'TLSPORT', preferred(secured, usualPort))),
  ];
  const call: Pair[] =
    served.callServers.length === 0 ? [] : [['MCIPADD', served.callServers.join(',')]];
  const loads: Pair[] = byTftp ? [['TFTPSRVR', servers.join(',')]] : [];
  return {
    tftpName: byTftp ? servers[0] : undefined,
    tftpAddresses: byTftp ? addresses : [],
    old: optionText([...call, ...loads, ...web(oldHttps, 411), ...served.settings]),
    modern: optionText([...call, ...web(https, 411), ...served.settings]),
    notes: [
      ...(tftp === undefined ? ['TFTP is not served: 66 and 150 are left out'] : []),
      ...(tftp !== undefined && !byTftp
        ? [
            `TFTP is served on port ${tftp.port}, which no telephone can be told: 66 and 150 are left out`,
          ]
        : []),
      ...(byTftp && addresses.length < servers.length
        ? ['150 takes IPv4 addresses: names and other addresses are left out of it']
        : []),
      ...(https.length > 0 && oldHttps.length === 0
        ? ['HTTPS is for telephones of today: 176 names no TLSSRVR']
        : []),
    ],
  };
}

type Pair = readonly [name: string, value: string];

const pair = (name: string, servers: readonly string[], portName: string, port: number): Pair[] => [
  [name, servers.join(',')],
  [portName, String(port)],
];

const preferred = (ports: readonly number[], usual: number): number =>
  ports.includes(usual) ? usual : (ports[0] ?? usual);

function optionText(pairs: readonly Pair[]): string {
  for (const [name, value] of pairs) {
    if (!/^[A-Z][A-Z0-9_]{0,31}$/.test(name)) {
      throw usage(
        `${shown(name)} is no setting of a telephone: capitals and digits, as in L2QVLAN`,
      );
    }
    // Nothing that any of the three grammars, or a telephone, reads as more than a character.
    if (!/^[A-Za-z0-9_.,:;@%+/*-]{0,200}$/.test(value)) {
      throw usage(
        `the value of ${name}, ${shown(value)}, holds what no telephone takes in an option`,
      );
    }
  }
  const text = pairs.map(([name, value]) => `${name}=${value}`).join(',');
  if (text.length > maxOption) {
    throw usage(
      `an option holds ${maxOption} characters, and these are ${text.length}: name fewer servers`,
    );
  }
  return text;
}

function requireHost(host: string): void {
  const isName =
    /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)*$/i;
  if (isIP(host) === 0 && !isName.test(host)) {
    throw usage(`${shown(host)} is no host name and no address`);
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 60));
const usage = (why: string): BranchlineError => new BranchlineError('USAGE', why);
