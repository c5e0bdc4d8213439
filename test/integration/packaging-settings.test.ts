import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadSettings } from '#libs/settings';

const ini = 'packaging/MV_IPTel.ini';

const composeSchema = Type.Object({
  services: Type.Record(
    Type.String(),
    Type.Object({
      network_mode: Type.Literal('host'),
      read_only: Type.Literal(true),
      cap_drop: Type.Array(Type.String()),
      cap_add: Type.Array(Type.String()),
      security_opt: Type.Array(Type.String()),
      build: Type.Object({ context: Type.String(), dockerfile: Type.String() }),
      volumes: Type.Array(Type.String()),
      environment: Type.Record(Type.String(), Type.String()),
    }),
  ),
  volumes: Type.Record(Type.String(), Type.Null()),
});

async function services() {
  const text = await readFile('docker-compose.yml', 'utf8');
  const compose = Value.Parse(composeSchema, parse(text, { merge: true }));
  return { compose, all: Object.entries(compose.services) };
}

it('the starting settings load without a warning', async () => {
  const settings = await loadSettings(ini, { env: {}, forServing: true });
  expect(settings.warnings).toEqual([]);
});

it('the starting settings say no secret and open no role', async () => {
  const text = await readFile(ini, 'utf8');
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
  expect(value('FileServer')).toBe('0');
  expect(value('RequestUpdates')).toBe('0');
  expect(text).not.toMatch(/^(?:ApiToken|SUPassword|ProxyPassword|CustomFTPPwd)=./m);
});

it('docker-compose.yml has a hub and two branches that need no rights', async () => {
  const { compose, all } = await services();
  expect(all.map(([name]) => name)).toEqual(['hub', 'lisbon', 'porto']);
  for (const [name, service] of all) {
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.cap_add).toEqual(['NET_BIND_SERVICE']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.volumes).toEqual([`${name}:/var/lib/branchline`]);
    expect(Object.keys(compose.volumes)).toContain(name);
    expect(await readFile(service.build.dockerfile, 'utf8')).toMatch(/^USER branchline$/m);
  }
});

it('docker-compose.yml gives every server settings that load, and high ports of its own', async () => {
  const { all } = await services();
  const taken: string[] = [];
  for (const [, { environment }] of all) {
    const settings = await loadSettings(ini, { env: environment, forServing: true });
    expect(settings.warnings).toEqual([]);
    const { server, tftp, ftp, http, https, hub, manager, backupServers } = settings.values;
    const tcp = [
      server.statusPort,
      ftp.port,
      ...http.ports,
      ...https.ports,
      manager.port,
      ...(backupServers.fileServer ? [hub.port, hub.joinPort] : []),
    ];
    expect([...tcp, tftp.port].filter((port) => port < 1_024)).toEqual([]);
    taken.push(...tcp.map((port) => `tcp ${String(port)}`), `udp ${String(tftp.port)}`);
  }
  expect(taken.toSorted()).toEqual([...new Set(taken)].toSorted());
});

it('every variable of docker-compose.yml is a setting', async () => {
  const { all } = await services();
  for (const [, { environment }] of all) {
    const { sources } = await loadSettings(ini, { env: environment, forServing: true });
    const used = Object.values(sources).flatMap((source) =>
      source.from === 'environment' ? [source.variable] : [],
    );
    expect(used.toSorted()).toEqual(Object.keys(environment).toSorted());
  }
});

it('the image copies what the package names, and checks itself', async () => {
  const dockerfile = await readFile('packaging/Dockerfile', 'utf8');
  const manifest: unknown = JSON.parse(await readFile('package.json', 'utf8'));
  const { files } = Value.Parse(Type.Object({ files: Type.Array(Type.String()) }), manifest);
  for (const file of files.filter((name) => name !== 'packaging')) {
    expect(dockerfile).toContain(`/src/${file} ./${file}`);
  }
  expect(dockerfile).toMatch(/^HEALTHCHECK .*"status", "--check"/m);
  expect(dockerfile.trim().split('\n').at(-1)).toBe('CMD ["serve"]');
});

/** Each instruction of a Dockerfile, its lines joined. */
function instructions(dockerfile: string): string[] {
  return dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

it('the image is built from what a checkout has, or the build makes', async () => {
  const lines = instructions(await readFile('packaging/Dockerfile', 'utf8'));
  const made = ['dist', 'node_modules'];
  const sources = lines
    .filter((line) => line.startsWith('COPY '))
    .flatMap((line) => line.split(/\s+/).slice(1, -1))
    .filter((word) => !word.startsWith('--'))
    .map((source) => source.replace(/^\/src\//, ''));
  expect(sources.length).toBeGreaterThan(8);
  expect(sources.filter((name) => !made.includes(name) && !existsSync(name))).toEqual([]);
  const ignored = (await readFile('.dockerignore', 'utf8')).split('\n');
  expect(sources.filter((name) => !made.includes(name) && ignored.includes(name))).toEqual([]);
});

it('the image runs as a user without rights, and opens the ports that the settings open', async () => {
  const lines = instructions(await readFile('packaging/Dockerfile', 'utf8'));
  expect(lines.filter((line) => line.startsWith('USER '))).toEqual(['USER branchline']);
  const last = lines.findLastIndex((line) => line.startsWith('FROM '));
  const after = lines.slice(lines.indexOf('USER branchline'));
  expect(lines.indexOf('USER branchline')).toBeGreaterThan(last);
  expect(after.filter((line) => line.startsWith('RUN '))).toEqual([]);

  const { server, tftp, ftp, http, https, hub, manager } = (await loadSettings(ini, { env: {} }))
    .values;
  const tcp = [
    ftp.port,
    ...http.ports,
    ...https.ports,
    hub.port,
    hub.joinPort,
    server.statusPort,
    manager.port,
  ];
  const opened =
    lines
      .find((line) => line.startsWith('EXPOSE '))
      ?.split(' ')
      .slice(1) ?? [];
  expect(opened.toSorted()).toEqual([...tcp.map(String), `${tftp.port}/udp`].toSorted());
});

it('the image and the compose file know the user by the same number', async () => {
  const dockerfile = await readFile('packaging/Dockerfile', 'utf8');
  const id =
    /useradd .*--uid (\d+) .* branchline/.exec(dockerfile.replaceAll('\\\n', ' '))?.[1] ?? '';
  expect(id).toMatch(/^\d+$/);
  expect(await readFile('docker-compose.yml', 'utf8')).toContain(`/var/log/branchline:uid=${id},`);
});
