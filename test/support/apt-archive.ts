import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join, normalize } from 'node:path';
import { exec } from '../../src/host/exec.ts';

/** A throw-away OpenPGP key. */
export interface ArchiveKey {
  home: string;
  /** Binary and armoured keyrings of the public key. */
  keyring: string;
  armoured: string;
}

export async function makeArchiveKey(dir: string, name: string): Promise<ArchiveKey> {
  const home = join(dir, `gnupg-${name}`);
  await mkdir(home, { mode: 0o700, recursive: true });
  const env = { GNUPGHOME: home };
  const user = `${name} <${name}@example.org>`;
  const quiet = ['--batch', '--quiet', '--passphrase', ''];
  await exec('gpg', [...quiet, '--quick-generate-key', user, 'rsa2048', 'sign', 'never'], { env });
  const keyring = join(dir, `${name}.gpg`);
  const armoured = join(dir, `${name}.asc`);
  await exec('gpg', ['--batch', '--output', keyring, '--export'], { env });
  await exec('gpg', ['--batch', '--armor', '--output', armoured, '--export'], { env });
  // The agent holds sockets in the directory.
  await exec('gpgconf', ['--kill', 'all'], { env });
  return { home, keyring, armoured };
}

interface Archive {
  dir: string;
  suite: string;
  component?: string;
  packages: string[];
  /** Null: not signed. */
  key: ArchiveKey | null;
  validUntil?: string;
}

/** A suite of an archive with nothing but an index: what apt-get update reads. */
export async function writeArchive({
  dir,
  suite,
  component = 'main',
  packages,
  key,
  validUntil,
}: Archive): Promise<void> {
  const dist = join(dir, 'dists', suite);
  const stanzas = packages.map(
    (name) =>
      `Package: ${name}\nVersion: 1\nArchitecture: amd64\nFilename: pool/${name}.deb\nSize: 1\nSHA256: ${'0'.repeat(64)}\n`,
  );
  const index = `${component}/binary-amd64/Packages`;
  const text = stanzas.join('\n');
  await mkdir(dirname(join(dist, index)), { recursive: true });
  await writeFile(join(dist, index), text);
  const sum = createHash('sha256').update(text).digest('hex');
  const release = [
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    `Components: ${component}`,
    'Architectures: amd64',
    'Date: Sat, 01 Aug 2026 00:00:00 UTC',
    ...(validUntil === undefined ? [] : [`Valid-Until: ${validUntil}`]),
    'SHA256:',
    ` ${sum} ${text.length} ${index}`,
    '',
  ].join('\n');
  await writeFile(join(dist, 'Release'), release);
  if (key === null) return;
  const env = { GNUPGHOME: key.home };
  const sign = ['--batch', '--yes', '--clear-sign', '--output', join(dist, 'InRelease'), join(dist, 'Release')];
  await exec('gpg', sign, { env });
  await exec('gpgconf', ['--kill', 'all'], { env });
}

export interface ArchiveServer {
  port: number;
  /** What was asked, with the login that came along: `GET http://mirror.example/debian/… user:secret`. */
  asked: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

interface Serving {
  /** Directory by the beginning of the address: `http://mirror.example/debian` for a proxy, `/debian` for a server. */
  places: Record<string, string>;
  /** `user:secret` that every request must have: as a proxy, or as an archive. */
  login?: { as: 'proxy' | 'archive'; text: string };
  /** Takes connections and says nothing. */
  isSilent?: boolean;
  /** Speaks HTTPS with this key and certificate. */
  tls?: { key: string; cert: string };
}

/** Archives over HTTP on 127.0.0.1, or a proxy to archives that have only a name. */
export async function serveArchives({ places, login, isSilent = false, tls }: Serving): Promise<ArchiveServer> {
  const asked: string[] = [];
  const listener: RequestListener = async (request, response) => {
    if (isSilent) return;
    const url = request.url ?? '';
    const given = loginOf(request, login?.as ?? 'archive');
    asked.push(`${request.method} ${url}${given === null ? '' : ` ${given}`}`);
    if (login !== undefined && given !== login.text) {
      response.writeHead(login.as === 'proxy' ? 407 : 401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return;
    }
    const place = Object.entries(places).find(([begin]) => url.startsWith(`${begin}/`));
    const path = place === undefined ? null : normalize(join(place[1], decodeURI(url.slice(place[0].length))));
    const content = path === null ? null : await readFile(path).catch(() => null);
    if (content === null) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': content.length }).end(content);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await listen(server);
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function loginOf(request: IncomingMessage, as: 'proxy' | 'archive'): string | null {
  const header = request.headers[as === 'proxy' ? 'proxy-authorization' : 'authorization'];
  const text = /^Basic (.*)$/.exec(header ?? '')?.[1];
  return text === undefined ? null : Buffer.from(text, 'base64').toString();
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
